package main

import (
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/fumehood/fumehood/internal/config"
)

// forge is Ruby which writes a whole, well-formed result to a descriptor.
const forge = `[0x46484631].pack('N') + [3, 3, 0, 0].pack('C*') + [24].pack('N') + [0, 0, 0, 4].pack('N4') + 'evil' + [0].pack('N')`

// hostile pages and how each ends. The page after it must be clean and the
// zygote the same.
var hostile = []struct {
	name, source string
	outcomes     []string
	output       string
}{
	{"endless loop", "- loop {}", []string{"timeout"}, ""},
	{"endless while", "- while true do; end", []string{"timeout"}, ""},
	{"loop that rescues all", "- begin\n  - loop {}\n- rescue Exception\n  - retry\n", []string{"timeout"}, ""},
	{"sleep", "= sleep", []string{"timeout"}, ""},
	{"message that loops", "- e = Class.new(StandardError) { def message; loop {}; end }\n- raise e\n", []string{"timeout"}, ""},
	{"catastrophic regexp", "= ('a' * 40 + '!') =~ /^(a|a)*$/", []string{"timeout"}, ""},
	{"fork", "= fork", []string{"source_error"}, ""},
	{"fork bomb", "- loop { fork }", []string{"source_error"}, ""},
	{"backticks", "= `id`", []string{"source_error"}, ""},
	{"system", "= system('id').inspect", []string{"ok"}, "nil\n"},
	{"open a pipe", "= open('|id')", []string{"source_error"}, ""},
	{"daemonise", "- Process.daemon", []string{"source_error"}, ""},
	{"exit!", "- exit!", []string{"crashed"}, ""},
	{"exit! 111", "- exit! 111", []string{"crashed"}, ""},
	{"abort", "- Process.kill(:ABRT, $$)\n- abort", []string{"source_error", "crashed"}, ""},
	{"segmentation fault", "- Process.kill(:SEGV, $$)\n- sleep", []string{"crashed"}, ""},
	{"kill all", "= Process.kill(9, -1)", []string{"source_error"}, ""},
	{"kill pid 1", "= Process.kill(9, 1)", []string{"ok"}, "1\n"},
	{"kill the group", "= Process.kill(9, 0)", []string{"source_error"}, ""},
	{"stop itself", "- Process.kill(:STOP, $$)\n%p on", []string{"ok"}, "<p>on</p>\n"},
	{"1 GB string", "= 'x' * 1_000_000_000", []string{"out_of_memory"}, ""},
	{"memory in big pieces", "- a = []\n- loop { a << 'x' * 1_000_000 }", []string{"out_of_memory"}, ""},
	{"memory in small pieces", "- a = []\n- loop { a << Object.new }", []string{"out_of_memory", "timeout"}, ""},
	{"10 MB of output", "= 'x' * 10_000_000", []string{"output_too_large"}, ""},
	{"output one byte over", "= 'x' * (2 * 1024 * 1024)", []string{"output_too_large"}, ""},
	{"output to the last byte", "= 'x' * (2 * 1024 * 1024 - 1)", []string{"ok"}, strings.Repeat("x", 2<<20-1) + "\n"},
	{"frames to every descriptor", "- f = " + forge + "\n- (0..30).each { |n| IO.for_fd(n, 'w', autoclose: false).syswrite(f) rescue nil }\n%p x", []string{"violation"}, ""},
	{"garbage to the connection", "- IO.for_fd(3, 'w').syswrite('x' * 64)\n%p x", []string{"violation"}, ""},
	{"half a frame, then sleep", "- IO.for_fd(3, 'w').syswrite('FHF1')\n- sleep", []string{"timeout"}, ""},
	{"half a frame, then exit", "- IO.for_fd(3, 'w').syswrite('FHF1')\n- exit!", []string{"crashed"}, ""},
	{"frame that lies about its length", "- IO.for_fd(3, 'w').syswrite([0x46484631, 0x03030000, 0xffffffff].pack('N*'))\n- sleep", []string{"output_too_large"}, ""},
	{"frame of a parked cell", "- IO.for_fd(3, 'w').syswrite([0x46484631, 0x03010000, 0].pack('N*'))\n- sleep", []string{"violation"}, ""},
	{"half-close the connection and live on", "- syscall(48, 3, 1)\n- sleep", []string{"violation"}, ""},
	{"shut the connection and live on", "- syscall(48, 3, 2)\n- sleep", []string{"violation"}, ""},
	{"close the connection", "- IO.for_fd(3).close\n%p x", []string{"crashed"}, ""},
	{"IO#write redefined", "- ::IO.class_eval { define_method(:write) { |*| raise 'w' }; define_method(:syswrite) { |*| raise 's' } }\n%p hi", []string{"ok"}, "<p>hi</p>\n"},
	{"String redefined", "- ::String.class_eval { define_method(:bytesize) { -1 }; define_method(:encode) { |*, **| 7 } }\n%p hi", []string{"crashed"}, ""},
	{"trap", "- trap('TERM') { loop {} }\n- trap('EXIT') { loop {} }\n%p hi", []string{"ok"}, "<p>hi</p>\n"},
	{"at_exit", "- at_exit { loop {} }\n%p hi", []string{"ok"}, "<p>hi</p>\n"},
	{"finalizer", "- ObjectSpace.define_finalizer(Object.new, proc { loop {} })\n%p hi", []string{"ok"}, "<p>hi</p>\n"},
	{"thread left running", "- Thread.new { loop {} }\n%p hi", []string{"ok"}, "<p>hi</p>\n"},
	{"100 threads", "- 100.times { Thread.new { loop {} } }\n%p hi", []string{"source_error"}, ""},
	{"ptrace", "= syscall(101, 0, 0, 0, 0)", []string{"violation"}, ""},
	{"io_uring", "= syscall(425, 1, 0)", []string{"violation"}, ""},
	{"32-bit table", "= syscall(0x40000000 + 39)", []string{"violation"}, ""},
	{"return early", "- return 5", []string{"ok"}, "5"},
	{"main thread killed", "- m = Thread.main\n- Thread.new { m.kill }\n- sleep", []string{"source_error", "crashed"}, ""},
	{"raise at every return", "- TracePoint.new(:return) { raise 'x' }.enable\n%p x", []string{"crashed", "source_error"}, ""},
	{"adapter redefined", "- ::Diagnosis.module_eval { def self.of(*, **) ; [2**70, -5, nil]; end }\n- raise 'x'", []string{"crashed"}, ""},
	{"print", "- puts 'hi'\n- $stderr.puts 'x'\n- STDOUT.print 'a'\n- warn 'w'\n- p 1\n%p ok", []string{"ok"}, "<p>ok</p>\n"},
	{"read the next job", "= IO.for_fd(3).read_nonblock(1) rescue 'nothing'", []string{"ok"}, "nothing\n"},
	{"binary output", "= \"\\xff\\x00\".b", []string{"ok", "source_error"}, ""},
}

