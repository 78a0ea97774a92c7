package wire_test

import (
	"bytes"
	"errors"
	"io"
	"math"
	"os"
	"strings"
	"testing"
	"testing/iotest"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/fumehood/fumehood/internal/wire"
)

// records are whole: what is written is what is read again.
var records = []struct {
	name   string
	record wire.Record
	bytes  string
}{
	{
		name:   "engine",
		record: wire.Engine{Name: "haml", Version: "6.1.1"},
		bytes: `46485231 03 01 0000 0000000000000000
			68616d6c 00000000 00000000 00000000
			362e312e 31`,
	},
	{
		name:   "engine with the longest names",
		record: wire.Engine{Name: strings.Repeat("n", 15), Version: strings.Repeat("v", 31)},
		bytes:  "46485231 03 01 0000 0000000000000000" + strings.Repeat("6e", 15) + "00" + strings.Repeat("76", 31),
	},
	{
		name:   "engine without names",
		record: wire.Engine{},
		bytes:  "46485231 03 01 0000",
	},
	{
		name:   "ready",
		record: wire.Ready{Without: 0x01020304, LandlockABI: 0x11121314, PIDNamespace: 0x2122232425262728, RSSKiB: 0x31323334},
		bytes:  "46485231 03 02 0000 0000000000000000 01020304 11121314 2122232425262728 31323334",
	},
	{
		name: "exited",
		record: wire.Exited{
			CellID: 0x0102030405060708, Status: 0x11121314, MaxRSSKiB: 0x21222324,
			User: 0x3132 * time.Microsecond, System: 0x4142 * time.Microsecond,
			Forked: 0x5152535455565758, Reaped: 0x6162636465666768,
		},
		bytes: `46485231 03 03 0000 0102030405060708
			11121314 21222324 0000000000003132 0000000000004142 5152535455565758 6162636465666768`,
	},
	{
		name: "exited after a day",
		record: wire.Exited{
			CellID: math.MaxUint64, Status: math.MaxUint32, MaxRSSKiB: math.MaxUint32,
			User: 24 * time.Hour, System: 24 * time.Hour, Forked: math.MaxUint64, Reaped: math.MaxUint64,
		},
		bytes: `46485231 03 03 0000 ffffffffffffffff
			ffffffff ffffffff 000000141dd76000 000000141dd76000 ffffffffffffffff ffffffffffffffff`,
	},
	{
		name:   "refused",
		record: wire.Refused{CellID: 0x0102030405060708, Errno: 11},
		bytes:  "46485231 03 04 0000 0102030405060708 0000000b",
	},
	{
		name:   "drain",
		record: wire.Drain{},
		bytes:  "46485231 03 10 0000",
	},
	{
		name:   "nice",
		record: wire.Nice{CellID: 0x0102030405060708, Value: 19, After: 0x01020304 * time.Microsecond},
		bytes:  "46485231 03 11 0000 0102030405060708 00000013 01020304",
	},
	{
		name:   "slow",
		record: wire.Slow{CellID: 0x0102030405060708, Used: 0x01020304 * time.Microsecond},
		bytes:  "46485231 03 05 0000 0102030405060708 0000000001020304",
	},
}

func TestWriteRecord(t *testing.T) {
	t.Parallel()
	for _, test := range records {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			var got bytes.Buffer
			if err := wire.WriteRecord(&got, test.record); err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(padded(t, wire.RecordBytes, test.bytes), got.Bytes()); diff != "" {
				t.Errorf("WriteRecord (-want +got):\n%s", diff)
			}
		})
	}
}

func TestReadRecord(t *testing.T) {
	t.Parallel()
	for _, test := range records {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			got, err := wire.ReadRecord(iotest.OneByteReader(bytes.NewReader(padded(t, wire.RecordBytes, test.bytes))))
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(test.record, got); diff != "" {
				t.Errorf("ReadRecord (-want +got):\n%s", diff)
			}
		})
	}
}

func TestReadRecordTakesOneAtATime(t *testing.T) {
	t.Parallel()
	var stream bytes.Buffer
	var want, got []wire.Record
	for _, r := range records {
		want = append(want, r.record)
		if err := wire.WriteRecord(&stream, r.record); err != nil {
			t.Fatal(err)
		}
	}
	for range records {
		r, err := wire.ReadRecord(&stream)
		if err != nil {
			t.Fatal(err)
		}
		got = append(got, r)
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("records (-want +got):\n%s", diff)
	}
	if _, err := wire.ReadRecord(&stream); err != io.EOF {
		t.Errorf("after the last record: got %v, want io.EOF", err)
	}
}

