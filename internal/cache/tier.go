package cache

import (
	"context"
	"errors"

	"github.com/fumehood/fumehood/internal/job"
)

// A Tier keeps entries. Its methods may be called from many goroutines at once.
// Whatever it is made of, it keeps these rules (package cachetest has a test
// for each):
//
//   - An entry is found under the key and the partition that it was kept for,
//     and no other.
//   - It is found whole or not at all: one that is no more what it was is
//     removed, and the error is ErrCorrupt.
//   - It is found for no longer than the tier's time.
//   - A tier may forget any entry at any time.
//   - No method waits for longer than a small part of a compile, or after ctx
//     has ended.
type Tier interface {
	// Load finds an entry; nil without an error is a miss.
	Load(ctx context.Context, partition string, key job.Key) (*Entry, error)
	// Store keeps an entry, in the place of an older one. It may decide not to.
	Store(ctx context.Context, partition string, key job.Key, e *Entry) error
	// Purge removes all entries of a partition and says how many those were.
	// What was stored before the call is not found after it.
	Purge(ctx context.Context, partition string) (int, error)
	// Clear is Purge of all partitions.
	Clear(ctx context.Context) (int, error)
	// Size is what it has now, and how many entries it gave up for room.
	Size() Size
}

// Size of a tier. Zeros where it does not know.
type Size struct {
	Entries int
	Bytes   job.Bytes
	Evicted uint64
}

// ErrCorrupt: an entry was not what had been stored, and is removed.
var ErrCorrupt = errors.New("a cache entry does not match its digest")
