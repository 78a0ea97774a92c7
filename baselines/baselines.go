// Package baselines carries the programs that 'fumehood bench --beside' measures
// the daemon against: plain servers and bare loops, as anybody would write them.
// None of them has walls, and none is part of the service.
//
// It is called by internal/baseline, which writes them out and starts them.
package baselines

import "embed"

// Files holds one folder per baseline.
//
//go:embed sinatra node bare
var Files embed.FS
