package main

import (
	"fmt"
	"maps"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/fumehood/fumehood/internal/boxtest"
	"github.com/fumehood/fumehood/internal/config"
	"github.com/fumehood/fumehood/internal/lang"
	"github.com/fumehood/fumehood/internal/seccomp"
)

// asked is a system call as far as the policy looks at it, and the answer:
// "allow", "kill" or the name of an error.
type asked struct{ call, answer string }

// mayOccur are the calls that a compile makes or not as memory and time have
// it: being new in the record is no news.
var mayOccur = []string{
	"brk", "clock_gettime", "clock_nanosleep", "futex", "getrusage", "gettimeofday", "madvise", "mmap", "mprotect", "mremap", "munmap",
	"poll", "ppoll", "restart_syscall", "rt_sigaction", "rt_sigprocmask", "rt_sigreturn", "sched_yield", "timer_settime",
}

// perLanguage is how many cases of a language are compiled unless the record is
// to be written.
const perLanguage = 5

// What honest sources ask of the kernel stays within the policy: nothing is
// killed, and what is refused or new stands in docs/SYSCALLS.md with a reason.
// That page is the record of the whole corpus, written with -update; without,
// some cases of every language and all controls are held against it.
func TestCorpusStaysWithinThePolicy(t *testing.T) {
	boxtest.Runtime(t)
	r := newRecord(t)
	t.Run("kinds", func(t *testing.T) {
		for _, kind := range boxtest.Kinds(t) {
			t.Run(kind, func(t *testing.T) {
				t.Parallel()
				r.recordKind(t, kind)
			})
		}
	})
	if *update && !t.Failed() {
		r.publish(t)
	}
}

// record is who asked for what, by image.
type record struct {
	policies map[string]*seccomp.Policy
	known    frequency

	mu     sync.Mutex
	totals map[string]int
	seen   map[string]map[asked]*askers
}

type askers struct {
	cases     int
	languages map[string]bool
}

func newRecord(t *testing.T) *record {
	t.Helper()
	r := &record{
		policies: make(map[string]*seccomp.Policy), totals: make(map[string]int),
		seen: make(map[string]map[asked]*askers),
	}
	for _, image := range imagesOfPage {
		p, err := cellPolicy(image)
		if err != nil {
			t.Fatal(err)
		}
		r.policies[image], r.seen[image] = p, make(map[asked]*askers)
	}
	if !*update {
		r.known = readPage(t)
		r.comparePage(t)
	}
	return r
}

// recordKind compiles what there is for a kind of box, one at a time.
func (r *record) recordKind(t *testing.T, kind string) {
	s := startDaemon(t, func(c *config.Config) {
		// One cell is parked and made after another; strace takes its time.
		c.Boxes, c.Parked, c.Wall, c.CPU = kind, 1, 20*time.Second, 20*time.Second
	})
	image, _, _ := strings.Cut(kind, "-")
	zygotes := zygotesIn(t, s.pools[0].Stats().Boxes[0].ID, "")
	if len(zygotes) != 1 {
		t.Fatalf("zygotes = %v, want one", zygotes)
	}
	cells := startTrace(t, zygotes[0], func(c rawCall) asked { return decide(r.policies[image], c) })
	var languages []string
	for _, l := range lang.Table {
		if l.Box == kind {
			languages = append(languages, l.ID)
		}
	}
	// Whatever was forked before strace came is used up first.
	for _, pid := range untraced(t, zygotes[0]) {
		s.compile(t, languages[0], "", nil)
		eventually(t, "a cell that nobody follows is gone", func() bool {
			_, alive := boxtest.LookAt(pid)
			return !alive
		})
	}
	for _, language := range languages {
		for _, c := range sampleOf(corpusOf(t, language)) {
			request := c.request(t)
			name := strings.TrimSuffix(filepath.Base(c.path), ".txtar")
			r.recordCase(t, s, cells, recorded{image, language, name, request["source"].(string), request, false})
		}
		for _, c := range controlsOf(language) {
			r.recordCase(t, s, cells, recorded{image, language, c.name, c.source, nil, true})
		}
	}
}

func untraced(t *testing.T, zygote int) []int {
	t.Helper()
	return boxtest.Processes(t, func(p boxtest.Process) bool {
		return p.Parent() == zygote && p.Status["TracerPid"] == "0"
	})
}

