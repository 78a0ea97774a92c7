package wire

import (
	"encoding/binary"
	"fmt"
	"io"
	"math"
	"time"
)

// Kind says what a frame carries.
type Kind uint8

// The kinds. Parked and the results come from a cell, Job goes to it.
const (
	Parked      Kind = 1
	Job         Kind = 2
	OK          Kind = 3
	SourceError Kind = 4
)

// JobBody is what a cell gets, once. Options and Locals are JSON objects.
type JobBody struct {
	// CPUSeconds and MemoryKiB are this job's own; at most the header's.
	CPUSeconds, MemoryKiB uint32
	Language              string
	// Version is the engine's.
	Version         string
	Options, Locals []byte
	Source          string
	// Files are the request's own, beside its source.
	Files []File
}

// File is one of a job's files.
type File struct{ Name, Source string }

// Diagnostic as it crosses the border: 0 is an unknown position.
type Diagnostic struct {
	Severity                         uint8
	Line, Column, EndLine, EndColumn uint32
	// File is one of the job's files, empty for its source.
	File, Code, Message string
}

// Result is what a cell says, checked for shape only. Every byte of it was
// chosen by the job's author.
type Result struct {
	Kind Kind
	// CPU and PeakKiB are the processor time that the cell has used since its
	// fork and its largest resident size, in its own words.
	CPU         time.Duration
	PeakKiB     uint32
	Diagnostics []Diagnostic
	Output      []byte
	// SourceMap is empty when there is none.
	SourceMap []byte
}

// ResultLimits bound what ReadResult takes in. A source map may be as long as
// an output.
type ResultLimits struct{ OutputBytes, DiagnosticsBytes int }

// resultHead stands before the diagnostics of a result.
const resultHead = 3 * 4

// Parts of a result's body that are neither output nor diagnostics.
const resultOverhead = 20

// A frame:
//
//	0      4 5 6  8       12
//	┌──────┬─┬─┬──┬────────┬────────────────┐
//	│magic │v│k│ 0│ length │ body…          │
//	└──────┴─┴─┴──┴────────┴────────────────┘
func appendFrameHeader(b []byte, kind Kind, length int) []byte {
	b = binary.BigEndian.AppendUint32(b, magicFrame)
	b = append(b, Version, uint8(kind), 0, 0)
	return binary.BigEndian.AppendUint32(b, uint32(length))
}

func appendField[T string | []byte](b []byte, field T) []byte {
	b = binary.BigEndian.AppendUint32(b, uint32(len(field)))
	return append(b, field...)
}

// AppendJob appends a whole job frame to b.
//
//	│ cpu s │ mem KiB │ n│language │ n│version │ n│options │ n│locals │ n│source │ count │ { n│name │ n│source } … │
func AppendJob(b []byte, j JobBody) []byte {
	b = appendFrameHeader(b, Job, JobLength(j))
	b = binary.BigEndian.AppendUint32(b, j.CPUSeconds)
	b = binary.BigEndian.AppendUint32(b, j.MemoryKiB)
	b = appendField(b, j.Language)
	b = appendField(b, j.Version)
	b = appendField(b, j.Options)
	b = appendField(b, j.Locals)
	b = appendField(b, j.Source)
	b = binary.BigEndian.AppendUint32(b, uint32(len(j.Files)))
	for _, f := range j.Files {
		b = appendField(b, f.Name)
		b = appendField(b, f.Source)
	}
	return b
}

// JobLength is the length of the job's body, without the frame's header.
func JobLength(j JobBody) int {
	n := 8 + 5*4 + len(j.Language) + len(j.Version) + len(j.Options) + len(j.Locals) + len(j.Source) + 4
	for _, f := range j.Files {
		n += 2*4 + len(f.Name) + len(f.Source)
	}
	return n
}

func readFrameHeader(r io.Reader) (Kind, int, error) {
	var p [FrameBytes]byte
	if _, err := io.ReadFull(r, p[:]); err != nil {
		return 0, 0, err
	}
	length := binary.BigEndian.Uint32(p[8:])
	if binary.BigEndian.Uint32(p[0:]) != magicFrame || p[4] != Version || p[6] != 0 || p[7] != 0 {
		return 0, 0, fmt.Errorf("frame header: %w", ErrMalformed)
	}
	if length > math.MaxInt32 {
		return 0, 0, ErrTooLarge
	}
	return Kind(p[5]), int(length), nil
}

// ReadParked reads the one frame a cell sends before its job.
func ReadParked(r io.Reader) error {
	kind, length, err := readFrameHeader(r)
	if err != nil {
		return err
	}
	if kind != Parked || length != 0 {
		return fmt.Errorf("frame of kind %d where parked was due: %w", kind, ErrMalformed)
	}
	return nil
}

