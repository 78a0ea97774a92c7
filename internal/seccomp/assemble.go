package seccomp

import (
	"fmt"
	"slices"

	"github.com/elastic/go-seccomp-bpf/arch"
	"golang.org/x/net/bpf"
	"golang.org/x/sys/unix"
)

// errnos are the error names that a policy may use: their numbers are the
// same on every architecture below.
var errnos = map[string]unix.Errno{
	"EPERM": unix.EPERM, "EACCES": unix.EACCES, "ENOSYS": unix.ENOSYS, "ENOTTY": unix.ENOTTY, "EINVAL": unix.EINVAL,
}

// architectures by GOARCH. A filter serves one: a call that arrives by any
// other table is killed before its number is looked at.
var architectures = map[string]*arch.Info{"amd64": arch.X86_64, "arm64": arch.AARCH64}

// x32Bit marks, on amd64, a call by the x32 table (arch/x86/include/uapi/asm/unistd.h).
const x32Bit = 0x40000000

// Offsets in struct seccomp_data (include/uapi/linux/seccomp.h). The low word
// of an argument comes first on both architectures.
const (
	offsetNumber       = 0
	offsetArchitecture = 4
	offsetArguments    = 16
)

// Actions, from the same header.
const (
	actionAllow = 0x7fff0000
	actionErrno = 0x00050000
	actionKill  = 0x80000000
)

// leaf is what happens to a range of system call numbers: a plain action, or
// a rule whose conditions look at the arguments.
type leaf struct {
	first int
	plain uint32
	rule  *Rule
}

// Assemble turns the policy into a BPF program for goarch. A name that goarch
// lacks is passed over if another architecture has it; one that none has is
// an error.
//
// The program is a binary search over the ranges of numbers that share an
// action, not a list of comparisons: at every installation the kernel runs
// the filter once for each system call there is (seccomp_cache_prepare), and
// every cell installs it.
func (p *Policy) Assemble(goarch string) ([]bpf.RawInstruction, error) {
	info, ok := architectures[goarch]
	if !ok {
		return nil, fmt.Errorf("no system call table for %s", goarch)
	}
	leaves, err := p.leaves(info)
	if err != nil {
		return nil, err
	}
	program := []bpf.Instruction{
		bpf.LoadAbsolute{Off: offsetArchitecture, Size: 4},
		bpf.JumpIf{Cond: bpf.JumpEqual, Val: uint32(info.ID), SkipTrue: 1},
		bpf.RetConstant{Val: actionKill},
		bpf.LoadAbsolute{Off: offsetNumber, Size: 4},
	}
	if goarch == "amd64" {
		program = append(program,
			bpf.JumpIf{Cond: bpf.JumpGreaterOrEqual, Val: x32Bit, SkipFalse: 1},
			bpf.RetConstant{Val: actionKill})
	}
	return bpf.Assemble(append(program, search(leaves)...))
}

// leaves lists the ranges in ascending order, the first starting at 0.
func (p *Policy) leaves(info *arch.Info) ([]leaf, error) {
	byNumber := make(map[int]leaf)
	for i := range p.Rules {
		rule := &p.Rules[i]
		for _, name := range rule.Names {
			if !known(name) {
				return nil, fmt.Errorf("no system call is named %q", name)
			}
			number, ok := lookUp(info, name)
			if !ok {
				continue
			}
			l := leaf{first: number, plain: rule.action()}
			if len(rule.Conditions) > 0 {
				l.rule = rule
			}
			byNumber[number] = l
		}
	}
	leaves := []leaf{{first: 0, plain: actionKill}}
	add := func(l leaf) {
		last := leaves[len(leaves)-1]
		if last.first == l.first {
			leaves[len(leaves)-1] = l
		} else if last.plain != l.plain || last.rule != l.rule {
			leaves = append(leaves, l)
		}
	}
	numbers := make([]int, 0, len(byNumber))
	for number := range byNumber {
		numbers = append(numbers, number)
	}
	slices.Sort(numbers)
	for _, number := range numbers {
		add(byNumber[number])
		if _, next := byNumber[number+1]; !next {
			add(leaf{first: number + 1, plain: actionKill})
		}
	}
	return leaves, nil
}

func known(name string) bool {
	for _, info := range architectures {
		if _, ok := lookUp(info, name); ok {
			return true
		}
	}
	return false
}

// olderNames are what the tables call a call that the kernel has renamed.
var olderNames = map[string]string{"newfstatat": "fstatat"}

func lookUp(info *arch.Info, name string) (int, bool) {
	if number, ok := info.SyscallNames[name]; ok {
		return number, true
	}
	number, ok := info.SyscallNames[olderNames[name]]
	return number, ok
}

func (r *Rule) action() uint32 {
	switch r.Verdict {
	case Allow:
		return actionAllow
	case Deny:
		return actionErrno | uint32(errnos[r.Errno])
	default:
		return actionKill
	}
}

// search expects the call's number in the accumulator. A BPF jump reaches 255
// instructions ahead; where the left half is longer, an unconditional one,
// which reaches further, takes over.
func search(leaves []leaf) []bpf.Instruction {
	if len(leaves) == 1 {
		return leaves[0].decide()
	}
	middle := len(leaves) / 2
	left, right := search(leaves[:middle]), search(leaves[middle:])
	var program []bpf.Instruction
	if len(left) <= 255 {
		program = append(program, bpf.JumpIf{
			Cond: bpf.JumpGreaterOrEqual, Val: uint32(leaves[middle].first), SkipTrue: uint8(len(left)),
		})
	} else {
		program = append(program,
			bpf.JumpIf{Cond: bpf.JumpGreaterOrEqual, Val: uint32(leaves[middle].first), SkipFalse: 1},
			bpf.Jump{Skip: uint32(len(left))})
	}
	return append(append(program, left...), right...)
}

func (l leaf) decide() []bpf.Instruction {
	if l.rule == nil {
		return []bpf.Instruction{bpf.RetConstant{Val: l.plain}}
	}
	refuse := []bpf.Instruction{bpf.RetConstant{Val: actionErrno | uint32(errnos[l.rule.Errno])}}
	var program []bpf.Instruction
	for _, c := range l.rule.Conditions {
		program = append(program, bpf.LoadAbsolute{Off: uint32(offsetArguments + 8*c.Argument), Size: 4})
		if c.Operator == Lacks {
			program = append(program, bpf.JumpIf{Cond: bpf.JumpBitsNotSet, Val: c.Values[0], SkipTrue: 1})
			program = append(program, refuse...)
			continue
		}
		for i, value := range c.Values {
			program = append(program, bpf.JumpIf{
				Cond: bpf.JumpEqual, Val: value, SkipTrue: uint8(len(c.Values) - i),
			})
		}
		program = append(program, refuse...)
	}
	return append(program, bpf.RetConstant{Val: actionAllow})
}

// ErrnoNumber is the number of the rule's error name, 0 if it has none.
func (r Rule) ErrnoNumber() uint {
	return uint(errnos[r.Errno])
}
