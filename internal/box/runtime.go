package box

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"time"

	runc "github.com/containerd/go-runc"
	"golang.org/x/mod/semver"
)

// PinnedRunc is the version that tools/runc/go.mod pins, by hash in its
// go.sum.
// An older one on the host is passed over: Debian 12's lacks the fixes for
// the container escapes of 2025 and 2026.
const PinnedRunc = "1.5.2"

// FindRuntime returns the OCI runtime to use: named if it is not empty, else
// the host's runc if it is at least as new as the pinned one, else the pinned
// one, which make puts beside this program.
func FindRuntime(ctx context.Context, named string) (string, error) {
	if named != "" {
		path, err := exec.LookPath(named)
		if err != nil {
			return "", fmt.Errorf("find runtime: %w", err)
		}
		return filepath.Abs(path)
	}
	host, err := exec.LookPath("runc")
	if err == nil && atLeast(ctx, host, PinnedRunc) {
		return filepath.Abs(host)
	}
	program, err := os.Executable()
	if err != nil {
		return "", err
	}
	pinned := filepath.Join(filepath.Dir(program), "runc")
	if atLeast(ctx, pinned, PinnedRunc) {
		return pinned, nil
	}
	return "", fmt.Errorf("no runc %s or newer: %s is not there, and the host has none; build it with 'make runc'", PinnedRunc, pinned)
}

func atLeast(ctx context.Context, path, version string) bool {
	if _, err := os.Stat(path); err != nil {
		return false
	}
	ctx, cancel := context.WithTimeout(ctx, 5*time.Second)
	defer cancel()
	r := runc.Runc{Command: path}
	got, err := r.Version(ctx)
	return err == nil && semver.IsValid("v"+got.Runc) && semver.Compare("v"+got.Runc, "v"+version) >= 0
}
