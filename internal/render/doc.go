// Package render is the one use case: a request in the caller's words becomes
// a Job, and the Job becomes a Result.
//
//	resolve ─► key ─► cache ─► coalesce ─► admit ─► run ─► store
//
// Package render decides who may run and how long anybody
// waits. It speaks neither HTTP nor the box protocol. It is called by server.
package render
