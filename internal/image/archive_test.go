package image

import "testing"

// The pool has other versions beside the newest, without the epoch, in URIs as
// servers want them.
func TestAt(t *testing.T) {
	t.Parallel()
	newest := listed{
		lockedPackage{"libgmp10", "2:6.2.1+dfsg1-1.1", ""},
		"http://mirror.example/debian/pool/main/g/gmp/libgmp10_6.2.1%2bdfsg1-1.1_amd64.deb",
	}
	for version, want := range map[string]string{
		"2:6.2.1+dfsg1-1.1": "http://mirror.example/debian/pool/main/g/gmp/libgmp10_6.2.1%2Bdfsg1-1.1_amd64.deb",
		"6.3.0~rc1-2":       "http://mirror.example/debian/pool/main/g/gmp/libgmp10_6.3.0~rc1-2_amd64.deb",
	} {
		if got := newest.at(version); got != want {
			t.Errorf("at(%q) = %s, want %s", version, got, want)
		}
	}
}
