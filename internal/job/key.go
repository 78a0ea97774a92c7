package job

import (
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
)

// keySchema changes whenever the fields of a Key or their meaning do.
const keySchema = "fumehood-key-1"

// Key identifies a Job's answer: two jobs share a key only when the same
// engine would be asked the same thing.
//
// The rules, and the mistake each prevents:
//   - Fields are length-prefixed: "ab"+"c" must not equal "a"+"bc".
//   - The image's digest is one of them: a rebuilt engine must not answer with
//     what its predecessor said.
//   - The tenant is one of them: a hit must not tell one tenant what another
//     compiled.
//   - Limits are not: they decide whether there is an answer, not which, and
//     an answer that a limit cut short is never stored (Outcome.Cacheable).
//   - It is computed from the resolved Job, never from the request's bytes and
//     never from anything a cell said.
type Key [sha256.Size]byte

// Key computes the job's key.
func (j Job) Key() Key {
	h := sha256.New()
	for _, field := range []string{
		keySchema, j.Tenant, j.Language, j.Engine, j.Image, string(j.Options), string(j.Locals), j.Source,
	} {
		var length [8]byte
		binary.BigEndian.PutUint64(length[:], uint64(len(field)))
		h.Write(length[:])
		h.Write([]byte(field))
	}
	return Key(h.Sum(nil))
}

// String is the key in lower-case hexadecimal.
func (k Key) String() string {
	return hex.EncodeToString(k[:])
}
