// Package cache keeps answers by their job's key, so that what was compiled
// once need not be compiled again. A Tier is a place to keep them, Memory is
// the one inside the daemon, and Cache is what render asks: it never fails, as
// a tier's trouble is a miss. The package knows no languages, decides nothing
// about what may be kept, and gives nothing out that was not put in under the
// very same key and partition: each entry has a digest, which is checked at
// every read.
package cache
