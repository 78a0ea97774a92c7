package job

import (
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"io"
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
	h := sha256.New()
	number := func(n int) {
		var b [8]byte
		binary.BigEndian.PutUint64(b[:], uint64(n))
		h.Write(b[:])
	}
	fields := func(all ...string) {
		for _, field := range all {
			number(len(field))
			io.WriteString(h, field)
		}
	}
	fields(keySchema, j.Partition, j.Language, j.Engine, j.Image, string(j.Options), string(j.Locals), j.Source)
	number(len(j.Files))
	for _, f := range j.Files {
		fields(f.Name, f.Source)
	}
	number(len(j.Then))
	for _, s := range j.Then {
		fields(s.Language, s.Engine, s.Image, string(s.Options))
	}
	return Key(h.Sum(nil))
}

// String is the key in lower-case hexadecimal.
func (k Key) String() string {
	return hex.EncodeToString(k[:])
}
