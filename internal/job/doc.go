// Package job holds the nouns that every other package speaks in: a Job goes
// in, a Result comes out, an Invalid says what a caller got wrong. It imports
// nothing of ours, does no I/O and keeps no state.
package job
