// Package cell speaks with one cell: it parks it, gives it one job, takes its
// one result, hangs up, and names the outcome.
//
// Everything a cell says after it got its job is hostile. An outcome is named
// from facts alone: the shape and size of the frame, the deadline, the exit
// status and usage that the zygote reports. The package starts no cells (pool
// does) and knows no languages. It is called by pool.
package cell
