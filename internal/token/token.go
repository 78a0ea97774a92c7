package token

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"slices"
	"strings"
	"time"
)

// Scope is something that a token's holder may do.
type Scope string

// Compile is for the routes that compile and describe compiles, Admin for
// counters and boxes. Neither includes the other.
const (
	Compile Scope = "compile"
	Admin   Scope = "admin"
)

// Scopes lists every scope.
var Scopes = []Scope{Compile, Admin}

// Valid reports whether s is one of Scopes.
func (s Scope) Valid() bool { return slices.Contains(Scopes, s) }

// Holder is whom a token was given to.
type Holder struct {
	// ID tells the tokens of a tenant apart. It is part of the token and no
	// secret.
	ID     string
	Tenant string
	Scopes []Scope
}

// May reports whether the holder has a scope.
func (h Holder) May(s Scope) bool { return slices.Contains(h.Scopes, s) }

// Entry is a line of the file: a holder, and how to know the token again.
type Entry struct {
	Holder
	// Hash is the SHA-256 of the whole token, prefix and id included. The
	// token has 256 random bits, so a slow hash would add nothing.
	Hash [sha256.Size]byte
	// Expires is when the token ends, zero for never.
	Expires time.Time
}

// Line is the entry as the file has it, without the end of the line.
func (e Entry) Line() string {
	fields := []string{e.ID, e.Tenant, joined(e.Scopes), hex.EncodeToString(e.Hash[:])}
	if !e.Expires.IsZero() {
		fields = append(fields, e.Expires.UTC().Format(time.RFC3339))
	}
	return strings.Join(fields, " ")
}

func joined(scopes []Scope) string {
	words := make([]string, len(scopes))
	for i, s := range scopes {
		words[i] = string(s)
	}
	return strings.Join(words, ",")
}

// ParseScopes reads a list such as "compile,admin".
func ParseScopes(text string) ([]Scope, error) {
	var scopes []Scope
	for word := range strings.SplitSeq(text, ",") {
		scope := Scope(word)
		switch {
		case !scope.Valid():
			// The word is not quoted: it may be a hash in the wrong place.
			return nil, fmt.Errorf("a scope is none of %s", joined(Scopes))
		case slices.Contains(scopes, scope):
			return nil, fmt.Errorf("scope %s is given twice", scope)
		}
		scopes = append(scopes, scope)
	}
	return scopes, nil
}

const maxName = 64

// checkName reports what is wrong with an id or a tenant: they stand in logs
// and in lines of words.
func checkName(what, name string) error {
	if name == "" || len(name) > maxName {
		return fmt.Errorf("%s must have 1 to %d characters", what, maxName)
	}
	if strings.Trim(name, "abcdefghijklmnopqrstuvwxyz0123456789.-") != "" || strings.ContainsAny(name[:1], ".-") {
		return fmt.Errorf("%s may have a-z, 0-9, '-' and '.', and opens with a letter or a digit", what)
	}
	return nil
}

// CheckTenant reports what is wrong with a tenant's name.
func CheckTenant(name string) error { return checkName("the tenant", name) }
