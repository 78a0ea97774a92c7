package selftest

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strconv"
	"strings"

	"github.com/fumehood/fumehood/internal/box"
	"github.com/fumehood/fumehood/internal/job"
)

// cgroups compares the limits of the box's own control group. Which files they
// are in depends on the hierarchy: of version 2, or version 1's one for each
// controller (kernel, admin-guide/cgroup-v2 and cgroup-v1).
func (v *view) cgroups(memory job.Bytes, tasks int64) error {
	groups, err := v.zygote.read("cgroup")
	if err != nil {
		return err
	}
	mounts, err := os.ReadFile("/proc/self/mountinfo")
	if err != nil {
		return err
	}
	for _, l := range []struct {
		wall, controller, v1, v2 string
		most                     uint64
		optional                 bool
	}{
		{"box memory limit", "memory", "memory.limit_in_bytes", "memory.max", uint64(memory), false},
		// Version 1 counts memory and swap together, version 2 swap alone, and
		// a kernel that does not count swap has neither.
		{"box memory limit", "memory", "memory.memsw.limit_in_bytes", "memory.swap.max", uint64(memory), true},
		{"box task limit", "pids", "pids.max", "pids.max", uint64(tasks), false},
	} {
		dir, unified, err := box.ControlGroup(groups, string(mounts), l.controller)
		if err != nil {
			v.findings = append(v.findings, Finding{l.wall, err.Error()})
			continue
		}
		name, most := l.v1, l.most
		if unified {
			name = l.v2
			if l.optional {
				most = 0
			}
		}
		text, err := os.ReadFile(filepath.Join(dir, name))
		if errors.Is(err, fs.ErrNotExist) && l.optional {
			continue
		}
		if err != nil {
			v.findings = append(v.findings, Finding{l.wall, err.Error()})
			continue
		}
		limit, err := strconv.ParseUint(strings.TrimSpace(string(text)), 10, 64)
		if err != nil || limit > most {
			v.findings = append(v.findings, Finding{l.wall, fmt.Sprintf("%s is %s, not %d", name, strings.TrimSpace(string(text)), most)})
		}
	}
	return nil
}
