// Package lang is the closed table of languages: their names, the box that
// compiles them, and what options and locals they take. It turns what a
// caller sent into canonical form, or says what is wrong with it. It knows no
// engines' insides and does no I/O. It is called by render, and by server to
// list the table.
package lang
