package attack

import (
	"errors"
	"io"
	"regexp"
	"strings"

	"golang.org/x/sys/unix"
)

// kernelLog follows the kernel's messages from where they were when it was
// opened.
type kernelLog struct{ fd int }

// trouble is what a kernel says of itself when it was hurt. A process that
// crashes, or that a filter kills, gives other lines.
var trouble = regexp.MustCompile(`\bBUG: |kernel BUG at|\bOops\b|general protection fault.*\[#\d+\]|blocked for more than \d+ seconds|Kernel panic|Unable to handle kernel`)

// openKernelLog opens /dev/kmsg, or returns nil where this process may not.
func openKernelLog() *kernelLog {
	fd, err := unix.Open("/dev/kmsg", unix.O_RDONLY|unix.O_NONBLOCK|unix.O_CLOEXEC, 0)
	if err != nil {
		return nil
	}
	if _, err := unix.Seek(fd, 0, io.SeekEnd); err != nil {
		unix.Close(fd)
		return nil
	}
	return &kernelLog{fd}
}

func (k *kernelLog) close() error {
	if k == nil {
		return nil
	}
	return unix.Close(k.fd)
}

// maxRecord is as long as the kernel makes one, and more.
const maxRecord = 16 << 10

// complaints returns the new lines that tell of trouble.
func (k *kernelLog) complaints() []string {
	if k == nil {
		return nil
	}
	var all []string
	var record [maxRecord]byte
	for {
		n, err := unix.Read(k.fd, record[:])
		switch {
		case errors.Is(err, unix.EPIPE): // some were overwritten; the next is at hand
			continue
		case errors.Is(err, unix.EINTR):
			continue
		case err != nil || n == 0:
			return all
		}
		if line := lineOf(string(record[:n])); tellsOfTrouble(line) {
			all = append(all, "the kernel says: "+line)
		}
	}
}

// lineOf takes the message out of a record: "6,1,23,-;message\n KEY=value\n".
func lineOf(record string) string {
	_, message, _ := strings.Cut(record, ";")
	line, _, _ := strings.Cut(message, "\n")
	return line
}

// tellsOfTrouble passes over audit's lines: a process's name stands in them.
func tellsOfTrouble(line string) bool {
	return !strings.HasPrefix(line, "audit: ") && trouble.MatchString(line)
}
