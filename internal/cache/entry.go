package cache

import (
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"hash/maphash"
	"time"

	"github.com/fumehood/fumehood/internal/job"
)

// An Entry is an answer as it is kept. It is immutable once made, and shared
// by all who read it.
type Entry struct {
	Outcome job.Outcome
	// Timing is that of the compile that made it.
	Timing job.Timing
	// Made is when, to the second.
	Made time.Time
	// Body is the answer's text, as whoever made it encodes answers.
	Body []byte
	// Tag is equal for equal bodies: part of a SHA-256 in hexadecimal.
	Tag string

	digest uint64
}

// tagBytes of a digest make a tag: nobody gains by a collision, as a tag is
// compared within one key.
const tagBytes = 16

// NewEntry makes the entry that is kept under key. It takes body over.
func NewEntry(key job.Key, outcome job.Outcome, timing job.Timing, made time.Time, body []byte) *Entry {
	sum := sha256.Sum256(body)
	e := &Entry{Outcome: outcome, Timing: timing, Made: made.Truncate(time.Second), Body: body, Tag: hex.EncodeToString(sum[:tagBytes])}
	e.digest = e.sum(key)
	return e
}

// Intact reports whether e is, bit for bit, what was made for key.
func (e *Entry) Intact(key job.Key) bool { return e.digest == e.sum(key) }

// sum is over all that an entry has, and the key: an entry that ended up under
// another one is as bad as one with a flipped bit. It is there for accidents in
// this process's memory, and of this process only; a hit has no time for more.
func (e *Entry) sum(key job.Key) uint64 {
	var h maphash.Hash
	h.SetSeed(seed)
	var head [len(key) + 7*8]byte
	n := copy(head[:], key[:])
	for _, figure := range [...]int64{
		int64(e.Timing.Queue), int64(e.Timing.Compile), int64(e.Timing.CPU), int64(e.Timing.Peak), e.Made.Unix(), int64(len(e.Outcome)), int64(len(e.Tag)),
	} {
		binary.BigEndian.PutUint64(head[n:], uint64(figure))
		n += 8
	}
	h.Write(head[:])
	h.WriteString(string(e.Outcome))
	h.WriteString(e.Tag)
	h.Write(e.Body)
	return h.Sum64()
}

var seed = maphash.MakeSeed()
