package main

import (
	"strings"
	"testing"
)

// A broken source is an answer: source_error with the line of the mistake.
func TestSourceErrors(t *testing.T) {
	t.Parallel()
	s := sharedDaemon(t)
	tests := []struct {
		name, language, source string
		line                   int
		message                string
	}{
		{"Haml indentation", "haml", "%p\n      %b too deep\n   %i\n", 3, "Inconsistent indentation"},
		{"Haml end", "haml", "%p\n- while true\n- end\n", 3, "You don't need to use"},
		{"Haml illegal nesting", "haml", "%p a\n  b\n", 2, "Illegal nesting"},
		{"Haml unbalanced", "haml", "%p\n%a{b: 1\n%i\n", 0, ""},
		{"Ruby syntax, cut off", "haml", "%p ok\n%p= 1 +\n%b hi\n", 2, "syntax error"},
		{"Ruby syntax, open bracket", "haml", "%p\n%p= (\n%b\n%i\n", 2, "syntax error"},
		{"Ruby syntax, in an attribute", "haml", "%p\n%a{href: (1}\n%b\n", 2, "syntax error"},
		{"Ruby syntax, in a block", "haml", "- 2.times do |i|\n  %p= i\n  %b= i]\n%p\n", 3, "syntax error"},
		{"Ruby syntax, behind good blocks", "haml", "- if true\n  a\n- else\n  b\n- case 1\n- when 1\n  c\n%p= )\n", 8, "syntax error"},
		{"Ruby syntax, in a filter", "haml", "%p\n:ruby\n  x = 1\n  y = (\n%b\n", 4, "syntax error"},
		{"Ruby syntax, in text", "haml", "%p\nhello #{1 +}\n", 2, "syntax error"},
		{"open string", "haml", "%p\n= \"abc\n%b\n", 2, "unterminated string"},
		{"runtime", "haml", "%p\n%b\n- raise 'boom'\n", 3, "boom"},
		{"runtime in a block", "haml", "- 2.times do |i|\n  %p= i\n  %b= i.foo\n", 3, "undefined method `foo' for 0"},
		{"unknown name", "haml", "%p\n= nope\n", 2, "undefined local variable or method `nope' for main"},
		{"missing filter", "haml", "%p\n:nope\n  x\n", 2, "nope"},
		{"filter of another box", "haml", "%p\n\n:scss\n  a{}\n", 3, ":scss filter is not available here"},
		{":less", "haml", ":less\n  a{}\n", 1, ":less filter"},
		{":coffee", "haml", "%p\n:coffee\n  f 1\n", 2, ":coffee filter"},
		{":sass", "haml", "%p\n:sass\n  a\n", 2, ":sass filter"},
		{"message raises", "haml", "%p\n- e = Class.new(StandardError) { def message; raise 'q'; end }\n- raise e\n", 3, "Exception"},
		{"message is no string", "haml", "- e = Class.new(StandardError) { def message; 42; end }\n- raise e\n", 2, "Exception"},
		{"message of many lines", "haml", "- raise \"\\n\\nfirst\\nsecond\"\n", 1, "first"},
		{"message with escapes", "haml", "- raise \"\\e[31mred\\e[0m\\u202e\"\n", 1, "red"},
		{"huge message", "haml", "- raise 'm' * 10_000_000\n", 1, "mmmm"},
		{"filter that fails by itself", "haml", "%p\n:markdown\n  " + strings.Repeat("<div>", 20_000), 2, "stack level too deep"},
		{"exit", "haml", "%p\n- exit\n", 2, "exit"},
		{"throw", "haml", "%p\n- throw :x\n", 2, "uncaught throw"},
		{"stack overflow", "haml", "- f = lambda { f.() }\n- f.()\n", 1, "stack level too deep"},
		{"brackets nested 100,000 deep", "haml", "%p\n= " + strings.Repeat("[", 100_000), 2, "nesting too deep"},
		{"file", "haml", "%p\n= File.read('/etc/passwd')\n", 2, "Permission denied"},
		{"missing library", "haml", "%p\n- require 'net/http'\n", 2, "cannot load such file"},
		{"Slim syntax", "slim", "p\n    b\n  i\n", 3, "Malformed indentation"},
		{"Slim runtime", "slim", "p\n- raise 'boom'\n", 2, "boom"},
		{"Slim engine of another box", "slim", "p\nscss:\n  a{}\n", 2, "scss engine is not available here"},
		{"ERB syntax", "erb", "a\n<%= ( %>\nb\n", 2, "syntax error"},
		{"ERB runtime", "erb", "a\n<% raise 'boom' %>\n", 2, "boom"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			got := s.compile(t, test.language, test.source, nil)
			if got.OK || got.Outcome != "source_error" || got.Output != nil {
				t.Fatalf("answer = %v %s %.80q, want source_error without output", got.OK, got.Outcome, got.output())
			}
			if test.line != 0 && got.line() != test.line || !strings.Contains(got.message(), test.message) {
				t.Errorf("diagnostic = line %d %.200q, want line %d with %q", got.line(), got.message(), test.line, test.message)
			}
			if strings.Contains(got.message(), "\n") || strings.Contains(got.message(), "/usr/") || strings.Contains(got.message(), "\x1b") {
				t.Errorf("message %q has a line end, a path or an escape", got.message())
			}
			if frame := got.Diagnostics[0].Frame; test.line > 0 && len(test.source) < 1000 {
				want := strings.Split(test.source, "\n")[test.line-1]
				if (frame == nil && want != "") || (frame != nil && !strings.HasPrefix(*frame, want)) {
					t.Errorf("frame = %v, want it to show %q", frame, want)
				}
			}
		})
	}
}

// Slim gives columns; they count from 1, and the frame points at them.
func TestColumn(t *testing.T) {
	t.Parallel()
	got := sharedDaemon(t).compile(t, "slim", "p\n    b\n  i\n", nil)
	d := got.Diagnostics[0]
	if d.Column == nil || *d.Column != 3 || d.Frame == nil || *d.Frame != "  i\n  ^" {
		t.Errorf("column %v frame %q, want column 3 with a mark under it", d.Column, *d.Frame)
	}
}
