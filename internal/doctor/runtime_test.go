package doctor_test

import (
	"context"
	"errors"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/fumehood/fumehood/internal/box"
	"github.com/fumehood/fumehood/internal/doctor"
)

func TestRuntime(t *testing.T) {
	t.Parallel()
	const (
		of2024 = "fail runtime-cve-2024-21626: "
		of2025 = "fail runtime-cve-2025-31133: "
		of2026 = "fail runtime-cve-2026-41579: "
		three  = " has CVE-2025-31133, CVE-2025-52565, CVE-2025-52881"
	)
	old := func(version string) string {
		return "caution runtime: /usr/bin/runc is runc " + version + ", older than the pinned " + box.PinnedRunc
	}
	for version, want := range map[string][]string{
		"1.1.5+deb12u1": {
			old("1.1.5+deb12u1"), of2024 + "runc 1.1.5+deb12u1 has CVE-2024-21626",
			of2025 + "runc 1.1.5+deb12u1" + three, of2026 + "runc 1.1.5+deb12u1 has CVE-2026-41579",
		},
		"1.1.12":        {old("1.1.12"), of2025 + "runc 1.1.12" + three, of2026 + "runc 1.1.12 has CVE-2026-41579"},
		"1.2.7":         {old("1.2.7"), of2025 + "runc 1.2.7" + three, of2026 + "runc 1.2.7 has CVE-2026-41579"},
		"1.2.8":         {old("1.2.8"), of2026 + "runc 1.2.8 has CVE-2026-41579"},
		"1.3.3":         {old("1.3.3"), of2026 + "runc 1.3.3 has CVE-2026-41579"},
		"1.3.6":         {old("1.3.6")},
		"1.4.0-rc.2":    {old("1.4.0-rc.2"), of2025 + "runc 1.4.0-rc.2" + three, of2026 + "runc 1.4.0-rc.2 has CVE-2026-41579"},
		"1.4.2":         {old("1.4.2"), of2026 + "runc 1.4.2 has CVE-2026-41579"},
		"1.4.3":         {old("1.4.3")},
		"1.5.0-rc.2":    {old("1.5.0-rc.2"), of2026 + "runc 1.5.0-rc.2 has CVE-2026-41579"},
		"1.5.0":         {old("1.5.0")},
		box.PinnedRunc:  nil,
		"1.6.0":         nil,
		"":              {"caution runtime: cannot tell: /usr/bin/runc does not call itself runc"},
		"new\x1b[2Jest": {`caution runtime: cannot tell: /usr/bin/runc calls itself version "new\x1b[2Jest"`},
	} {
		t.Run(version, func(t *testing.T) {
			t.Parallel()
			h := hostOf(goodFiles)
			h.Runtime = runtimeOf(version)
			checks := doctor.Examine(t.Context(), h)
			if diff := cmp.Diff(want, findings(checks)); diff != "" {
				t.Error(diff)
			}
			whole(t, checks)
		})
	}
}

func TestNoRuntime(t *testing.T) {
	t.Parallel()
	h := hostOf(goodFiles)
	h.Runtime = func(context.Context) (string, string, error) { return "", "", errors.New("find runtime: no") }
	only(t, doctor.Examine(t.Context(), h), "fail runtime: find runtime: no", "make runc")
}
