package box

import (
	"regexp"
	"strconv"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/fumehood/fumehood/boxes"
)

// The policy's numbers in C are this package's.
func TestPolicyNumbersAreTheShims(t *testing.T) {
	t.Parallel()
	want := map[string]uint64{
		"FH_MAGIC_POLICY": policyMagic, "FH_VERSION": policyVersion, "FH_POLICY_BYTES": policyBytes,
		"FH_WALL_PID_NAMESPACE": uint64(PIDNamespace), "FH_WALL_UID": uint64(UID), "FH_WALL_CAPABILITIES": uint64(Capabilities),
		"FH_WALL_LANDLOCK": uint64(Landlock), "FH_WALL_SECCOMP": uint64(Seccomp), "FH_WALL_NO_NEW_PRIVS": uint64(NoNewPrivs),
		"FH_WALL_DUMPABLE": uint64(Dumpable), "FH_WALL_DESCRIPTORS": uint64(Descriptors), "FH_WALL_PROC": uint64(Proc),
		"FH_WALL_CPU": uint64(CPU), "FH_WALL_DATA": uint64(Data), "FH_WALL_ADDRESS_SPACE": uint64(AddressSpace),
		"FH_WALL_THREADS": uint64(Threads), "FH_WALL_OPEN_FILES": uint64(OpenFiles), "FH_WALL_STACK": uint64(Stack),
		"FH_WALL_FILE_SIZE": uint64(FileSize), "FH_WALL_CORE": uint64(Core),
	}
	got := make(map[string]uint64)
	number := regexp.MustCompile(`\b(FH_[A-Z_]+) = (?:1 << (\d+)|(0x[0-9a-f]+|\d+))`)
	for _, name := range []string{"shim/wire.h", "shim/walls.h"} {
		text, err := boxes.Files.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		for _, m := range number.FindAllStringSubmatch(string(text), -1) {
			if _, ok := want[m[1]]; !ok && !strings.HasPrefix(m[1], "FH_WALL") {
				continue
			}
			value, err := strconv.ParseUint(m[2]+m[3], 0, 64)
			if err != nil {
				t.Fatal(err)
			}
			if m[2] != "" {
				value = 1 << value
			}
			got[m[1]] = value
		}
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("numbers (-Go +C):\n%s", diff)
	}
}