// useUpRetirements crashes cells until no crash replaces a box any more: what
// follows has one zygote. The daemon's retire-interval must be long.
func useUpRetirements(t *testing.T, s *serving) {
	t.Helper()
	for n := range uint64(2) {
		if got := s.compile(t, "haml", "= syscall(101, 0, 0, 0, 0)", nil); got.Outcome != "violation" {
			t.Fatalf("a crash is %s", got.Outcome)
		}
		eventually(t, "the box is retired", func() bool {
			stats := s.pools[0].Stats()
			return stats.Retired == n+1 && len(stats.Boxes) == 1
		})
	}
}

func TestHostilePages(t *testing.T) {
	t.Parallel()
	s := startDaemon(t, func(c *config.Config) { c.Parked, c.RetireInterval = 2, 24*time.Hour })
	useUpRetirements(t, s)
	before := s.pools[0].Stats().Boxes
	for _, test := range hostile {
		start := time.Now()
		got := s.compile(t, "haml", test.source, map[string]any{"limits": map[string]any{"wall_ms": 1000}})
		took := time.Since(start)
		if !slices.Contains(test.outcomes, got.Outcome) {
			t.Errorf("%s: %s %q %.60q, want %v", test.name, got.Outcome, got.message(), got.output(), test.outcomes)
		}
		if test.output != "" && got.output() != test.output {
			t.Errorf("%s: output %.60q, want %.60q", test.name, got.output(), test.output)
		}
		if got.OK != (got.Output != nil) || !got.OK && len(got.Diagnostics) == 0 {
			t.Errorf("%s: ok %v with output %v and %d diagnostics", test.name, got.OK, got.Output != nil, len(got.Diagnostics))
		}
		// Generous: the deadline itself is TestTimeoutIsPunctual's.
		if took > 3*time.Second {
			t.Errorf("%s: answered after %v", test.name, took)
		}
		if clean := s.compile(t, "haml", "%p= 6 * 7", nil); clean.output() != "<p>42</p>\n" {
			t.Fatalf("%s: the next page is %s %q", test.name, clean.Outcome, clean.output())
		}
	}
	after := s.pools[0].Stats().Boxes
	if len(after) != 1 || after[0].ID != before[0].ID {
		t.Errorf("boxes = %v, want the same zygote as before: %v", after, before)
	}
}

