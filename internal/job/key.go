package job

import (
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"hash"
)

// keySchema changes whenever the fields of a Key or their meaning do.
const keySchema = "fumehood-key-3"

// Key identifies a Job's answer: two jobs share a key only when the same
// engine would be asked the same thing.
//
// The rules, and the mistake each prevents:
//   - Fields are length-prefixed: "ab"+"c" must not equal "a"+"bc". Lists open
//     with their length, for the same reason.
//   - The image's digest is one of them: a rebuilt engine must not answer with
//     what its predecessor said.
//   - The partition is one of them: a hit must not tell one tenant what another
//     compiled, unless the operator lets them share. The tenant itself is not.
//   - Limits are not: they decide whether there is an answer, not which, and
//     an answer that a limit cut short is never stored (Outcome.Cacheable).
//   - It is computed from the resolved Job, never from the request's bytes and
//     never from anything a cell said.
type Key [sha256.Size]byte

// Key computes the job's key.
func (j Job) Key() Key {
	h := hasher{sha256.New(), make([]byte, 0, hashedAtOnce)}
	h.fields(keySchema, j.Partition, j.Language, j.Engine, j.Image, string(j.Options), string(j.Locals), j.Source)
	h.number(len(j.Files))
	for _, f := range j.Files {
		h.fields(f.Name, f.Source)
	}
	h.number(len(j.Then))
	for _, s := range j.Then {
		h.fields(s.Language, s.Engine, s.Image, string(s.Options))
	}
	return h.sum()
}

// hashedAtOnce is what is gathered before it is hashed: most jobs are smaller.
const hashedAtOnce = 512

// hasher hashes fields with their lengths.
type hasher struct {
	hash     hash.Hash
	gathered []byte
}

func (h *hasher) number(n int) {
	h.gathered = binary.BigEndian.AppendUint64(h.gathered, uint64(n))
}

func (h *hasher) fields(all ...string) {
	for _, field := range all {
		h.number(len(field))
		for len(field) > 0 {
			n := min(len(field), hashedAtOnce)
			h.gathered = append(h.gathered, field[:n]...)
			field = field[n:]
			if len(h.gathered) >= hashedAtOnce {
				h.hash.Write(h.gathered)
				h.gathered = h.gathered[:0]
			}
		}
	}
}

func (h *hasher) sum() Key {
	h.hash.Write(h.gathered)
	return Key(h.hash.Sum(nil))
}

// String is the key in lower-case hexadecimal.
func (k Key) String() string {
	return hex.EncodeToString(k[:])
}
