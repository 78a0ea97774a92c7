package wire_test

import (
	"bytes"
	"errors"
	"io"
	"math"
	"os"
	"testing"
	"testing/iotest"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"github.com/fumehood/fumehood/internal/wire"
)

// Small limits, so that a table can go around them.
var limits = wire.ResultLimits{OutputBytes: 64, DiagnosticsBytes: 64}

// readers deliver the same bytes as a socket might.
var readers = map[string]func(io.Reader) io.Reader{
	"whole":           func(r io.Reader) io.Reader { return r },
	"byte by byte":    iotest.OneByteReader,
	"in halves":       iotest.HalfReader,
	"end with a read": iotest.DataErrReader,
}

// remark is a diagnostic of size bytes.
func remark(size int) wire.Diagnostic {
	return wire.Diagnostic{Line: 1, Message: string(bytes.Repeat([]byte("m"), size-29))}
}

func TestReadResult(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		name string
		want wire.Result
	}{
		{"ok", wire.Result{Kind: wire.OK, Output: []byte("<p>hii</p>\n")}},
		{"usage", wire.Result{Kind: wire.OK, Output: []byte("x"), CPU: 4294967295 * time.Microsecond, PeakKiB: math.MaxUint32}},
		{"empty output", wire.Result{Kind: wire.OK, Output: []byte{}}},
		{"output that is no text", wire.Result{Kind: wire.OK, Output: []byte{0, 0xff, 0xfe}}},
		{"source error", wire.Result{
			Kind: wire.SourceError, Output: []byte{},
			Diagnostics: []wire.Diagnostic{{Line: 2, Column: 3, EndLine: 4, EndColumn: 5, File: "_a.scss", Code: "Haml", Message: "illegal nesting"}},
		}},
		{"source error without a reason", wire.Result{Kind: wire.SourceError, Output: []byte{}}},
		{"ok with warnings", wire.Result{
			Kind: wire.OK, Output: []byte("x"),
			Diagnostics: []wire.Diagnostic{{Severity: 1, Message: "odd"}, {Severity: 2, Line: 1}},
		}},
		{"every number at its largest", wire.Result{
			Kind: wire.OK, Output: []byte{},
			Diagnostics: []wire.Diagnostic{{
				Severity: math.MaxUint8, Line: math.MaxUint32, Column: math.MaxUint32, EndLine: math.MaxUint32, EndColumn: math.MaxUint32,
			}},
		}},
		{"the smallest diagnostics", wire.Result{Kind: wire.OK, Output: []byte{}, Diagnostics: make([]wire.Diagnostic, 2)}},
		{"a source map", wire.Result{Kind: wire.OK, Output: []byte("x"), SourceMap: []byte(`{"version":3}`)}},
		{"both limits met", wire.Result{
			Kind: wire.OK, Output: bytes.Repeat([]byte("o"), limits.OutputBytes),
			SourceMap:   bytes.Repeat([]byte("m"), limits.OutputBytes),
			Diagnostics: []wire.Diagnostic{remark(limits.DiagnosticsBytes)},
		}},
	} {
		for how, reader := range readers {
			t.Run(test.name+", "+how, func(t *testing.T) {
				t.Parallel()
				got, err := wire.ReadResult(reader(bytes.NewReader(result(test.want))), limits)
				if err != nil {
					t.Fatal(err)
				}
				if diff := cmp.Diff(test.want, got, cmpopts.EquateEmpty()); diff != "" {
					t.Errorf("ReadResult (-want +got):\n%s", diff)
				}
			})
		}
	}
}

