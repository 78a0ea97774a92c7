// Package attacks holds the attack corpus as data: what hostile source tries,
// and what must be seen when the walls stand. internal/attack reads and runs
// it, for 'fumehood prove' and for the tests that take walls away. It holds no
// code.
//
// A case is CLASS/ID.txtar, in the classes of docs/SECURITY.md; docs/ATTACKS.md
// tells how to write one.
package attacks

import "embed"

// Files are the cases, by CLASS/ID.txtar.
//
//go:embed */*.txtar
var Files embed.FS
