package doctor

import (
	"cmp"
	"fmt"
	"regexp"
	"strconv"
)

// release is a kernel's number: 6.12.87.
type release struct{ major, minor, patch int }

func (r release) String() string { return fmt.Sprintf("%d.%d.%d", r.major, r.minor, r.patch) }

// compareSeries compares without the patch level: stable kernels of one
// series get the same fixes one after the other, those of two do not.
func (r release) compareSeries(to release) int {
	return cmp.Or(cmp.Compare(r.major, to.major), cmp.Compare(r.minor, to.minor))
}

var (
	releaseForm = regexp.MustCompile(`^(\d{1,4})\.(\d{1,4})(?:\.(\d{1,4}))?(.*)$`)
	debianForm  = regexp.MustCompile(`\bDebian (\d{1,4})\.(\d{1,4})\.(\d{1,4})`)
)

// parseRelease reads what uname(2) says. exact is false if the patch level
// does not tell which fixes are in: distributions that number their fixes
// themselves leave it at 0 (6.8.0-31-generic), and so do release candidates.
// Debian, which follows the stable kernels, has theirs in the version.
func parseRelease(uts, version string) (r release, exact bool, err error) {
	m := releaseForm.FindStringSubmatch(uts)
	if m == nil {
		return r, false, fmt.Errorf("kernel release %q has no number", uts)
	}
	suffix := m[4]
	if d := debianForm.FindStringSubmatch(version); d != nil {
		m, suffix = d, ""
	}
	// The pattern lets nothing through that Atoi refuses but an absent patch
	// level, which is 0.
	r.major, _ = strconv.Atoi(m[1])
	r.minor, _ = strconv.Atoi(m[2])
	r.patch, _ = strconv.Atoi(m[3])
	return r, r.patch > 0 || suffix == "", nil
}

func (h Host) kernel() (release, bool, error) {
	uts, version, err := h.Uname()
	if err != nil {
		return release{}, false, err
	}
	return parseRelease(uts, version)
}
