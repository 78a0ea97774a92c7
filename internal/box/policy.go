package box

import (
	"encoding/binary"
	"fmt"
	"runtime"

	"github.com/fumehood/fumehood/internal/seccomp"
)

// Wall is one part of the inner wall. The values are the shim's (walls.h).
type Wall uint32

// The walls that a test may leave out.
const (
	PIDNamespace Wall = 1 << iota
	UID
	Capabilities
	Landlock
	Seccomp
	NoNewPrivs
	Dumpable
	Descriptors
	Proc
	CPU
	Data
	AddressSpace
	Threads
	OpenFiles
	Stack
	FileSize
	Core

	Identity = UID | Capabilities
	RLimits  = CPU | Data | AddressSpace | Threads | OpenFiles | Stack | FileSize | Core
)

// Policy is the inner wall of every cell of a box, as the shim wants it. Make
// one with NewPolicy: a limit of 0 is a limit.
type Policy struct {
	// Filter is the cell's system call policy.
	Filter *seccomp.Policy
	// OpenFiles, Threads, StackKiB and PendingSignals are rlimits.
	OpenFiles, Threads, StackKiB, PendingSignals uint32
	// Without leaves walls out. It exists for the tests which show that it
	// is this wall that refuses; nothing that serves sets it.
	Without Wall
}

// NewPolicy is the policy of a serving box, with the given filter.
func NewPolicy(filter *seccomp.Policy) Policy {
	return Policy{Filter: filter, OpenFiles: 16, Threads: 8, StackKiB: 8 << 10, PendingSignals: 64}
}

// Every right that Landlock knows up to ABI 7 (include/uapi/linux/landlock.h).
// A cell handles them all and is granted none; the shim masks what an older
// kernel does not know.
const (
	landlockFS     = 1<<16 - 1 // EXECUTE … IOCTL_DEV
	landlockNet    = 1<<2 - 1  // BIND_TCP, CONNECT_TCP
	landlockScoped = 1<<2 - 1  // ABSTRACT_UNIX_SOCKET, SIGNAL
)

const (
	policyMagic   = 0x46485031 // "FHP1"
	policyVersion = 3
	policyBytes   = 64
)

// encode lays the policy out for the zygote, with the filter assembled for
// this machine:
//
//	0      4 5 6     8       12    16      20        24      28 32  40  48     64
//	┌──────┬─┬─┬─────┬───────┬─────┬───────┬─────────┬───────┬──┬───┬───┬──────┬────────────┐
//	│magic │v│0│count│without│files│threads│stack KiB│signals│ 0│fs │net│scoped│ count × 8  │
//	└──────┴─┴─┴─────┴───────┴─────┴───────┴─────────┴───────┴──┴───┴───┴──────┴────────────┘
func (p Policy) encode() ([]byte, error) {
	program, err := p.Filter.Assemble(runtime.GOARCH)
	if err != nil {
		return nil, fmt.Errorf("assemble the cell's filter: %w", err)
	}
	b := make([]byte, policyBytes, policyBytes+8*len(program))
	binary.BigEndian.PutUint32(b[0:], policyMagic)
	b[4] = policyVersion
	binary.BigEndian.PutUint16(b[6:], uint16(len(program)))
	binary.BigEndian.PutUint32(b[8:], uint32(p.Without))
	binary.BigEndian.PutUint32(b[12:], p.OpenFiles)
	binary.BigEndian.PutUint32(b[16:], p.Threads)
	binary.BigEndian.PutUint32(b[20:], p.StackKiB)
	binary.BigEndian.PutUint32(b[24:], p.PendingSignals)
	binary.BigEndian.PutUint64(b[32:], landlockFS)
	binary.BigEndian.PutUint64(b[40:], landlockNet)
	binary.BigEndian.PutUint64(b[48:], landlockScoped)
	for _, i := range program {
		b = binary.BigEndian.AppendUint16(b, i.Op)
		b = append(b, i.Jt, i.Jf)
		b = binary.BigEndian.AppendUint32(b, i.K)
	}
	return b, nil
}
