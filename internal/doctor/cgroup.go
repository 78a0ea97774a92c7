package doctor

import (
	"slices"
	"strings"
)

// Boxes are bounded in memory and tasks. Version 1 denies devices by a
// controller too; version 2 does by a program.
var (
	neededV2 = []string{"memory", "pids"}
	neededV1 = []string{"devices", "memory", "pids"}
)

const unified = "add systemd.unified_cgroup_hierarchy=1 to the kernel's command line (GRUB_CMDLINE_LINUX in /etc/default/grub), then update-grub and reboot"

func checkCgroup(h Host) Check {
	q := question{"cgroup", "/proc/self/mountinfo, cgroup.controllers",
		"without bounds of memory and tasks one box can take the machine down; with version 2 a box's processes are killed at once, not one by one"}
	text, err := h.read("proc/self/mountinfo")
	if err != nil {
		return q.cannotTell(err)
	}
	m := cgroupMounts(text)
	if m.v2 == "" && len(m.v1) == 0 {
		return q.fail("no cgroups are mounted", "mount -t cgroup2 none /sys/fs/cgroup")
	}
	if len(m.v1) == 0 {
		controllers, err := h.line(strings.TrimPrefix(m.v2, "/") + "/cgroup.controllers")
		if err != nil {
			return q.cannotTell(err)
		}
		if missing := without(neededV2, strings.Fields(controllers)); len(missing) > 0 {
			names := strings.Join(missing, ", ")
			return q.fail("version 2, without "+names,
				"take cgroup_disable= off the kernel's command line (memory may need cgroup_enable=memory) and reboot")
		}
		return q.pass("version 2")
	}
	kind := "version 1"
	if m.v2 != "" {
		kind = "hybrid, with version 1"
	}
	if missing := without(neededV1, m.v1); len(missing) > 0 {
		return q.fail(kind+", without "+strings.Join(missing, ", "), unified)
	}
	return q.caution(kind+": the bounds hold, ends are slower", unified)
}

type mounts struct {
	// v2 is where version 2 is mounted.
	v2 string
	// v1 are the controllers of version 1.
	v1 []string
}

// cgroupMounts reads lines as proc_pid_mountinfo(5) has them:
//
//	36 35 98:0 ROOT POINT OPTIONS [FIELDS…] - TYPE SOURCE SUPEROPTIONS
func cgroupMounts(mountinfo string) mounts {
	var m mounts
	for line := range strings.Lines(mountinfo) {
		before, after, ok := strings.Cut(line, " - ")
		left, right := strings.Fields(before), strings.Fields(after)
		if !ok || len(left) < 6 || len(right) < 3 {
			continue
		}
		switch right[0] {
		case "cgroup":
			m.v1 = append(m.v1, strings.Split(right[2], ",")...)
		case "cgroup2":
			m.v2 = left[4]
		}
	}
	return m
}

func without(needed, present []string) []string {
	return slices.DeleteFunc(slices.Clone(needed), func(name string) bool { return slices.Contains(present, name) })
}
