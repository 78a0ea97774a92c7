package cache

import (
	"context"
	"errors"
	"sync/atomic"
	"time"

	"github.com/fumehood/fumehood/internal/job"
)

// Cache asks a tier, counts what it says, and makes misses of its troubles. A
// nil *Cache keeps nothing. It is safe for concurrent use.
type Cache struct {
	name                          string
	tier                          Tier
	ttl                           time.Duration
	hits, misses, corrupt, failed atomic.Uint64
}

// New makes a Cache of a tier that keeps its entries for ttl. The name is the
// metrics'.
func New(name string, tier Tier, ttl time.Duration) *Cache {
	return &Cache{name: name, tier: tier, ttl: ttl}
}

// Load finds an entry, nil if there is none to be had.
func (c *Cache) Load(ctx context.Context, partition string, key job.Key) *Entry {
	if c == nil {
		return nil
	}
	e := c.look(ctx, partition, key)
	if e == nil {
		c.misses.Add(1)
	} else {
		c.hits.Add(1)
	}
	return e
}

// Again is Load for a caller who has missed before, which counts one miss.
func (c *Cache) Again(ctx context.Context, partition string, key job.Key) *Entry {
	if c == nil {
		return nil
	}
	e := c.look(ctx, partition, key)
	if e != nil {
		c.hits.Add(1)
	}
	return e
}

func (c *Cache) look(ctx context.Context, partition string, key job.Key) *Entry {
	e, err := c.tier.Load(ctx, partition, key)
	switch {
	case errors.Is(err, ErrCorrupt):
		c.corrupt.Add(1)
	case err != nil:
		c.failed.Add(1)
	}
	if err != nil {
		return nil
	}
	return e
}

// Store keeps an entry, if the tier can.
func (c *Cache) Store(ctx context.Context, partition string, key job.Key, e *Entry) {
	if c == nil {
		return
	}
	if c.tier.Store(ctx, partition, key, e) != nil {
		c.failed.Add(1)
	}
}

// Purge removes what is kept for a partition, and says how many entries those
// were. Its error is the tier's: a caller who wants something gone has to know.
func (c *Cache) Purge(ctx context.Context, partition string) (int, error) {
	if c == nil {
		return 0, nil
	}
	return c.tier.Purge(ctx, partition)
}

// Clear is Purge of all partitions.
func (c *Cache) Clear(ctx context.Context) (int, error) {
	if c == nil {
		return 0, nil
	}
	return c.tier.Clear(ctx)
}

// Left is for how much longer an entry is found, if nothing happens to it.
func (c *Cache) Left(e *Entry, now time.Time) time.Duration {
	if c == nil {
		return 0
	}
	return min(c.ttl, max(0, c.ttl-now.Sub(e.Made)))
}

// Stats are a cache's counters and its tier's size.
type Stats struct {
	Tier string
	// Failed counts errors of the tier that were no corrupt entries.
	Hits, Misses, Corrupt, Failed uint64
	Size
}

// Stats counts since the cache was made.
func (c *Cache) Stats() Stats {
	return Stats{
		Tier: c.name, Hits: c.hits.Load(), Misses: c.misses.Load(), Corrupt: c.corrupt.Load(), Failed: c.failed.Load(), Size: c.tier.Size(),
	}
}
