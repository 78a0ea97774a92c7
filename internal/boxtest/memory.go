package boxtest

import (
	"bytes"
	"fmt"
	"io"
	"os"
	"strings"
	"testing"
)

// Mapping is a line of /proc/PID/maps.
type Mapping struct{ Addresses, Rights, File string }

// Mappings lists what a process has mapped.
func Mappings(t testing.TB, pid int) []Mapping {
	t.Helper()
	var all []Mapping
	for line := range strings.Lines(File(t, pid, "maps")) {
		fields := append(strings.Fields(line), "")
		if len(fields) < 6 || len(fields[1]) != 4 {
			t.Fatalf("maps has the line %q", line)
		}
		all = append(all, Mapping{Addresses: fields[0], Rights: fields[1], File: fields[5]})
	}
	return all
}

// SearchMemory counts where a text is in what a process has mapped for itself,
// in the encodings that an interpreter may have it in.
func SearchMemory(t testing.TB, pid int, text string) int {
	t.Helper()
	memory, err := os.Open(fmt.Sprintf("/proc/%d/mem", pid))
	if err != nil {
		t.Fatal(err)
	}
	defer memory.Close()
	var wide strings.Builder
	for _, c := range []byte(text) {
		wide.WriteByte(c)
		wide.WriteByte(0)
	}
	n := 0
	for _, m := range Mappings(t, pid) {
		if m.Rights[0] != 'r' || m.Rights[3] != 'p' || m.File == "[vvar]" || m.File == "[vsyscall]" {
			continue
		}
		var from, to int64
		if _, err := fmt.Sscanf(m.Addresses, "%x-%x", &from, &to); err != nil {
			t.Fatal(err)
		}
		n += searchPart(io.NewSectionReader(memory, from, to-from), text, wide.String())
	}
	return n
}

// searchPart reads a piece at a time, each with the end of the one before. What
// cannot be read, such as a file's mapping beyond its end, holds nothing.
func searchPart(r io.Reader, texts ...string) int {
	const overlap = 256
	buffer := make([]byte, overlap+1<<20)
	n, kept := 0, 0
	for {
		got, err := io.ReadFull(r, buffer[kept:])
		piece := buffer[:kept+got]
		for _, text := range texts {
			n += bytes.Count(piece, []byte(text))
		}
		if err != nil {
			return n
		}
		kept = copy(buffer, piece[len(piece)-overlap:])
	}
}
