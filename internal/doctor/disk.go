package doctor

import (
	"fmt"
	"path"
	"strings"
)

const (
	// An image takes up to 200 MiB, and twice that while it is built.
	leastFreeBytes = 512 << 20
	// After an upgrade old and new images lie side by side.
	goodFreeBytes  = 2 << 30
	leastFreeFiles = 10_000
)

func checkDisk(h Host) Check {
	q := question{"disk", "statfs of " + h.DataDir,
		"images are built and kept there, and the interpreters of boxes run from there"}
	// Before the first build the directory is not there.
	dir := path.Clean(h.DataDir)
	for dir != "/" && !h.exists(strings.TrimPrefix(dir, "/")) {
		dir = path.Dir(dir)
	}
	s, err := h.Space(dir)
	if err != nil {
		return q.cannotTell(fmt.Errorf("%s: %w", dir, err))
	}
	const elsewhere = "make room, or name a larger disk with --data-dir or FUMEHOOD_DATA_DIR"
	found := fmt.Sprintf("%.1f GiB free at %s", float64(s.FreeBytes)/(1<<30), dir)
	// Some file systems have no fixed number of files and say 0.
	fewFiles := s.FreeFiles > 0 && s.FreeFiles < leastFreeFiles
	if fewFiles {
		found += fmt.Sprintf(", and room for %d files", s.FreeFiles)
	}
	switch {
	case s.NoExec:
		return q.fail(dir+" is mounted noexec", "take noexec off its line in /etc/fstab, then mount -o remount,exec "+dir+
			" (its mount point); or name another disk with --data-dir")
	case s.FreeBytes < leastFreeBytes, fewFiles:
		return q.fail(found, elsewhere)
	case s.FreeBytes < goodFreeBytes:
		return q.caution(found, elsewhere)
	}
	return q.pass(found)
}
