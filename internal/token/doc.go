// Package token says who a caller is. A token is a word of 256 random bits that
// its holder sends with every request; the daemon has only the token's SHA-256,
// in a file with a line for each:
//
//	# ID       TENANT  SCOPES         SHA-256 of the token  EXPIRES
//	k3v9x0aq   acme    compile        9f86d081884c7d65...   2027-01-31T00:00:00Z
//	m1p7c2de   ops     compile,admin  60303ae22b998861...
//
// It never holds a token longer than a check takes, and no error of its own
// quotes one, or a hash. It is called by cmd, which makes tokens and opens the
// file, and by server, which checks what callers send.
package token
