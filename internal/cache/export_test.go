package cache

import "github.com/fumehood/fumehood/internal/job"

// Damage flips a bit of an entry's body.
func (m *Memory) Damage(key job.Key) {
	if e, ok := m.entries.GetEntryQuietly(key); ok {
		damaged := *e.Value.Entry
		damaged.Body = append([]byte{}, damaged.Body...)
		damaged.Body[0] ^= 1
		e.Value.Entry = &damaged
	}
}

// Indexed counts the keys that the index has.
func (m *Memory) Indexed() int {
	m.index.Lock()
	defer m.index.Unlock()
	n := 0
	for _, keys := range m.index.partitions {
		n += len(keys)
	}
	return n
}
