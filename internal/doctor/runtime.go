package doctor

import (
	"context"
	"fmt"
	"strings"

	"golang.org/x/mod/semver"

	"github.com/fumehood/fumehood/internal/box"
)

// runcBug is a way out of a container that some versions of runc have.
type runcBug struct {
	cves []string
	// fixed are the first good versions of their series, oldest first. Series
	// before the first of them never got a fix, those after the last never had
	// the bug.
	fixed []string
}

var runcBugs = []runcBug{
	{[]string{"CVE-2024-21626"}, []string{"v1.1.12"}},
	{[]string{"CVE-2025-31133", "CVE-2025-52565", "CVE-2025-52881"}, []string{"v1.2.8", "v1.3.3", "v1.4.0-rc.3"}},
	{[]string{"CVE-2026-41579"}, []string{"v1.3.6", "v1.4.3", "v1.5.0-rc.3"}},
}

// in reports whether a version has the bug.
func (b runcBug) in(version string) bool {
	for _, f := range b.fixed {
		if semver.MajorMinor(version) == semver.MajorMinor(f) {
			return semver.Compare(version, f) < 0
		}
	}
	return semver.Compare(version, b.fixed[len(b.fixed)-1]) < 0
}

const newRunc = "make runc, which builds the pinned " + box.PinnedRunc + " beside the program, and leave --runtime away"

// checkRuntime answers for the runtime that boxes would be started with, not
// for others on the host: FindRuntime passes over those that are too old.
func checkRuntime(ctx context.Context, h Host) []Check {
	q := question{"runtime", "runc --version", "no box starts without an OCI runtime, and its holes are ways out of every box"}
	path, version, err := h.Runtime(ctx)
	switch {
	case err != nil && path == "":
		return []Check{q.fail(err.Error(), newRunc)}
	case err != nil:
		return []Check{q.fail(fmt.Sprintf("%s: %v", path, err), newRunc)}
	case version == "":
		return []Check{q.caution("cannot tell: "+path+" does not call itself runc",
			"look up the known holes of that runtime, or leave --runtime away")}
	case !semver.IsValid("v" + version):
		return []Check{q.caution(fmt.Sprintf("cannot tell: %s calls itself version %.40q", path, version), newRunc)}
	}
	found := fmt.Sprintf("%s is runc %s", path, version)
	checks := []Check{q.pass(found)}
	if semver.Compare("v"+version, "v"+box.PinnedRunc) < 0 {
		checks[0] = q.caution(found+", older than the pinned "+box.PinnedRunc, newRunc)
	}
	for _, b := range runcBugs {
		checks = append(checks, b.check("v"+version))
	}
	return checks
}

func (b runcBug) check(version string) Check {
	names := strings.Join(b.cves, ", ")
	q := question{"runtime-" + strings.ToLower(b.cves[0]), "runc --version against the table: " + names,
		"a container can get at files of the host (" + names + ")"}
	if !b.in(version) {
		return q.pass("runc " + version[1:] + " has the fix")
	}
	var fixes []string
	for _, f := range b.fixed {
		fixes = append(fixes, f[1:])
	}
	return q.fail("runc "+version[1:]+" has "+names,
		newRunc+"; else runc "+strings.Join(fixes, ", ")+" or later of their series")
}
