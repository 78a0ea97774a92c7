package seccomp

import (
	"fmt"
	"runtime"

	"github.com/opencontainers/runtime-spec/specs-go"
)

// OCIArchitecture is this machine's architecture as the OCI names it. A
// filter lists this one alone: no compatibility tables.
func OCIArchitecture() (specs.Arch, error) {
	switch runtime.GOARCH {
	case "amd64":
		return specs.ArchX86_64, nil
	case "arm64":
		return specs.ArchAARCH64, nil
	}
	return "", fmt.Errorf("no system call table for %s", runtime.GOARCH)
}
