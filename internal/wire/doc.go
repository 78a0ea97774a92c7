// Package wire encodes and decodes what crosses the border between the daemon
// and a box. All numbers are in network byte order; docs/PROTOCOL.md draws
// every layout, and boxes/shim/wire.h is the twin in C.
//
//	daemon                                box
//	  │ ── Header{Control} + policy ────►   │ zygote
//	  │ ◄── Record{Engine} …  Record{Ready} │
//	  │                                     │
//	  │ ── Header{Cell} ────────────────►   │ zygote forks
//	  │ ◄── Frame{Parked} ───────────────   │    cell, its walls up
//	  │ ── Frame{Job} ──────────────────►   │
//	  │ ◄── Frame{OK or SourceError}, end   │
//	  │ hang up                             │ zygote kills, reaps
//	  │ ◄── Record{Exited} on control ───   │
//
// Everything a cell sends is hostile once it has its job. This package bounds
// what it reads, follows nothing it reads, and never panics; it decides no
// outcome and opens no connection. It is called by cell and box.
package wire

import "errors"

// Version is the first thing that must agree on both sides.
const Version = 3

const (
	magicHeader = 0x46484831 // "FHH1"
	magicRecord = 0x46485231 // "FHR1"
	magicFrame  = 0x46484631 // "FHF1"
)

// Sizes of the fixed parts, in bytes.
const (
	HeaderBytes = 64
	RecordBytes = 64
	FrameBytes  = 12
)

var (
	// ErrMalformed: the other side broke the protocol.
	ErrMalformed = errors.New("malformed frame")
	// ErrTooLarge: a frame says it is longer than the reader allows.
	ErrTooLarge = errors.New("frame over its limit")
)
