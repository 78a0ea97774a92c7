// Package doctor looks at the host that boxes are to run on and says what is
// wrong with it: what keeps boxes from starting, what weakens the walls around
// them, and what makes them slow.
//
// Every Check names what was looked at, what was found there, what follows
// from it and the remedy, as a command or a setting. The package changes
// nothing: it never applies a remedy, loads a module, starts a box or asks
// the network. What it cannot look at it does not guess: such a check is a
// Caution that says so.
//
// It is called by cmd, for the command doctor.
package doctor
