package doctor_test

import (
	"testing"

	"github.com/fumehood/fumehood/internal/doctor"
)

func TestCgroup(t *testing.T) {
	t.Parallel()
	const (
		root   = "24 1 8:1 / / rw - ext4 /dev/sda1 rw\n"
		memory = "35 31 0:32 / /sys/fs/cgroup/memory rw,relatime shared:9 - cgroup cgroup rw,memory\n"
		pids   = "38 31 0:36 / /sys/fs/cgroup/pids rw - cgroup cgroup rw,pids\n"
		both   = "36 31 0:33 / /sys/fs/cgroup/x rw - cgroup cgroup rw,devices,freezer\n"
		two    = "41 31 0:38 / /sys/fs/cgroup/unified rw - cgroup2 cgroup2 rw\n"
	)
	for _, c := range []struct {
		name, mountinfo, controllers string
		want                         doctor.Status
		found                        string
	}{
		{"version 2", mountinfoV2, "cpu memory pids\n", doctor.Pass, "version 2"},
		{"version 2 without memory", mountinfoV2, "cpu pids\n", doctor.Fail, "version 2, without memory"},
		{"version 2 without anything", mountinfoV2, "\n", doctor.Fail, "version 2, without memory, pids"},
		{"version 2, hidden", mountinfoV2, absent, doctor.Caution, "cannot tell: /sys/fs/cgroup/cgroup.controllers is not there"},
		{"version 1", memory + pids + both, absent, doctor.Caution, "version 1: the bounds hold, ends are slower"},
		{"hybrid", memory + pids + both + two, absent, doctor.Caution, "hybrid, with version 1: the bounds hold, ends are slower"},
		{"version 1 without pids", memory + both, absent, doctor.Fail, "version 1, without pids"},
		{"hybrid without devices", memory + pids + two, absent, doctor.Fail, "hybrid, with version 1, without devices"},
		{"none", root, absent, doctor.Fail, "no cgroups are mounted"},
		{"garbled", " - \n36 31 - cgroup\n - cgroup cgroup rw,memory\n", absent, doctor.Fail, "no cgroups are mounted"},
		{"no mountinfo", absent, absent, doctor.Caution, "cannot tell: /proc/self/mountinfo is not there"},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			checks := doctor.Examine(t.Context(), hostOf(goodFiles.with(files{
				"proc/self/mountinfo": c.mountinfo, "sys/fs/cgroup/cgroup.controllers": c.controllers,
			})))
			got := find(t, checks, "cgroup")
			if got.Status != c.want || got.Found != c.found {
				t.Errorf("cgroup = %s %q, want %s %q", got.Status, got.Found, c.want, c.found)
			}
			whole(t, checks)
		})
	}
}
