package token

import (
	"crypto/rand"
	"crypto/sha256"
	"encoding/base32"
	"strings"
	"time"
)

const (
	// prefix lets people and scanners of leaked secrets know a token.
	prefix      = "fh_"
	idBytes     = 5
	secretBytes = 32
)

// Make makes a token and the entry to know it by. The token is nowhere else.
// Expires is zero for never.
func Make(tenant string, scopes []Scope, expires time.Time) (string, Entry, error) {
	if err := CheckTenant(tenant); err != nil {
		return "", Entry{}, err
	}
	id := random(idBytes)
	text := prefix + id + "_" + random(secretBytes)
	return text, Entry{
		Holder: Holder{ID: id, Tenant: tenant, Scopes: scopes},
		Hash:   sha256.Sum256([]byte(text)), Expires: expires.UTC().Truncate(time.Second),
	}, nil
}

// random is n random bytes in letters and digits that no terminal breaks.
func random(n int) string {
	b := make([]byte, n)
	rand.Read(b)
	return strings.ToLower(base32.StdEncoding.WithPadding(base32.NoPadding).EncodeToString(b))
}
