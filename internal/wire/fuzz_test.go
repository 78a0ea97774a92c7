package wire_test

import (
	"bytes"
	"errors"
	"io"
	"math"
	"testing"
	"testing/iotest"

	"github.com/google/go-cmp/cmp"

	"github.com/fumehood/fumehood/internal/wire"
)

// greedy notes the largest buffer that it was asked to fill.
type greedy struct {
	from  io.Reader
	asked int
}

func (g *greedy) Read(p []byte) (int, error) {
	g.asked = max(g.asked, len(p))
	return g.from.Read(p)
}

// Whatever a cell sends, it is refused with one of four errors, or it is
// exactly one result within the limits: encoded again it gives the same bytes.
func FuzzReadResult(f *testing.F) {
	one := wire.Diagnostic{Severity: 1, Line: 2, Column: 3, EndLine: 4, EndColumn: 5, File: "f", Code: "c", Message: "message"}
	for _, r := range []wire.Result{
		{Kind: wire.OK, Output: []byte("<p>hii</p>\n")},
		{Kind: wire.OK},
		{Kind: wire.SourceError, Diagnostics: []wire.Diagnostic{one}},
		{Kind: wire.OK, Diagnostics: []wire.Diagnostic{one, {}, one}, Output: make([]byte, 300)},
	} {
		f.Add(result(r), uint16(1000), uint16(1000))
		f.Add(result(r), uint16(len(r.Output)), uint16(25))
		f.Add(result(r)[:len(result(r))-1], uint16(1000), uint16(1000))
		f.Add(append(result(r), 0), uint16(1000), uint16(1000))
	}
	f.Add(frameHead(wire.OK, math.MaxUint32), uint16(0), uint16(0))
	f.Add(frameHead(wire.OK, math.MaxInt32), uint16(math.MaxUint16), uint16(math.MaxUint16))
	f.Add(frame(wire.OK, count(math.MaxUint32)), uint16(100), uint16(100))
	f.Fuzz(func(t *testing.T, data []byte, outputBytes, diagnosticsBytes uint16) {
		limits := wire.ResultLimits{OutputBytes: int(outputBytes), DiagnosticsBytes: int(diagnosticsBytes)}
		stream := &greedy{from: bytes.NewReader(data)}
		got, err := wire.ReadResult(stream, limits)
		if want := max(wire.FrameBytes, 2*int(outputBytes)+int(diagnosticsBytes)+20); stream.asked > want {
			t.Errorf("asked for %d bytes at once, want at most %d", stream.asked, want)
		}
		slow, slowErr := wire.ReadResult(iotest.OneByteReader(bytes.NewReader(data)), limits)
		if diff := cmp.Diff(got, slow); diff != "" || !errors.Is(slowErr, unwrapped(err)) {
			t.Errorf("byte by byte: %v, at once: %v, results (-at once +byte by byte):\n%s", slowErr, err, diff)
		}
		if err != nil {
			if unwrapped(err) == io.EOF && len(data) != 0 {
				t.Errorf("io.EOF after %d bytes, want io.ErrUnexpectedEOF", len(data))
			}
			if unwrapped(err) == nil {
				t.Errorf("got the error %v, want one of those documented", err)
			}
			return
		}
		again := result(got)
		if diff := cmp.Diff(data, again); diff != "" {
			t.Errorf("encoded again (-data +encoded):\n%s", diff)
		}
		said := len(again) - wire.FrameBytes - 20 - len(got.Output) - len(got.SourceMap)
		if len(got.Output) > limits.OutputBytes || said > limits.DiagnosticsBytes {
			t.Errorf("got %d bytes of output and %d of diagnostics, want %+v", len(got.Output), said, limits)
		}
	})
}

// unwrapped is the documented error in err, nil when there is none.
func unwrapped(err error) error {
	for _, known := range []error{io.EOF, io.ErrUnexpectedEOF, wire.ErrMalformed, wire.ErrTooLarge} {
		if errors.Is(err, known) {
			return known
		}
	}
	return nil
}

// A record that is read says the same when it is written and read again.
func FuzzReadRecord(f *testing.F) {
	for _, r := range records {
		var b bytes.Buffer
		if err := wire.WriteRecord(&b, r.record); err != nil {
			f.Fatal(err)
		}
		f.Add(b.Bytes())
		f.Add(b.Bytes()[:wire.RecordBytes-1])
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		record, err := wire.ReadRecord(bytes.NewReader(data))
		if err != nil {
			if record != nil || unwrapped(err) == nil {
				t.Errorf("got %v and the error %v, want nil and one of those documented", record, err)
			}
			return
		}
		var b bytes.Buffer
		if err := wire.WriteRecord(&b, record); err != nil {
			t.Fatal(err)
		}
		if got, want := b.Len(), wire.RecordBytes; got != want {
			t.Fatalf("written again: got %d bytes, want %d", got, want)
		}
		again, err := wire.ReadRecord(&b)
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(record, again); diff != "" {
			t.Errorf("read again (-first +second):\n%s", diff)
		}
	})
}
