package attack

import (
	"strings"
	"testing"

	"github.com/go-json-experiment/json"
)

// A box may become another one if the daemon's counters explain it, not else.
func TestOnlyCountersExplainAnotherBox(t *testing.T) {
	t.Parallel()
	before := boxView{id: "a", counts: Counters{Started: 3, Recycled: 1, Retired: 1}, parked: 0}
	for _, test := range []struct {
		name  string
		alter func(*boxView)
		want  string // part of the complaint; "" for none
	}{
		{"nothing", func(*boxView) {}, ""},
		{"retired", func(b *boxView) { b.id = "b"; b.counts.Started++; b.counts.Retired++ }, ""},
		{"recycled", func(b *boxView) { b.id = "b"; b.counts.Started++; b.counts.Recycled++ }, ""},
		{"retired twice", func(b *boxView) { b.id = "c"; b.counts.Started += 2; b.counts.Retired += 2 }, ""},
		{"another box", func(b *boxView) { b.id = "b" }, "a zygote was lost"},
		{"another box, started", func(b *boxView) { b.id = "b"; b.counts.Started++ }, "a zygote was lost"},
		{"lost", func(b *boxView) { b.id = "b"; b.counts.Started++; b.counts.Lost++ }, "a zygote was lost"},
		{"retired and lost", func(b *boxView) { b.id = "c"; b.counts.Started += 2; b.counts.Retired++; b.counts.Lost++ }, "a zygote was lost"},
		{"one retired, two started", func(b *boxView) { b.id = "c"; b.counts.Started += 2; b.counts.Retired++ }, "a zygote was lost"},
		{"the same box, said to be retired", func(b *boxView) { b.counts.Started++; b.counts.Retired++ }, "a zygote was lost"},
		{"a daemon that started anew", func(b *boxView) { b.id = "b"; b.counts = Counters{Started: 1} }, "a zygote was lost"},
		{"a cell less", func(b *boxView) { b.parked-- }, "-1 cells"},
	} {
		after := before
		test.alter(&after)
		got := view{boxes: map[string]boxView{"ruby": after}}.changed(view{boxes: map[string]boxView{"ruby": before}})
		if (got == "") != (test.want == "") || !strings.Contains(got, test.want) {
			t.Errorf("%s: %q, want %q", test.name, got, test.want)
		}
	}
}

// The counters are read from where the API has them.
func TestCountersAreRead(t *testing.T) {
	t.Parallel()
	var got pools
	text := `{"pools":[{"kind":"ruby","boxes_started":5,"boxes_recycled":1,"boxes_retired":2,"boxes_lost":1,"boxes":[{"id":"a"}]}]}`
	if err := json.Unmarshal([]byte(text), &got); err != nil {
		t.Fatal(err)
	}
	if want := (Counters{Started: 5, Recycled: 1, Retired: 2, Lost: 1}); len(got.Pools) != 1 || got.Pools[0].Counters != want {
		t.Errorf("read %+v, want %+v", got.Pools, want)
	}
}
