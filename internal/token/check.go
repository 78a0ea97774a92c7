package token

import (
	"crypto/sha256"
	"crypto/subtle"
	"strings"
	"time"
)

// Set is the tokens that are known. It never changes.
type Set struct {
	entries []Entry
	byID    map[string]*Entry
}

// Len is how many tokens there are.
func (s *Set) Len() int { return len(s.entries) }

// maxToken is more than a token has; what is longer is not hashed.
const maxToken = 256

// Check finds who holds a token. Whatever is wrong with it - its form, its id,
// its secret, its time - the work is the same, one hash and one comparison of
// hashes in constant time, and the answer is no more than false.
func (s *Set) Check(text string, now time.Time) (Holder, bool) {
	if len(text) > maxToken {
		text = ""
	}
	hash := sha256.Sum256([]byte(text))
	entry := s.byID[idOf(text)]
	known := 1
	if entry == nil {
		entry, known = &nobody, 0
	}
	same := subtle.ConstantTimeCompare(hash[:], entry.Hash[:])
	inTime := 0
	if entry.Expires.IsZero() || now.Before(entry.Expires) {
		inTime = 1
	}
	if known&same&inTime == 0 {
		return Holder{}, false
	}
	return entry.Holder, true
}

// nobody is compared with where there is no entry. No token has its hash.
var nobody Entry

// idOf is the id in a token, empty if it has the form of none.
func idOf(text string) string {
	rest, ours := strings.CutPrefix(text, prefix)
	id, _, whole := strings.Cut(rest, "_")
	if !ours || !whole {
		return ""
	}
	return id
}
