package token

import (
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"strings"
	"time"
	"unicode/utf8"
)

// maxFileBytes bounds the file: some 8,000 tokens.
const maxFileBytes = 1 << 20

// Parse reads the text of a token file. All mistakes are reported, the first
// maxMistakes of them, each with its line's number and without its words.
func Parse(text []byte) (*Set, error) {
	if len(text) > maxFileBytes {
		return nil, fmt.Errorf("has more than %d bytes", maxFileBytes)
	}
	s := &Set{byID: make(map[string]*Entry)}
	lineOf := make(map[[sha256.Size]byte]int)
	var mistakes []error
	for i, line := range strings.Split(string(text), "\n") {
		line, _, _ = strings.Cut(strings.TrimSuffix(line, "\r"), "#")
		fields := strings.Fields(line)
		if len(fields) == 0 {
			continue
		}
		e, err := parseEntry(line, fields)
		switch {
		case err != nil:
		case s.byID[e.ID] != nil:
			err = fmt.Errorf("id %s is there twice", e.ID)
		case lineOf[e.Hash] > 0:
			err = fmt.Errorf("the token of line %d is there twice", lineOf[e.Hash])
		default:
			s.byID[e.ID] = &e
			lineOf[e.Hash] = i + 1
			s.entries = append(s.entries, e)
			continue
		}
		if mistakes = append(mistakes, fmt.Errorf("line %d: %w", i+1, err)); len(mistakes) == maxMistakes {
			break
		}
	}
	if err := errors.Join(mistakes...); err != nil {
		return nil, err
	}
	return s, nil
}

const maxMistakes = 20

func parseEntry(line string, fields []string) (Entry, error) {
	var e Entry
	if !utf8.ValidString(line) {
		return e, errors.New("is not valid UTF-8")
	}
	if len(fields) < 4 || len(fields) > 5 {
		return e, fmt.Errorf("has %d fields, want ID TENANT SCOPES SHA256 [EXPIRES]", len(fields))
	}
	e.ID, e.Tenant = fields[0], fields[1]
	if err := checkName("the id", e.ID); err != nil {
		return e, err
	}
	if err := CheckTenant(e.Tenant); err != nil {
		return e, err
	}
	var err error
	if e.Scopes, err = ParseScopes(fields[2]); err != nil {
		return e, err
	}
	hash, err := hex.DecodeString(fields[3])
	if err != nil || len(hash) != len(e.Hash) {
		return e, fmt.Errorf("the hash must have %d hexadecimal digits: it is the SHA-256 of the token, not the token", hex.EncodedLen(len(e.Hash)))
	}
	copy(e.Hash[:], hash)
	if e.Hash == nobody.Hash {
		return e, errors.New("the hash is that of no token")
	}
	if len(fields) == 5 {
		expires, err := time.Parse(time.RFC3339, fields[4])
		// The year 1 would be no time at all, and so never.
		if year := expires.UTC().Year(); err != nil || year < 2000 || year > 9999 {
			return e, errors.New("the time of expiry is not like 2027-01-31T00:00:00Z")
		}
		e.Expires = expires.UTC().Truncate(time.Second)
	}
	return e, nil
}
