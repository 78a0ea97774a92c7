package job_test

import (
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/fumehood/fumehood/internal/job"
)

// Two jobs cut from texts at any places have one key if, and only if, each of
// their fields is the same. The same text cut at other places is what a key
// without lengths would mistake for the same job.
func FuzzKey(f *testing.F) {
	f.Add("abc", "abc", []byte{1, 2}, []byte{2, 2})
	f.Add("thamlhaml@6image{}{}%p", "thamlhaml@6image{}{}%p", []byte{1, 5, 11, 16, 18, 20}, []byte{1, 5, 11, 16, 18, 21})
	f.Add("aa", "aa", []byte{1, 1, 1, 1, 1, 1}, []byte{1, 1, 1, 1, 1, 1})
	f.Add("", "\x00", []byte{}, []byte{})
	f.Add("\x00\x00\x00\x00\x00\x00\x00\x01a", "a", []byte{8}, []byte{0})
	f.Add("same", "different", []byte{4}, []byte{4})
	f.Fuzz(func(t *testing.T, textA, textB string, cutsA, cutsB []byte) {
		for _, pair := range [][2]job.Job{
			{cut(textA, cutsA), cut(textB, cutsB)},
			{cut(textA, cutsA), cut(textA, cutsB)},
		} {
			a, b := pair[0], pair[1]
			want := cmp.Equal(a, b)
			// Limits and tenant are no part of it.
			b.Limits, b.Tenant = job.Limits{Wall: 1, Memory: job.MiB}, "another"
			if got := a.Key() == b.Key(); got != want {
				t.Errorf("one key: got %v, want %v, for\n%+v\n%+v", got, want, a, b)
			}
		}
	})
}

// cut spreads text over the fields of a job. Missing cuts are at the start.
func cut(text string, cuts []byte) job.Job {
	places := make([]int, 11)
	for i := range min(len(places), len(cuts)) {
		places[i] = min(int(cuts[i]), len(text))
	}
	slices.Sort(places)
	field := func(i int) string {
		from, to := 0, len(text)
		if i > 0 {
			from = places[i-1]
		}
		if i < len(places) {
			to = places[i]
		}
		return text[from:to]
	}
	return job.Job{
		Partition: field(0), Language: field(1), Engine: field(2), Image: field(3),
		Options: []byte(field(4)), Locals: []byte(field(5)), Source: field(6),
		Files: []job.File{{Name: field(7), Source: field(8)}},
		Then:  []job.Step{{Language: field(9), Engine: field(10), Image: field(11)}},
	}
}
