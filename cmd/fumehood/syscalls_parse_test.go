package main

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestTracer(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		name, text string
		want       []string
	}{
		{"nothing", "", nil},
		{"only what follows the parked frame", `
7  clone(0x1200011, 0, 0, 0x7f80429f0a10, 0) = 0x9
8  openat(0x7, 0x7f803ec77145, 0x80001, 0) = 0xd
8  seccomp(0x1, 0, 0x7f803ec8a638)   = 0
8  socket(0x1, 0x1, 0)               = -1 EPERM (Operation not permitted)
8  write(0x3, 0x7ffd88571144, 0xc)   = 0xc
8  read(0x3, 0x7ffd88571150, 0x14 <unfinished ...>
7  epoll_wait(0x8, 0x7ffd88571280, 0x40, 0xffffffff) = 0x1
8  <... read resumed>)               = 0x14
8  fcntl(0x3, 0x4)                   = 0
8  getpid( <unfinished ...>
8  <... getpid resumed>)             = 0x1
8  exit_group(0)                     = ?
8  +++ exited with 0 +++
`, []string{"exit_group[0] fcntl[3 4] getpid[] read[3 140726890860880 20]"}},
		{"a thread's calls are its cell's", `
8  seccomp(0x1, 0, 0x7f803ec8a638)   = 0
8  write(0x3, 0x7ffd88571144, 0xc)   = 0xc
8  clone(0x3d0f00, 0, 0, 0, 0)       = 0x2
9  gettid()                          = 0x2
9  +++ exited with 0 +++
8  +++ killed by SIGSYS (core dumped) +++
`, []string{"clone[4001536 0 0 0 0] gettid[]"}},
		{"a cell that is still being walled in is nobody's thread", `
8  seccomp(0x1, 0, 0x7f803ec8a638)   = 0
8  write(0x3, 0x7ffd88571144, 0xc)   = 0xc
9  setgroups(0, 0)                   = 0
8  getuid()                          = 0x3e8
8  +++ exited with 0 +++
9  seccomp(0x1, 0, 0x7f803ec8a638)   = 0
9  write(0x3, 0x7ffd88571144, 0xc)   = 0xc
9  +++ killed by SIGKILL +++
`, []string{"getuid[]", ""}},
		{"a cell that ends before it has its walls is nobody's thread", `
8  seccomp(0x1, 0, 0x7f803ec8a638)   = 0
8  write(0x3, 0x7ffd88571144, 0xc)   = 0xc
9  madvise(0x7f80423fd000, 0x23000, 0x16) = 0
9  +++ killed by SIGKILL +++
8  getuid()                          = 0x3e8
8  +++ exited with 0 +++
`, []string{"getuid[]"}},
		{"an end that is not told", `
8  seccomp(0x1, 0, 0x7f803ec8a638)   = 0
8  write(0x3, 0x7ffd88571144, 0xc)   = 0xc
8  shutdown(0x3, 0x1)                = 0
8  pidfd_send_signal(0xb, 0x9, 0, 0) = ?
7  wait4(0x35, 0, 0x1, 0)            = 0x35
8  +++ killed by SIGKILL +++
`, []string{"shutdown[3 1]"}},
		{"the second seccomp is the cell's own", `
8  seccomp(0x1, 0, 0x7f803ec8a638)   = 0
8  write(0x3, 0x7ffd88571144, 0xc)   = 0xc
8  seccomp(0, 0, 0)                  = ?
8  +++ killed by SIGSYS +++
`, []string{"seccomp[0 0 0]"}},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			var got []string
			tr := tracer[string]{reduce: spelt, ended: func(calls map[string]bool) {
				got = append(got, strings.Join(sortedKeys(calls), " "))
			}}
			if err := tr.follow(strings.NewReader(test.text)); err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(test.want, got); diff != "" {
				t.Errorf("cells (-want +got):\n%s", diff)
			}
		})
	}
}
