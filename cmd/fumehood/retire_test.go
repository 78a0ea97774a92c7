package main

import (
	"encoding/json"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/fumehood/fumehood/internal/config"
)

// GET /v1/boxes tells what became of boxes and cells.
func TestBoxesAreCounted(t *testing.T) {
	t.Parallel()
	s := startDaemon(t, func(c *config.Config) { c.RetireInterval = 24 * time.Hour })
	useUpRetirements(t, s)
	if got := s.compile(t, "haml", "= syscall(101, 0, 0, 0, 0)", nil); got.Outcome != "violation" {
		t.Errorf("a crash is %s", got.Outcome)
	}
	type counts struct {
		Started  int  `json:"boxes_started"`
		Recycled int  `json:"boxes_recycled"`
		Retired  int  `json:"boxes_retired"`
		Lost     int  `json:"boxes_lost"`
		Pending  bool `json:"retirement_pending"`
		Deaths   struct {
			SIGSYS  int `json:"sigsys"`
			SIGSEGV int `json:"sigsegv"`
		} `json:"cell_deaths"`
	}
	want := counts{Started: 3, Retired: 2, Pending: true}
	want.Deaths.SIGSYS = 3
	var diff string
	eventually(t, "the crash is counted", func() bool {
		_, body := get(t, s.url+"/v1/boxes")
		var got struct{ Pools []counts }
		if err := json.Unmarshal([]byte(body), &got); err != nil || len(got.Pools) != 1 {
			t.Fatalf("%s: %v", body, err)
		}
		diff = cmp.Diff(want, got.Pools[0])
		return got.Pools[0].Deaths.SIGSYS == 3 && got.Pools[0].Pending
	})
	if diff != "" {
		t.Errorf("counters (-want +got):\n%s", diff)
	}
}
