package wire_test

import (
	"bytes"
	"errors"
	"io"
	"os"
	"testing"
	"testing/iotest"

	"github.com/google/go-cmp/cmp"

	"github.com/fumehood/fumehood/internal/wire"
)

func TestAppendJob(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		name string
		job  wire.JobBody
		want string
	}{
		{
			name: "every field",
			job: wire.JobBody{
				CPUSeconds: 0x01020304, MemoryKiB: 0x11121314, Language: "haml", Version: "6.1",
				Options: []byte(`{}`), Locals: []byte(`{"a":1}`), Source: "%p é\n",
				Files: []wire.File{{Name: "a", Source: "é"}, {Name: "bc"}},
			},
			want: `46484631 03 02 0000 0000004b
				01020304 11121314
				00000004 68616d6c
				00000003 362e31
				00000002 7b7d
				00000007 7b2261223a317d
				00000006 257020c3a90a
				00000002
				00000001 61 00000002 c3a9
				00000002 6263 00000000`,
		},
		{
			name: "nothing in it",
			job:  wire.JobBody{},
			want: "46484631 03 02 0000 00000020 00000000 00000000 00000000 00000000 00000000 00000000 00000000 00000000",
		},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			got, want := wire.AppendJob([]byte("before"), test.job), append([]byte("before"), unhex(t, test.want)...)
			if diff := cmp.Diff(want, got); diff != "" {
				t.Errorf("AppendJob (-want +got):\n%s", diff)
			}
			if got, want := wire.JobLength(test.job), len(unhex(t, test.want))-wire.FrameBytes; got != want {
				t.Errorf("JobLength: got %d, want %d", got, want)
			}
		})
	}
}

func TestReadParked(t *testing.T) {
	t.Parallel()
	parked := frame(wire.Parked, nil)
	for _, test := range []struct {
		name string
		from io.Reader
		want error
	}{
		{"parked", bytes.NewReader(parked), nil},
		{"parked, byte by byte", iotest.OneByteReader(bytes.NewReader(parked)), nil},
		{"nothing", bytes.NewReader(nil), io.EOF},
		{"a part of it", bytes.NewReader(parked[:wire.FrameBytes-1]), io.ErrUnexpectedEOF},
		{"a deadline", iotest.ErrReader(os.ErrDeadlineExceeded), os.ErrDeadlineExceeded},
		{"a job", bytes.NewReader(frame(wire.Job, nil)), wire.ErrMalformed},
		{"a result", bytes.NewReader(result(wire.Result{Kind: wire.OK})), wire.ErrMalformed},
		{"parked with a body", bytes.NewReader(frame(wire.Parked, []byte{0})), wire.ErrMalformed},
		{"the magic of a record", bytes.NewReader(append([]byte("FHR1"), parked[4:]...)), wire.ErrMalformed},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			if got := wire.ReadParked(test.from); !errors.Is(got, test.want) {
				t.Errorf("got %v, want %v", got, test.want)
			}
		})
	}
}

// What follows the frame is the next reader's.
func TestReadParkedLeavesTheRest(t *testing.T) {
	t.Parallel()
	stream := bytes.NewReader(append(frame(wire.Parked, nil), "rest"...))
	if err := wire.ReadParked(stream); err != nil {
		t.Fatal(err)
	}
	if got, want := stream.Len(), len("rest"); got != want {
		t.Errorf("bytes left: got %d, want %d", got, want)
	}
}