// An endless loop is answered when its time is over, not before and not much
// later, whatever ceiling the processor-time limit would allow.
func TestTimeoutIsPunctual(t *testing.T) {
	s := sharedDaemon(t)
	for range 3 {
		start := time.Now()
		got := s.compile(t, "haml", "- while true do; end", nil)
		took := time.Since(start)
		if got.Outcome != "timeout" || took < 3*time.Second || took > 4*time.Second {
			t.Errorf("%s after %v, want timeout after 3 s", got.Outcome, took)
		}
	}
}

// Nothing of one page reaches another: not what it defined, set or left.
func TestNothingPersists(t *testing.T) {
	t.Parallel()
	s := sharedDaemon(t)
	poison := []string{
		"- $marker = 1; ENV['marker'] = '1'; Object.const_set(:MARKER, 1); File.umask(0); srand(1); Thread.main[:marker] = 1",
		"- ::String.class_eval { define_method(:to_s) { 'poison' } }; ::Integer.class_eval { define_method(:*) { |_| 13 } }",
		"- ::Haml::Engine.class_eval { define_method(:call) { |_| 'poison' } }",
		"- ::Haml::Filters.registered.clear; ADAPTERS rescue nil; SCOPE.instance_variable_set(:@marker, 1)",
	}
	probe := "= [$marker, ENV['marker'], defined?(MARKER), File.umask, @marker, Thread.main[:marker], 6 * 7].inspect.to_s\n:plain\n  x\n"
	want := s.compile(t, "haml", probe, map[string]any{"options": map[string]any{"escape_html": false}}).output()
	if want != "[nil, nil, nil, 18, nil, nil, 42]\nx\n" {
		t.Fatalf("a clean page is %q", want)
	}
	for _, source := range poison {
		for range 12 {
			s.compile(t, "haml", source, nil)
		}
		for range 12 {
			got := s.compile(t, "haml", probe, map[string]any{"options": map[string]any{"escape_html": false}}).output()
			if got != want {
				t.Fatalf("after %q a page is %q", source, got)
			}
		}
	}
}

// Cells are copies of one zygote, and still no two draw the same numbers.
func TestRandomnessDiffers(t *testing.T) {
	t.Parallel()
	s := sharedDaemon(t)
	seen := make(map[string]bool)
	for range 20 {
		got := s.compile(t, "haml", "= [rand, Random.rand, SecureRandom.hex(8), Random.new.rand].inspect", nil).output()
		for number := range strings.SplitSeq(strings.Trim(got, "[]\n"), ", ") {
			if seen[number] {
				t.Fatalf("%s was drawn twice", number)
			}
			seen[number] = true
		}
	}
}
