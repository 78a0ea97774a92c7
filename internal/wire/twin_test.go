package wire

import (
	"io/fs"
	"regexp"
	"strconv"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/fumehood/fumehood/boxes"
)

var (
	enumerator = regexp.MustCompile(`\b(FH_[A-Z0-9_]+)\s*=\s*(0x[0-9a-fA-F]+|[0-9]+)\b`)
	kinds      = regexp.MustCompile(`enum fh_kind \{[^}]*\}`)
)

// The shim is built from another file in another language: only this test
// keeps the two from drifting apart.
func TestNumbersAreTheShims(t *testing.T) {
	t.Parallel()
	want := map[string]uint64{
		"FH_MAGIC_HEADER": magicHeader,
		"FH_MAGIC_RECORD": magicRecord,
		"FH_MAGIC_FRAME":  magicFrame,
		"FH_VERSION":      Version,

		"FH_HEADER_BYTES": HeaderBytes,
		"FH_RECORD_BYTES": RecordBytes,
		"FH_FRAME_BYTES":  FrameBytes,

		"FH_CONNECTION_CONTROL": uint64(Control),
		"FH_CONNECTION_CELL":    uint64(Cell),

		"FH_RECORD_ENGINE":  recordEngine,
		"FH_RECORD_READY":   recordReady,
		"FH_RECORD_EXITED":  recordExited,
		"FH_RECORD_REFUSED": recordRefused,
		"FH_RECORD_DRAIN":   recordDrain,
		"FH_RECORD_NICE":    recordNice,
		"FH_RECORD_SLOW":    recordSlow,

		"FH_FRAME_PARKED": uint64(Parked),
		"FH_FRAME_JOB":    uint64(Job),
		"FH_OK":           uint64(OK),
		"FH_SOURCE_ERROR": uint64(SourceError),
	}
	got := make(map[string]uint64)
	for _, text := range []string{shim(t, "wire.h"), kinds.FindString(shim(t, "fumehood.h"))} {
		for _, match := range enumerator.FindAllStringSubmatch(text, -1) {
			number, err := strconv.ParseUint(match[2], 0, 64)
			if err != nil {
				t.Fatal(err)
			}
			// The policy's numbers are internal/box's to keep.
			if !strings.Contains(match[1], "POLICY") {
				got[match[1]] = number
			}
		}
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("numbers (-Go +C):\n%s", diff)
	}
}

func shim(t *testing.T, name string) string {
	t.Helper()
	text, err := fs.ReadFile(boxes.Files, "shim/"+name)
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}
