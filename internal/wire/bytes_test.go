package wire_test

import (
	"encoding/binary"
	"encoding/hex"
	"strings"
	"testing"

	"github.com/fumehood/fumehood/internal/wire"
)

// unhex reads hexadecimal digits; white space is for the reader.
func unhex(t *testing.T, digits string) []byte {
	t.Helper()
	b, err := hex.DecodeString(strings.Join(strings.Fields(digits), ""))
	if err != nil {
		t.Fatal(err)
	}
	return b
}

// padded is unhex with zeros up to size.
func padded(t *testing.T, size int, digits string) []byte {
	t.Helper()
	b := unhex(t, digits)
	if len(b) > size {
		t.Fatalf("%d bytes are no beginning of %d", len(b), size)
	}
	return append(b, make([]byte, size-len(b))...)
}

// The encoder below is the tests' own, written from docs/PROTOCOL.md: the
// package has none, as results are written in C.

// frame is a frame with its true length.
func frame(kind wire.Kind, body []byte) []byte {
	return append(frameHead(kind, uint32(len(body))), body...)
}

// frameHead is the fixed part of a frame, whatever length it claims.
func frameHead(kind wire.Kind, length uint32) []byte {
	b := []byte{'F', 'H', 'F', '1', wire.Version, uint8(kind), 0, 0}
	return binary.BigEndian.AppendUint32(b, length)
}

func field(text string) []byte {
	return append(word(uint32(len(text))), text...)
}

func word(n uint32) []byte {
	return binary.BigEndian.AppendUint32(nil, n)
}

func diagnostic(d wire.Diagnostic) []byte {
	return join([]byte{d.Severity}, word(d.Line), word(d.Column), word(d.EndLine), word(d.EndColumn), field(d.File), field(d.Code), field(d.Message))
}

// result is the frame of a result.
func result(r wire.Result) []byte {
	body := join(word(uint32(r.CPU.Microseconds())), word(r.PeakKiB), word(uint32(len(r.Diagnostics))))
	for _, d := range r.Diagnostics {
		body = append(body, diagnostic(d)...)
	}
	return frame(r.Kind, join(body, field(string(r.Output)), field(string(r.SourceMap))))
}

// count opens a result's body: what the cell used, and how many diagnostics
// there are.
func count(diagnostics uint32) []byte {
	return join(word(0), word(0), word(diagnostics))
}

func join(parts ...[]byte) []byte {
	var whole []byte
	for _, part := range parts {
		whole = append(whole, part...)
	}
	return whole
}
