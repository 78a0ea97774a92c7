package main

import (
	"crypto/rand"
	"os"
	"strings"
	"testing"

	"github.com/fumehood/fumehood/internal/boxtest"
)

// Nothing that the daemon knows is in a zygote: no word of its environment, and
// none of its configuration.
func TestZygoteHoldsNoSecret(t *testing.T) {
	secret := rand.Text()
	t.Setenv("FUMEHOOD_TEST_SECRET", secret)
	p := startProgram(t)
	if boxtest.SearchMemory(t, p.Process.Pid, secret) == 0 {
		t.Error("the secret is not found in the daemon itself")
	}
	words := map[string]string{
		"the secret": secret, "its name": "FUMEHOOD_TEST_SECRET", "the state directory": p.state,
		"the address": strings.TrimPrefix(p.url, "http://"), "the data directory": boxtest.DataDir, "the daemon's path": os.Args[0],
	}
	ids := p.boxes()
	if len(ids) != 1 {
		t.Fatalf("boxes = %v, want one", ids)
	}
	for _, id := range ids {
		zygotes := zygotesIn(t, id, "zygote.rb")
		if len(zygotes) != 1 {
			t.Fatalf("zygotes = %v, want one", zygotes)
		}
		for name, word := range words {
			if n := boxtest.SearchMemory(t, zygotes[0], word); n > 0 {
				t.Errorf("%s is %d times in the memory of the zygote", name, n)
			}
			if strings.Contains(boxtest.File(t, zygotes[0], "environ"), word) {
				t.Errorf("%s is in the environment of the zygote", name)
			}
		}
	}
}