// What does not fit is cut when it is written, or capped when it is read.
func TestRecordLimits(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		name          string
		written, read wire.Record
	}{
		{
			name:    "names over their length",
			written: wire.Engine{Name: strings.Repeat("n", 100), Version: strings.Repeat("v", 100)},
			read:    wire.Engine{Name: strings.Repeat("n", 15), Version: strings.Repeat("v", 31)},
		},
		{
			name:    "a name ends at its NUL",
			written: wire.Engine{Name: "ha\x00ml", Version: "\x006"},
			read:    wire.Engine{Name: "ha"},
		},
		{
			name:    "times over a day",
			written: wire.Exited{User: 24*time.Hour + time.Microsecond, System: math.MaxInt64},
			read:    wire.Exited{User: 24 * time.Hour, System: 24 * time.Hour},
		},
		{
			name:    "times below a microsecond",
			written: wire.Exited{User: time.Microsecond - 1, System: 2*time.Microsecond - 1},
			read:    wire.Exited{User: 0, System: time.Microsecond},
		},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			var stream bytes.Buffer
			if err := wire.WriteRecord(&stream, test.written); err != nil {
				t.Fatal(err)
			}
			got, err := wire.ReadRecord(&stream)
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(test.read, got); diff != "" {
				t.Errorf("ReadRecord (-want +got):\n%s", diff)
			}
		})
	}
}

// Names are cut before the NUL that ends them: the shim may rely on it.
func TestWriteRecordCutsNames(t *testing.T) {
	t.Parallel()
	var got bytes.Buffer
	if err := wire.WriteRecord(&got, wire.Engine{Name: strings.Repeat("n", 17), Version: strings.Repeat("v", 33)}); err != nil {
		t.Fatal(err)
	}
	want := "46485231 03 01 0000 0000000000000000" + strings.Repeat("6e", 15) + "00" + strings.Repeat("76", 31)
	if diff := cmp.Diff(padded(t, wire.RecordBytes, want), got.Bytes()); diff != "" {
		t.Errorf("WriteRecord (-want +got):\n%s", diff)
	}
}

func TestReadRecordRefuses(t *testing.T) {
	t.Parallel()
	drain := padded(t, wire.RecordBytes, "46485231 03 10 0000")
	with := func(at int, b byte) io.Reader {
		changed := bytes.Clone(drain)
		changed[at] = b
		return bytes.NewReader(changed)
	}
	for _, test := range []struct {
		name string
		from io.Reader
		want error
	}{
		{"nothing", bytes.NewReader(nil), io.EOF},
		{"one byte", bytes.NewReader(drain[:1]), io.ErrUnexpectedEOF},
		{"all but one byte", bytes.NewReader(drain[:wire.RecordBytes-1]), io.ErrUnexpectedEOF},
		{"a deadline", io.MultiReader(bytes.NewReader(drain[:9]), iotest.ErrReader(os.ErrDeadlineExceeded)), os.ErrDeadlineExceeded},
		{"the magic of a frame", with(2, 'F'), wire.ErrMalformed},
		{"the magic of another protocol", with(0, 'f'), wire.ErrMalformed},
		{"version 0", with(4, 0), wire.ErrMalformed},
		{"the next version", with(4, wire.Version+1), wire.ErrMalformed},
		{"kind 0", with(5, 0), wire.ErrMalformed},
		{"a kind between the zygote's and the daemon's", with(5, 6), wire.ErrMalformed},
		{"a kind after the last", with(5, 18), wire.ErrMalformed},
		{"kind 255", with(5, 255), wire.ErrMalformed},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			got, err := wire.ReadRecord(test.from)
			if got != nil || !errors.Is(err, test.want) {
				t.Errorf("got %v and %v, want nil and %v", got, err, test.want)
			}
		})
	}
}

func TestWriteRecordReports(t *testing.T) {
	t.Parallel()
	r, w := io.Pipe()
	if err := r.Close(); err != nil {
		t.Fatal(err)
	}
	if err := wire.WriteRecord(w, wire.Drain{}); !errors.Is(err, io.ErrClosedPipe) {
		t.Errorf("got %v, want io.ErrClosedPipe", err)
	}
}
