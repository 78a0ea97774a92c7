package wire_test

import (
	"bytes"
	"errors"
	"io"
	"math"
	"runtime"
	"testing"

	"github.com/fumehood/fumehood/internal/wire"
)

// Not parallel: the runtime counts the allocations of all tests together.
func TestReadResultMemory(t *testing.T) {
	const mib = 1 << 20
	huge := wire.ResultLimits{OutputBytes: 1 << 29, DiagnosticsBytes: 1 << 20}
	for _, test := range []struct {
		name string
		data []byte
		want error
		// most bounds all that is allocated on the way, garbage included. A
		// buffer that doubles leaves as much garbage as it holds.
		most uint64
	}{
		{"a gigabyte claimed, nothing sent", frameHead(wire.OK, 1<<30), io.ErrUnexpectedEOF, 128 << 10},
		{"a gigabyte claimed, a byte sent", append(frameHead(wire.OK, 1<<30), 0), io.ErrUnexpectedEOF, 128 << 10},
		{
			"a gigabyte claimed, a byte more than the first buffer sent",
			append(frameHead(wire.OK, 1<<30), make([]byte, 64<<10+1)...), io.ErrUnexpectedEOF, 256 << 10,
		},
		{
			"a gigabyte claimed, a megabyte sent",
			append(frameHead(wire.OK, 1<<30), make([]byte, mib)...), io.ErrUnexpectedEOF, 4*mib + 128<<10,
		},
		{"more claimed than allowed", frameHead(wire.OK, math.MaxInt32), wire.ErrTooLarge, 16 << 10},
		{"2^32-1 claimed", frameHead(wire.OK, math.MaxUint32), wire.ErrTooLarge, 16 << 10},
		{
			"2^32-1 diagnostics claimed",
			frame(wire.OK, join(count(math.MaxUint32), make([]byte, 1000))), wire.ErrMalformed, 16 << 10,
		},
		{
			"a diagnostic claimed for each byte of a megabyte",
			frame(wire.OK, join(count(mib), make([]byte, mib))), wire.ErrMalformed, 4*mib + 128<<10,
		},
		{
			"an output of 2^32-1 bytes claimed",
			frame(wire.OK, join(count(0), word(math.MaxUint32), make([]byte, 1000))), wire.ErrMalformed, 16 << 10,
		},
		{
			"a megabyte of the smallest diagnostics",
			result(wire.Result{Kind: wire.OK, Diagnostics: make([]wire.Diagnostic, mib/29)}), nil, 24 * mib,
		},
	} {
		t.Run(test.name, func(t *testing.T) {
			if got := allocated(func() {
				if _, err := wire.ReadResult(bytes.NewReader(test.data), huge); !errors.Is(err, test.want) {
					t.Errorf("got %v, want %v", err, test.want)
				}
			}); got > test.most {
				t.Errorf("got %d bytes allocated, want at most %d", got, test.most)
			}
		})
	}
}

// allocated is the least of some runs: the runtime allocates now and then too.
func allocated(run func()) uint64 {
	least := uint64(math.MaxUint64)
	for range 5 {
		var before, after runtime.MemStats
		runtime.ReadMemStats(&before)
		run()
		runtime.ReadMemStats(&after)
		least = min(least, after.TotalAlloc-before.TotalAlloc)
	}
	return least
}

// A body larger than the first buffer arrives whole, around each size at which
// the buffer grows.
func TestReadResultGrows(t *testing.T) {
	t.Parallel()
	const first = 64 << 10
	const overhead = 20 // of a body
	for _, size := range []int{first - 1, first, first + 1, 2*first - 1, 2 * first, 2*first + 1, 5 * first} {
		output := make([]byte, size-overhead)
		for i := range output {
			output[i] = byte(i * 31 >> 3)
		}
		for how, reader := range readers {
			data := result(wire.Result{Kind: wire.OK, Output: output})
			got, err := wire.ReadResult(reader(bytes.NewReader(data)), wire.ResultLimits{OutputBytes: len(output)})
			if err != nil {
				t.Errorf("body of %d bytes, %s: %v", size, how, err)
			}
			if !bytes.Equal(output, got.Output) {
				t.Errorf("body of %d bytes, %s: got %d bytes that differ, want %d", size, how, len(got.Output), len(output))
			}
		}
	}
}
