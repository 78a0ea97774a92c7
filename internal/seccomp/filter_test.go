package seccomp_test

import (
	"encoding/binary"
	"fmt"
	"io/fs"
	"maps"
	"testing"

	"github.com/elastic/go-seccomp-bpf/arch"
	"golang.org/x/net/bpf"
	"golang.org/x/sys/unix"

	"github.com/fumehood/fumehood/boxes"
	"github.com/fumehood/fumehood/internal/seccomp"
)

// A machine is what a filter is assembled for.
type machine struct {
	goarch string
	audit  uint32
	calls  *arch.Info
}

var machines = []machine{
	{"amd64", unix.AUDIT_ARCH_X86_64, arch.X86_64},
	{"arm64", unix.AUDIT_ARCH_AARCH64, renamed(arch.AARCH64)},
}

// renamed gives the table's call 79 the name that the kernel has for it.
func renamed(table *arch.Info) *arch.Info {
	copied := *table
	copied.SyscallNames, copied.SyscallNumbers = maps.Clone(table.SyscallNames), maps.Clone(table.SyscallNumbers)
	delete(copied.SyscallNames, "fstatat")
	copied.SyscallNames["newfstatat"] = newfstatatARM64
	copied.SyscallNumbers[newfstatatARM64] = "newfstatat"
	return &copied
}

// newfstatatARM64 is __NR_newfstatat of include/uapi/asm-generic/unistd.h.
const newfstatatARM64 = 79

// SECCOMP_RET_KILL_PROCESS and its sisters (include/uapi/linux/seccomp.h).
const (
	killed  = 0x80000000
	refused = 0x00050000
	allowed = 0x7fff0000
)

// A call is struct seccomp_data, without the instruction pointer.
type call struct {
	number, audit uint32
	args          [6]uint64
}

// every is a call with the same value for each argument.
func (m machine) every(number uint32, value uint64) call {
	return call{number: number, audit: m.audit, args: [6]uint64{value, value, value, value, value, value}}
}

// with is a call with one argument set.
func (m machine) with(name string, argument int, value uint64) call {
	c := call{number: uint32(m.calls.SyscallNames[name]), audit: m.audit}
	c.args[argument] = value
	return c
}

// A filter runs an assembled policy as the kernel would.
type filter struct {
	vm           *bpf.VM
	instructions int
}

func load(p *seccomp.Policy, m machine) (*filter, error) {
	raw, err := p.Assemble(m.goarch)
	if err != nil {
		return nil, err
	}
	program, whole := bpf.Disassemble(raw)
	if !whole {
		return nil, fmt.Errorf("an instruction of %v is none", raw)
	}
	// NewVM refuses a jump that leaves the program.
	vm, err := bpf.NewVM(program)
	return &filter{vm, len(raw)}, err
}

// mustLoad is load of a policy that has no mistakes.
func mustLoad(t testing.TB, p *seccomp.Policy, m machine) *filter {
	t.Helper()
	f, err := load(p, m)
	if err != nil {
		t.Fatal(err)
	}
	return f
}

// run encodes the call for x/net's machine, which reads words in network byte
// order: each word of the kernel's struct is at its place, big end first.
func (f *filter) run(t *testing.T, c call) uint32 {
	t.Helper()
	var data [64]byte
	binary.BigEndian.PutUint32(data[0:], c.number)
	binary.BigEndian.PutUint32(data[4:], c.audit)
	for i, arg := range c.args {
		binary.BigEndian.PutUint32(data[16+8*i:], uint32(arg))
		binary.BigEndian.PutUint32(data[20+8*i:], uint32(arg>>32))
	}
	verdict, err := f.vm.Run(data[:])
	if err != nil {
		t.Fatal(err)
	}
	return uint32(verdict)
}

// verdict is the answer that every filter is compared with.
func verdict(p *seccomp.Policy, m machine, c call) uint32 {
	name := m.calls.SyscallNumbers[int(c.number)]
	if c.audit != m.audit {
		return killed
	}
	switch answer, errno := p.Answer(name, c.args); answer {
	case seccomp.Allow:
		return allowed
	case seccomp.Deny:
		return refused | map[string]uint32{"EPERM": 1, "EACCES": 13, "EINVAL": 22, "ENOTTY": 25, "ENOSYS": 38}[errno]
	}
	return killed
}

// images are those whose boxes' cells get a policy.
var images = []string{"node", "ruby"}

// policyOf is the policy that the cells of an image's boxes get.
func policyOf(t testing.TB, name string) *seccomp.Policy {
	t.Helper()
	text, err := fs.ReadFile(boxes.Files, name+"/cell.policy")
	if err != nil {
		t.Fatal(err)
	}
	return parse(t, string(text))
}

func parse(t testing.TB, text string) *seccomp.Policy {
	t.Helper()
	p, err := seccomp.Parse(text)
	if err != nil {
		t.Fatal(err)
	}
	return p
}
