package box

import (
	"fmt"
	"path/filepath"
	"slices"
	"strings"
)

// ControlGroup finds the directory of a process's control group: groups is its
// /proc/PID/cgroup, mounts this process's mountinfo.
func ControlGroup(groups, mounts, controller string) (dir string, unified bool, err error) {
	path, unified := groupPath(groups, controller)
	if path == "" {
		return "", false, fmt.Errorf("it is in no control group of %q", controller)
	}
	for line := range strings.Lines(mounts) {
		before, after, ok := strings.Cut(line, " - ")
		fields, source := strings.Fields(before), strings.Fields(after)
		if !ok || len(fields) < 5 || len(source) < 3 {
			continue
		}
		if unified && source[0] != "cgroup2" ||
			!unified && (source[0] != "cgroup" || !slices.Contains(strings.Split(source[2], ","), controller)) {
			continue
		}
		// In a container only a part of the hierarchy may be mounted.
		below := strings.TrimPrefix(path, strings.TrimSuffix(fields[3], "/"))
		return filepath.Join(fields[4], below), unified, nil
	}
	return "", false, fmt.Errorf("no hierarchy of control groups with %q is mounted", controller)
}

// groupPath reads lines such as "7:memory:/name", and "0::/name" of version 2.
func groupPath(groups, controller string) (path string, unified bool) {
	for line := range strings.Lines(groups) {
		parts := strings.SplitN(strings.TrimSpace(line), ":", 3)
		if len(parts) != 3 {
			continue
		}
		if slices.Contains(strings.Split(parts[1], ","), controller) {
			return parts[2], false
		}
		if parts[1] == "" {
			path, unified = parts[2], true
		}
	}
	return path, unified
}
