package wire_test

import (
	"math"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/fumehood/fumehood/internal/wire"
)

func TestHeaderAppend(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		name   string
		header wire.Header
		want   string
	}{
		{
			name:   "control with the length of its policy",
			header: wire.Header{Connection: wire.Control, PolicyBytes: 0x01020304},
			want:   "46484831 03 01 0000 0000000000000000 00000000 00000000 00000000 00000000 01020304",
		},
		{
			name: "cell, every field apart",
			header: wire.Header{
				Connection: wire.Cell, Slot: 0x1112, CellID: 0x2122232425262728,
				CPUSeconds: 0x31323334, MemoryKiB: 0x41424344, JobBytes: 0x51525354,
			},
			want: "46484831 03 02 1112 2122232425262728 31323334 41424344 51525354",
		},
		{
			name: "cell, every field at its largest",
			header: wire.Header{
				Connection: wire.Cell, Slot: math.MaxUint16, CellID: math.MaxUint64,
				CPUSeconds: math.MaxUint32, MemoryKiB: math.MaxUint32, JobBytes: math.MaxUint32, PolicyBytes: math.MaxUint32,
			},
			want: "46484831 03 02 ffff ffffffffffffffff ffffffff ffffffff ffffffff 00000000 ffffffff",
		},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			before := []byte("before")
			got, want := test.header.Append(before), append([]byte("before"), padded(t, wire.HeaderBytes, test.want)...)
			if diff := cmp.Diff(want, got); diff != "" {
				t.Errorf("Append (-want +got):\n%s", diff)
			}
		})
	}
}
