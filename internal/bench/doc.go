// Package bench puts load on a daemon over HTTP and reports what became of it:
// how long answers took, how many came, which were refused, which were wrong.
//
// Three rules keep its figures honest:
//
//   - In an open loop a request has a time at which it is due, and its latency
//     counts from then, whenever it was sent. A server that stalls makes those
//     behind it late, and they are counted as late.
//   - Every answer is read to its end and compared with the first one to the
//     same source. A fast wrong answer is a failure.
//   - What the cache must not help is a source that nobody sent before.
//
// It knows nothing of the daemon's inside and starts no programs; what the
// daemon is compared with comes as a Target, from internal/baseline. It is
// called by cmd.
package bench
