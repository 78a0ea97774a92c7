package main

import (
	"bytes"
	"encoding/json"
	"strconv"
	"strings"
	"testing"

	"github.com/fumehood/fumehood/internal/boxtest"
)

// shortSoak is how often each kind of box is forked here. Before a release it
// is 20,000 times ('make soak').
const shortSoak = 100

// No cell of any kind of box crashes, hangs or answers otherwise than the
// first.
func TestSoak(t *testing.T) {
	t.Parallel()
	runtime := boxtest.Runtime(t)
	for _, kind := range boxtest.Kinds(t) {
		t.Run(kind, func(t *testing.T) {
			var out, said bytes.Buffer
			status := run(t.Context(), []string{
				"bench", "--soak-forks", strconv.Itoa(shortSoak), "--box", kind, "--json", "--runtime", runtime,
				"--state-dir", boxtest.StateDir(t), "--data-dir", boxtest.DataDir,
			}, streams{in: strings.NewReader(""), out: &out, err: &said})
			var result struct {
				Soaks []struct {
					Box           string
					Forks, Failed int
					Failures      []string
				}
			}
			if err := json.Unmarshal(out.Bytes(), &result); err != nil {
				t.Fatalf("status %d, %v: %s", status, err, said.Bytes())
			}
			s := result.Soaks[0]
			if status != exitDone || s.Box != kind || s.Forks != shortSoak || s.Failed != 0 {
				t.Errorf("status %d, %+v: %s", status, s, said.Bytes())
			}
		})
	}
}
