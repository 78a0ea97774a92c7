package image

import (
	"strings"
	"testing"
)

func TestParseLock(t *testing.T) {
	t.Parallel()
	sum := strings.Repeat("a", 64)
	got, err := parseLock("# comment\n\nlibc6 2.36-9 " + sum + " # why\n")
	if err != nil || len(got) != 1 || got[0] != (lockedPackage{"libc6", "2.36-9", sum}) {
		t.Errorf("parseLock = %v, %v", got, err)
	}
	for _, bad := range []string{"libc6", "libc6 2.36-9", "libc6 2.36-9 abc", "libc6 2.36-9 " + sum + " more"} {
		if got, err := parseLock(bad); err == nil {
			t.Errorf("parseLock(%q) = %v, want an error", bad, got)
		}
	}
}

// Whatever the recipe names is pinned, by version and hash.
func TestEveryPackageIsLocked(t *testing.T) {
	t.Parallel()
	for _, name := range Names {
		r, err := LoadRecipe(name)
		if err != nil {
			t.Fatal(err)
		}
		for _, p := range r.lock {
			if p.version == "" || len(p.sha256) != 64 {
				t.Errorf("%s: %+v is not pinned", name, p)
			}
		}
	}
}
