// Package image makes and finds box images: read-only trees that hold one
// interpreter, its engines and the shim, and nothing else.
//
// An image is made from a Recipe, whose packages are pinned by version and
// hash in a lock file beside it. Debian's packages are fetched and checked by
// apt, which mmdebstrap sets up; this package picks the files an interpreter
// needs, compiles the shim against the image's own headers, and records what
// it made. It never runs anything of the image. It is called by cmd.
package image
