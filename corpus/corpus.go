// Package corpus holds the compile cases as data: what each language promises
// for a source, in LANGUAGE/NAME.txtar. internal/attack sends them beside its
// attacks; TestCorpus of cmd/fumehood holds the service to them. It holds no
// code. The attacks have a package of their own.
package corpus

import "embed"

// Files are the cases, by LANGUAGE/NAME.txtar.
//
//go:embed */*.txtar
var Files embed.FS
