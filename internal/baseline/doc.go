// Package baseline runs the programs of a benchmark: the daemon under load, in
// a process of its own, and what it is measured beside - the same compile in a
// warm server without walls, in a command line started anew, in docker run, in a
// bare loop that forks.
//
// It is the one package besides box and image that runs programs, because a
// comparison that its reader has to set up by hand is one that nobody repeats.
// Each program gets its arguments as a list, never a line for a shell, and ends
// with the call that started it. Nothing here is part of the service, and none
// of the programs but the daemon has walls: they get the bench's own sources
// and nobody else's.
//
// It is called by cmd, for 'fumehood bench'.
package baseline
