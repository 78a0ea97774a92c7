package main

import (
	"errors"
	"fmt"
	"strings"

	"golang.org/x/sys/unix"

	"github.com/fumehood/fumehood/boxes"
	"github.com/fumehood/fumehood/internal/config"
	"github.com/fumehood/fumehood/internal/doctor"
	"github.com/fumehood/fumehood/internal/seccomp"
	"github.com/fumehood/fumehood/internal/selftest"
)

// acceptedWalls are the walls that a box may lack.
func acceptedWalls(c config.Config) ([]string, error) {
	if c.AcceptMissing == "" {
		return nil, nil
	}
	walls := strings.Split(c.AcceptMissing, ",")
	for at := range walls {
		walls[at] = strings.TrimSpace(walls[at])
	}
	if err := selftest.Check(walls); err != nil {
		return nil, usageError("accept-missing: "+err.Error(), "the walls are listed in docs/SECURITY.md")
	}
	return walls, nil
}

// hasLandlock reports whether this kernel has it. One that cannot be asked is
// taken to have it: the zygote finds out.
func hasLandlock() bool {
	abi, err := doctor.New("", "").Landlock()
	return abi > 0 || err != nil && !errors.Is(err, unix.ENOSYS) && !errors.Is(err, unix.EOPNOTSUPP)
}

// cellPolicy reads what a cell of an image's boxes may ask of the kernel.
func cellPolicy(image string) (*seccomp.Policy, error) {
	name := image + "/cell.policy"
	text, err := boxes.Files.ReadFile(name)
	if err != nil {
		return nil, err
	}
	policy, err := seccomp.Parse(string(text))
	if err != nil {
		return nil, fmt.Errorf("read %s: %w", name, err)
	}
	return policy, nil
}