func TestReadResultRefuses(t *testing.T) {
	t.Parallel()
	good := result(wire.Result{Kind: wire.OK, Output: []byte("good")})
	with := func(at int, b byte) []byte {
		changed := bytes.Clone(good)
		changed[at] = b
		return changed
	}
	const most = 2*64 + 64 + 20
	one := diagnostic(wire.Diagnostic{Code: "c", Message: "m"})
	// Up to its texts a diagnostic has these bytes.
	head := one[:17]
	for _, test := range []struct {
		name string
		data []byte
		want error
	}{
		{"nothing", nil, io.EOF},
		{"one byte", good[:1], io.ErrUnexpectedEOF},
		{"a header cut short", good[:wire.FrameBytes-1], io.ErrUnexpectedEOF},
		{"a header alone", good[:wire.FrameBytes], io.ErrUnexpectedEOF},
		{"a body cut short", good[:len(good)-1], io.ErrUnexpectedEOF},

		{"the magic of a record", with(2, 'R'), wire.ErrMalformed},
		{"no magic", with(0, 0), wire.ErrMalformed},
		{"version 0", with(4, 0), wire.ErrMalformed},
		{"the next version", with(4, wire.Version+1), wire.ErrMalformed},
		{"kind 0", with(5, 0), wire.ErrMalformed},
		{"kind parked", with(5, uint8(wire.Parked)), wire.ErrMalformed},
		{"kind job", with(5, uint8(wire.Job)), wire.ErrMalformed},
		{"a kind after the last", with(5, 5), wire.ErrMalformed},
		{"kind 255", with(5, 255), wire.ErrMalformed},
		{"a first flag", with(6, 1), wire.ErrMalformed},
		{"a second flag", with(7, 0x80), wire.ErrMalformed},

		{"length 0", frame(wire.OK, nil), wire.ErrMalformed},
		{"length 1", frame(wire.OK, []byte{0}), wire.ErrMalformed},
		{"all but a byte of the smallest result", frame(wire.OK, make([]byte, 19)), wire.ErrMalformed},
		{"the largest length, nothing behind it", frameHead(wire.OK, most), io.ErrUnexpectedEOF},
		{"the largest length, of zeros", frame(wire.OK, make([]byte, most)), wire.ErrMalformed},
		{"one over the largest length", frameHead(wire.OK, most+1), wire.ErrTooLarge},
		{"length 2^31-1", frameHead(wire.OK, math.MaxInt32), wire.ErrTooLarge},
		{"length 2^31", frameHead(wire.OK, math.MaxInt32+1), wire.ErrTooLarge},
		{"length 2^32-1", frameHead(wire.OK, math.MaxUint32), wire.ErrTooLarge},

		{"a byte after the result", append(bytes.Clone(good), 0), wire.ErrMalformed},
		{"two frames", join(good, good), wire.ErrMalformed},
		{"a frame after an error", join(result(wire.Result{Kind: wire.SourceError}), good), wire.ErrMalformed},
		{"a frame in a frame", frame(wire.OK, good), wire.ErrMalformed},

		{"one diagnostic of none", frame(wire.OK, join(count(1), field(""))), wire.ErrMalformed},
		{"one diagnostic counted as two", frame(wire.OK, join(count(2), one, field(string(make([]byte, 25))))), wire.ErrMalformed},
		{"two diagnostics counted as one", frame(wire.OK, join(count(1), one, one, field(""))), wire.ErrMalformed},
		{"one diagnostic not counted", frame(wire.OK, join(count(0), one, field(""))), wire.ErrMalformed},
		{"2^32-1 diagnostics", frame(wire.OK, join(count(math.MaxUint32), one, field(""))), wire.ErrMalformed},

		{"a code over the end", frame(wire.OK, join(count(1), head, word(100), field(""), field(""))), wire.ErrMalformed},
		{"a code of 2^32-1 bytes", frame(wire.OK, join(count(1), head, word(math.MaxUint32), field(""), field(""))), wire.ErrMalformed},
		{"a message over the end", frame(wire.OK, join(count(1), head, field("code"), word(5), field(""))), wire.ErrMalformed},
		{"a message that swallows the output", frame(wire.OK, join(count(1), head, field("code"), word(4), field(""))), wire.ErrMalformed},
		{"a message of 2^31 bytes", frame(wire.OK, join(count(1), head, field("code"), word(1<<31), field(""))), wire.ErrMalformed},
		{"an output longer than it is", frame(wire.OK, join(count(0), word(5), []byte("four"))), wire.ErrMalformed},
		{"an output shorter than it is", frame(wire.OK, join(count(0), word(3), []byte("four"))), wire.ErrMalformed},
		{"an output of 2^32-1 bytes", frame(wire.OK, join(count(0), word(math.MaxUint32), []byte("four"))), wire.ErrMalformed},
		{"no output", frame(wire.OK, join(count(1), one)), wire.ErrMalformed},

		{"an output over its limit in a frame that fits", result(wire.Result{Kind: wire.OK, Output: make([]byte, 65)}), wire.ErrTooLarge},
		{"an output that fills the frame", result(wire.Result{Kind: wire.OK, Output: make([]byte, 192)}), wire.ErrTooLarge},
		{
			"diagnostics over their limit in a frame that fits",
			result(wire.Result{Kind: wire.OK, Diagnostics: []wire.Diagnostic{remark(65)}}), wire.ErrTooLarge,
		},
	} {
		for how, reader := range readers {
			t.Run(test.name+", "+how, func(t *testing.T) {
				t.Parallel()
				got, err := wire.ReadResult(reader(bytes.NewReader(test.data)), limits)
				if !errors.Is(err, test.want) {
					t.Errorf("error: got %v, want %v", err, test.want)
				}
				if diff := cmp.Diff(wire.Result{}, got); diff != "" {
					t.Errorf("a result beside the error (-want +got):\n%s", diff)
				}
			})
		}
	}
}

// A frame that is too large is refused by its header: the rest stays unread.
func TestReadResultLeavesWhatIsTooLarge(t *testing.T) {
	t.Parallel()
	const body = 2*64 + 64 + 20 + 1
	stream := bytes.NewReader(frame(wire.OK, make([]byte, body)))
	if _, err := wire.ReadResult(stream, limits); !errors.Is(err, wire.ErrTooLarge) {
		t.Fatalf("got %v, want ErrTooLarge", err)
	}
	if got, want := stream.Len(), body; got != want {
		t.Errorf("bytes left: got %d, want %d", got, want)
	}
}

// The outcome depends on telling a deadline from a broken frame, wherever in
// the frame it strikes.
func TestReadResultPassesErrorsOn(t *testing.T) {
	t.Parallel()
	good := result(wire.Result{Kind: wire.OK, Output: []byte("good")})
	for _, test := range []struct {
		name  string
		bytes int
	}{
		{"before the frame", 0},
		{"in the header", 5},
		{"before the body", wire.FrameBytes},
		{"in the body", wire.FrameBytes + 3},
		{"before the end", len(good)},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			stream := io.MultiReader(bytes.NewReader(good[:test.bytes]), iotest.ErrReader(os.ErrDeadlineExceeded))
			if _, err := wire.ReadResult(stream, limits); !errors.Is(err, os.ErrDeadlineExceeded) {
				t.Errorf("got %v, want os.ErrDeadlineExceeded", err)
			}
		})
	}
}