// ReadResult reads the one result of a cell and the end of the stream behind
// it. The caller bounds the time. It returns
//
//   - io.EOF when the stream ends before the first byte,
//   - io.ErrUnexpectedEOF when it ends inside the frame,
//   - ErrTooLarge when the frame says it is longer than the limits allow;
//     nothing of it is read then,
//   - ErrMalformed for anything else that is not exactly one result.
//
// It holds no more than twice the bytes that really arrived, and 64 KiB.
func ReadResult(r io.Reader, limits ResultLimits) (Result, error) {
	kind, length, err := readFrameHeader(r)
	if err != nil {
		return Result{}, err
	}
	if kind != OK && kind != SourceError {
		return Result{}, fmt.Errorf("frame of kind %d where a result was due: %w", kind, ErrMalformed)
	}
	if length > 2*limits.OutputBytes+limits.DiagnosticsBytes+resultOverhead {
		return Result{}, ErrTooLarge
	}
	body, err := readBody(r, length)
	if err != nil {
		return Result{}, err
	}
	result, err := decodeResult(body, limits)
	if err != nil {
		return Result{}, err
	}
	result.Kind = kind
	var beyond [1]byte
	switch _, err := io.ReadFull(r, beyond[:]); err {
	case io.EOF:
		return result, nil
	case nil:
		return Result{}, fmt.Errorf("bytes after the result: %w", ErrMalformed)
	default:
		return Result{}, err
	}
}

// readBody trusts length only as far as bytes follow.
func readBody(r io.Reader, length int) ([]byte, error) {
	const step = 64 << 10
	body := make([]byte, 0, min(length, step))
	for len(body) < length {
		if len(body) == cap(body) {
			grown := make([]byte, len(body), min(length, 2*cap(body)))
			copy(grown, body)
			body = grown
		}
		n, err := io.ReadFull(r, body[len(body):cap(body)])
		body = body[:len(body)+n]
		if err == io.EOF {
			err = io.ErrUnexpectedEOF
		}
		if err != nil {
			return nil, err
		}
	}
	return body, nil
}

// decodeResult decodes a result's body:
//
//	│ cpu µs │ peak KiB │ count │ { severity │ line │ column │ end line │ end column │ n│file │ n│code │ n│message } … │ n│output │ n│source map │
func decodeResult(body []byte, limits ResultLimits) (Result, error) {
	d := decoder{rest: body}
	result := Result{CPU: time.Duration(d.uint32()) * time.Microsecond, PeakKiB: d.uint32()}
	count := d.uint32()
	// The smallest diagnostic has 29 bytes: a larger count is a lie.
	if int64(count) > int64(len(body))/29 {
		return Result{}, fmt.Errorf("%d diagnostics in %d bytes: %w", count, len(body), ErrMalformed)
	}
	for range count {
		result.Diagnostics = append(result.Diagnostics, d.diagnostic())
		if len(body)-resultHead-len(d.rest) > limits.DiagnosticsBytes {
			return Result{}, ErrTooLarge
		}
	}
	result.Output = d.field()
	result.SourceMap = d.field()
	if d.short || len(d.rest) != 0 {
		return Result{}, fmt.Errorf("result body: %w", ErrMalformed)
	}
	if len(result.Output) > limits.OutputBytes || len(result.SourceMap) > limits.OutputBytes {
		return Result{}, ErrTooLarge
	}
	return result, nil
}

// decoder reads fields off the front of rest. Once a field does not fit, it
// is short for good and yields zero values.
type decoder struct {
	rest  []byte
	short bool
}

func (d *decoder) take(n int) []byte {
	if d.short || n > len(d.rest) {
		d.short = true
		return nil
	}
	taken := d.rest[:n]
	d.rest = d.rest[n:]
	return taken
}

func (d *decoder) uint8() uint8 {
	if b := d.take(1); b != nil {
		return b[0]
	}
	return 0
}

func (d *decoder) uint32() uint32 {
	if b := d.take(4); b != nil {
		return binary.BigEndian.Uint32(b)
	}
	return 0
}

func (d *decoder) field() []byte {
	length := d.uint32()
	if int64(length) > int64(len(d.rest)) {
		d.short = true
		return nil
	}
	return d.take(int(length))
}

func (d *decoder) diagnostic() Diagnostic {
	return Diagnostic{
		Severity: d.uint8(),
		Line:     d.uint32(), Column: d.uint32(),
		EndLine: d.uint32(), EndColumn: d.uint32(),
		File: string(d.field()), Code: string(d.field()), Message: string(d.field()),
	}
}