// sampleOf picks cases from the whole length of the list, the same each time.
func sampleOf(cases []*corpusCase) []*corpusCase {
	if *update || len(cases) <= perLanguage {
		return cases
	}
	picked := make([]*corpusCase, perLanguage)
	for i := range picked {
		picked[i] = cases[i*(len(cases)-1)/(perLanguage-1)]
	}
	return picked
}

type recorded struct {
	image, language, name, source string
	fields                        map[string]any
	control                       bool
}

func (r *record) recordCase(t *testing.T, s *serving, cells <-chan map[asked]bool, c recorded) {
	t.Helper()
	if got := s.compile(t, c.language, c.source, c.fields); got.Outcome != "ok" && got.Outcome != "source_error" {
		t.Errorf("%s, %s: outcome = %s, want ok or source_error", c.language, c.name, got.Outcome)
	}
	var calls map[asked]bool
	select {
	case calls = <-cells:
	case <-time.After(20 * time.Second):
		t.Fatalf("%s, %s: its cell has not ended after 20 s", c.language, c.name)
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	if !c.control {
		r.totals[c.image]++
	}
	for a := range calls {
		r.check(t, c, a)
		if r.seen[c.image][a] == nil {
			r.seen[c.image][a] = &askers{languages: make(map[string]bool)}
		}
		if by := r.seen[c.image][a]; !c.control {
			by.cases++
			by.languages[c.language] = true
		}
	}
}

// check says what is wrong with a call of an honest source. Precondition: mu
// held.
func (r *record) check(t *testing.T, c recorded, a asked) {
	t.Helper()
	name, _, _ := strings.Cut(a.call, " ")
	_, known := r.known[c.image][a]
	switch {
	case a.answer == "kill":
		t.Errorf("%s, %s: asks for %s, which kills it", c.language, c.name, a.call)
	case a.answer != "allow" && reason(a.call) == "":
		t.Errorf("%s, %s: asks for %s and gets %s; give it a reason or let the engine do without", c.language, c.name, a.call, a.answer)
	case *update || known || a.answer == "allow" && slices.Contains(mayOccur, name):
	default:
		t.Errorf("%s, %s: asks for %s and gets %s, which docs/SYSCALLS.md does not know; -update writes it", c.language, c.name, a.call, a.answer)
	}
}

// frequency says in words how often a call was asked for, by image.
type frequency map[string]map[asked]string

// words turns counts into words that the next recording is likely to repeat.
func (r *record) words() frequency {
	u := make(frequency)
	for image, seen := range r.seen {
		u[image] = make(map[asked]string)
		for a, by := range seen {
			u[image][a] = by.words(r.totals[image])
		}
	}
	return u
}

func (a *askers) words(total int) string {
	switch {
	case a.cases == 0:
		return "controls only"
	case a.cases*10 > total*9:
		return "almost every case"
	case a.cases*2 > total:
		return "most cases"
	case len(a.languages) > 4:
		return "some cases"
	}
	return "some cases of " + strings.Join(sortedKeys(a.languages), ", ")
}

func sortedKeys[V any](m map[string]V) []string { return slices.Sorted(maps.Keys(m)) }

// decide finds the policy's answer to a call.
func decide(p *seccomp.Policy, c rawCall) asked {
	for _, rule := range p.Rules {
		if !slices.Contains(rule.Names, c.name) {
			continue
		}
		switch rule.Verdict {
		case seccomp.Allow:
			return decideAllowed(rule, c)
		case seccomp.Deny:
			return asked{c.name, rule.Errno}
		}
	}
	return asked{c.name, "kill"}
}

// decideAllowed names the values that conditions speak of: each is a call of
// its own.
func decideAllowed(rule seccomp.Rule, c rawCall) asked {
	name := c.name
	for _, condition := range rule.Conditions {
		if condition.Argument >= len(c.arguments) {
			return asked{name, rule.Errno}
		}
		value := uint32(c.arguments[condition.Argument])
		if condition.Operator == seccomp.Lacks {
			if value&condition.Values[0] != 0 {
				return asked{valued(c.name, condition.Argument, "has", condition.Values[0]), rule.Errno}
			}
			continue
		}
		name = valued(c.name, condition.Argument, "is", value)
		if !slices.Contains(condition.Values, value) {
			return asked{name, rule.Errno}
		}
	}
	return asked{name, "allow"}
}

func valued(call string, argument int, operator string, value uint32) string {
	return fmt.Sprintf("%s arg%d %s %#x", call, argument, operator, value)
}

func spelt(c rawCall) string { return fmt.Sprint(c.name, c.arguments) }
