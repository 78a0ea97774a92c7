// Package boxes carries what box images are made of: the shim's C, each box's
// recipe, adapters and system call policy. The binary holds them, so that an
// image can be built and judged without this repository at hand.
//
// It is called by image, and by cmd to read a box's policy.
package boxes

import "embed"

// Files holds shim/ and one folder per image.
//
//go:embed shim ruby node
var Files embed.FS
