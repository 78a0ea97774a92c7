package cache

import (
	"context"
	"fmt"
	"sync"
	"sync/atomic"
	"time"
	"unsafe"

	"github.com/maypok86/otter/v2"

	"github.com/fumehood/fumehood/internal/job"
)

// Memory is the tier inside the daemon. It holds its bound at the end of every
// Store, with the entries' own weight included; which entry has to go is
// otter's choice, which keeps what is asked for often even if somebody floods
// it with what is asked for once.
//
// Locks are taken in this order: storing, otter's own, index. What otter calls
// back takes the last one only.
type Memory struct {
	most    job.Bytes // of one entry
	entries *otter.Cache[job.Key, *kept]
	evicted atomic.Uint64
	now     func() time.Time

	// storing is held by whoever changes what there is: an entry and its place
	// in the index change together.
	storing sync.Mutex

	index struct {
		sync.Mutex
		// partitions has each entry's key under its partition, for Purge to
		// find.
		partitions map[string]map[job.Key]*kept
	}
}

// kept is an entry with whose it is.
type kept struct {
	*Entry
	partition string
}

// MemoryConfig of a Memory. Bytes and TTL are needed.
type MemoryConfig struct {
	// Bytes bounds all entries together, what is spent on keeping them
	// included.
	Bytes job.Bytes
	// TTL is how long an entry is found.
	TTL time.Duration
	// Now is the time, time.Now if nil.
	Now func() time.Time
}

const (
	// overhead is what an entry takes beside its texts: its structs, and the
	// nodes and slots that point to it. TestMemoryWeighsWhatItTakes holds it to
	// the truth.
	overhead = job.Bytes(unsafe.Sizeof(kept{})+unsafe.Sizeof(Entry{})) + 384
	// share of the bound that one entry may take: one large page is not to push
	// out hundreds of small ones.
	share = 8
)

// NewMemory makes a Memory. It has a goroutine that removes what is out of
// date, until Close.
func NewMemory(c MemoryConfig) (*Memory, error) {
	m := &Memory{most: c.Bytes / share, now: c.Now}
	m.index.partitions = make(map[string]map[job.Key]*kept)
	options := &otter.Options[job.Key, *kept]{
		MaximumWeight:    uint64(c.Bytes),
		Weigher:          func(_ job.Key, k *kept) uint32 { return uint32(weight(k.Entry)) },
		ExpiryCalculator: otter.ExpiryWriting[job.Key, *kept](c.TTL),
		OnDeletion:       m.deleted,
		// Room is made by whoever stores, not some time later.
		Executor: func(do func()) { do() },
	}
	if c.Now == nil {
		m.now = time.Now
	} else {
		options.Clock = clock(c.Now)
	}
	var err error
	if m.entries, err = otter.New(options); err != nil {
		return nil, fmt.Errorf("make a cache of %v: %w", c.Bytes, err)
	}
	return m, nil
}

func weight(e *Entry) job.Bytes { return overhead + job.Bytes(cap(e.Body)+len(e.Tag)) }

// Load finds an entry.
func (m *Memory) Load(_ context.Context, partition string, key job.Key) (*Entry, error) {
	found, ok := m.entries.GetIfPresent(key)
	if !ok || found.partition != partition {
		return nil, nil
	}
	if !found.Intact(key) {
		m.remove(key, found)
		return nil, ErrCorrupt
	}
	return found.Entry, nil
}

// remove removes an entry, unless another has taken its place.
func (m *Memory) remove(key job.Key, e *kept) {
	m.storing.Lock()
	defer m.storing.Unlock()
	if now, ok := m.entries.GetEntryQuietly(key); ok && now.Value == e {
		m.entries.Invalidate(key)
	}
}

// Store keeps an entry, unless it takes more than its share of the room.
func (m *Memory) Store(_ context.Context, partition string, key job.Key, e *Entry) error {
	if weight(e) > m.most {
		return nil
	}
	k := &kept{e, partition}
	m.storing.Lock()
	defer m.storing.Unlock()
	m.add(key, k)
	m.entries.Set(key, k)
	m.entries.CleanUp()
	return nil
}

func (m *Memory) add(key job.Key, k *kept) {
	m.index.Lock()
	defer m.index.Unlock()
	keys := m.index.partitions[k.partition]
	if keys == nil {
		keys = make(map[job.Key]*kept)
		m.index.partitions[k.partition] = keys
	}
	keys[key] = k
}

// deleted hears from otter of each entry that is gone, for whatever reason.
func (m *Memory) deleted(d otter.DeletionEvent[job.Key, *kept]) {
	if d.Cause == otter.CauseOverflow {
		m.evicted.Add(1)
	}
	m.index.Lock()
	defer m.index.Unlock()
	keys := m.index.partitions[d.Value.partition]
	if keys[d.Key] != d.Value {
		return // another entry is there by now
	}
	if delete(keys, d.Key); len(keys) == 0 {
		delete(m.index.partitions, d.Value.partition)
	}
}

// Purge removes all entries of a partition. It takes time for these alone.
func (m *Memory) Purge(_ context.Context, partition string) (int, error) {
	m.storing.Lock()
	defer m.storing.Unlock()
	return m.removeAll(m.keys(partition)), nil
}

// Clear removes all entries.
func (m *Memory) Clear(context.Context) (int, error) {
	m.storing.Lock()
	defer m.storing.Unlock()
	m.index.Lock()
	partitions := make([]string, 0, len(m.index.partitions))
	for p := range m.index.partitions {
		partitions = append(partitions, p)
	}
	m.index.Unlock()
	n := 0
	for _, p := range partitions {
		n += m.removeAll(m.keys(p))
	}
	return n, nil
}

func (m *Memory) keys(partition string) []job.Key {
	m.index.Lock()
	defer m.index.Unlock()
	keys := make([]job.Key, 0, len(m.index.partitions[partition]))
	for key := range m.index.partitions[partition] {
		keys = append(keys, key)
	}
	return keys
}

// Precondition: storing held.
func (m *Memory) removeAll(keys []job.Key) int {
	n := 0
	for _, key := range keys {
		if _, there := m.entries.Invalidate(key); there {
			n++
		}
	}
	return n
}

// Size is what it holds.
func (m *Memory) Size() Size {
	return Size{Entries: m.entries.EstimatedSize(), Bytes: job.Bytes(m.entries.WeightedSize()), Evicted: m.evicted.Load()}
}

// Close ends its goroutine. Nothing may be asked of it afterwards.
func (m *Memory) Close() { m.entries.StopAllGoroutines() }

// clock is a function as otter's clock. It never ticks: without ticks what is
// out of date is not found, and removed when somebody stores.
type clock func() time.Time

func (c clock) NowNano() int64                    { return c().UnixNano() }
func (clock) Tick(time.Duration) <-chan time.Time { return nil }

var _ Tier = (*Memory)(nil)
