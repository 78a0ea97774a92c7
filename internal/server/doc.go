// Package server is Fumehood's HTTP face: routes, JSON shapes, size and time
// limits, one log line per request. It turns bodies into render.Requests and
// answers into JSON, and nothing else: it decides no outcome.
//
// A source that does not compile is an answer with status 200; a request that
// cannot be read is a 4xx which names the field; a full house is a 503 with
// Retry-After; our own trouble is a 500 with a request id. The table is in
// errors.go. It is called by cmd.
package server
