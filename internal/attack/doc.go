// Package attack runs the attack corpus against a Fumehood daemon, through its
// public API, and looks from outside whether anything got through.
//
// A case never believes what hostile source says of itself alone: after each
// one the runner compiles a canary, compares the boxes and their processes with
// what they were, and asks its own listeners whether anybody called.
//
// It refuses to judge what it could not look at: such a case is skipped, and
// says why. It starts no daemon. 'fumehood prove' calls it, and the tests that
// take walls away.
package attack
