package pool

import (
	"slices"
	"testing"

	"github.com/fumehood/fumehood/internal/job"
)

// What each kind of box may park, by demand, cost and budget.
func TestDivide(t *testing.T) {
	t.Parallel()
	of := func(wanted int, cost job.Bytes) claim {
		return claim{wanted: wanted, least: 2, most: 16, cost: cost * job.MiB}
	}
	for _, test := range []struct {
		name   string
		budget job.Bytes // MiB
		claims []claim
		want   []int
	}{
		{"nobody", 100, nil, []int{}},
		{"room for all", 100, []claim{of(8, 1), of(4, 2)}, []int{8, 4}},
		{"no more than wanted", 1000, []claim{of(3, 1)}, []int{3}},
		{"no more than the most", 1000, []claim{of(99, 1)}, []int{16}},
		{"the least without demand", 1000, []claim{of(0, 1), of(1, 1)}, []int{2, 2}},
		{"the least without a budget", 0, []claim{of(16, 4), of(0, 4)}, []int{2, 2}},
		{"exactly", 10, []claim{of(10, 1)}, []int{10}},
		{"a byte short", 10, []claim{{wanted: 10, least: 2, most: 16, cost: job.MiB + 1}}, []int{9}},
		{"equals share", 12, []claim{of(8, 1), of(8, 1)}, []int{6, 6}},
		{"the odd one goes to the first", 13, []claim{of(8, 1), of(8, 1)}, []int{7, 6}},
		{"more demand wins", 14, []claim{of(4, 1), of(12, 1)}, []int{3, 11}},
		{"more demand wins, whatever it costs", 20, []claim{of(12, 2), of(2, 1)}, []int{9, 2}},
		{"what is too dear leaves room for the cheap", 11, []claim{of(16, 4), of(8, 1)}, []int{2, 3}},
		{"free cells", 0, []claim{of(16, 0), of(5, 0)}, []int{16, 5}},
		{"a least of its own", 0, []claim{{wanted: 1, least: 4, most: 4, cost: job.MiB}, of(9, 1)}, []int{4, 2}},
	} {
		got := divide(test.claims, test.budget*job.MiB)
		if !slices.Equal(got, test.want) {
			t.Errorf("%s: %v, want %v", test.name, got, test.want)
		}
	}
}

// A pool that wants more takes from those that want less, and gives it back.
func TestBudgetGrantsEveryPoolAnew(t *testing.T) {
	t.Parallel()
	b := NewBudget(12 * job.MiB)
	granted := make(map[string]int)
	ruby := &share{grant: func(n int) { granted["ruby"] = n }}
	css := &share{grant: func(n int) { granted["css"] = n }}
	c := claim{wanted: 8, least: 2, most: 16, cost: job.MiB}
	for _, step := range []struct {
		share     *share
		wanted    int
		ruby, css int
	}{
		{ruby, 8, 8, 0}, {css, 8, 6, 6}, {ruby, 16, 10, 2}, {css, 1, 10, 2}, {ruby, 3, 3, 2}, {css, 16, 2, 10},
	} {
		c.wanted = step.wanted
		b.ask(step.share, c)
		if granted["ruby"] != step.ruby || granted["css"] != step.css {
			t.Errorf("after %d wanted: %v, want %d and %d", step.wanted, granted, step.ruby, step.css)
		}
	}
}
