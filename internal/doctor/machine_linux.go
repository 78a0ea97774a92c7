package doctor

import (
	"context"
	"os"
	"time"

	runc "github.com/containerd/go-runc"
	"golang.org/x/sys/unix"

	"github.com/fumehood/fumehood/internal/box"
)

// New returns the machine that this process runs on. runtime is the OCI
// runtime that was asked for by name, empty for the one that serve picks.
func New(dataDir, runtime string) Host {
	return Host{
		Files:        os.DirFS("/"),
		DataDir:      dataDir,
		UID:          os.Geteuid(),
		Uname:        uname,
		Landlock:     landlockABI,
		Synchronised: synchronised,
		Space:        spaceOf,
		Runtime: func(ctx context.Context) (string, string, error) {
			path, err := box.FindRuntime(ctx, runtime)
			if err != nil {
				return "", "", err
			}
			version, err := versionOf(ctx, path)
			return path, version, err
		},
	}
}

func uname() (release, version string, err error) {
	var u unix.Utsname
	if err := unix.Uname(&u); err != nil {
		return "", "", os.NewSyscallError("uname", err)
	}
	return unix.ByteSliceToString(u.Release[:]), unix.ByteSliceToString(u.Version[:]), nil
}

// landlockABI asks for the version alone, which makes no ruleset.
func landlockABI() (int, error) {
	abi, _, errno := unix.Syscall(unix.SYS_LANDLOCK_CREATE_RULESET, 0, 0, unix.LANDLOCK_CREATE_RULESET_VERSION)
	if errno != 0 {
		return 0, errno
	}
	return int(abi), nil
}

// synchronised reads the kernel's clock discipline; without modes adjtimex
// changes nothing and takes no privilege.
func synchronised() (bool, error) {
	var t unix.Timex
	state, err := unix.Adjtimex(&t)
	if err != nil {
		return false, os.NewSyscallError("adjtimex", err)
	}
	return state != unix.TIME_ERROR && t.Status&unix.STA_UNSYNC == 0, nil
}

func spaceOf(dir string) (Space, error) {
	var s unix.Statfs_t
	if err := unix.Statfs(dir, &s); err != nil {
		return Space{}, os.NewSyscallError("statfs", err)
	}
	return Space{
		FreeBytes: s.Bavail * uint64(s.Bsize),
		FreeFiles: s.Ffree,
		NoExec:    s.Flags&unix.ST_NOEXEC != 0,
	}, nil
}

// patience is for a runtime that does not answer; one that does takes
// milliseconds.
const patience = 5 * time.Second

func versionOf(ctx context.Context, path string) (string, error) {
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	r := runc.Runc{Command: path}
	got, err := r.Version(ctx)
	return got.Runc, err
}
