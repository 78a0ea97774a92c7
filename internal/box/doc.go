// Package box starts and stops boxes, and speaks with their zygotes.
//
// A Box is a running zygote behind the outer wall: it hands out connections,
// each of which becomes one cell, and reports how every cell ended. A driver
// says how a box comes to be; OCI, which asks an OCI runtime, is the first.
//
// The package never runs anything inside a box, never opens a path that a
// cell could write, and knows nothing of jobs: what goes over a connection is
// the cell package's. It is called by pool, and by cmd to build the driver.
package box
