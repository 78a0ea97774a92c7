package lang_test

import (
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/fumehood/fumehood/internal/job"
	"github.com/fumehood/fumehood/internal/lang"
)

var withFiles = &lang.Language{ID: "with", Files: true}

// A name is a relative path of plain names, and nothing that leads elsewhere.
func TestFileNames(t *testing.T) {
	t.Parallel()
	longest := strings.Repeat("x", job.MaxFileName)
	for _, test := range []struct {
		name string
		good bool
	}{
		{"a", true}, {"a.scss", true}, {"_partial.scss", true}, {"1.css", true}, {"@scope/a-b_c+d.less", true}, {"a/b/c/d.styl", true},
		{"two words.pug", true}, {"a..b", true}, {"a.", true}, {"a-", true}, {"a/b@2x", true}, {longest, true},

		{"", false}, {longest + "x", false}, {strings.Repeat("x/", 150), false},
		{".", false}, {"..", false}, {"../a", false}, {"a/../b", false}, {"a/..", false}, {"a/./b", false}, {"./a", false},
		{".hidden", false}, {"a/.hidden", false},
		{"/a", false}, {"a/", false}, {"a//b", false}, {"//a", false}, {"C:/a", false}, {`a\b`, false}, {`..\a`, false},
		{"a\n", false}, {"a\nb", false}, {"a\x00", false}, {"a\t", false}, {"é", false}, {"a\u202eb", false}, {"\xff", false},
		{" a", false}, {"a/ b", false}, {"-a", false}, {"+a", false}, {"a?b", false}, {"a#b", false}, {"a%2e", false}, {"a*", false},
		{"file:a", false}, {"~/a", false}, {"a'b", false}, {`a"b`, false}, {"a<b", false}, {"$a", false},
	} {
		t.Run(fmt.Sprintf("%.20q", test.name), func(t *testing.T) {
			t.Parallel()
			got, err := withFiles.CheckFiles(map[string]string{test.name: "x"})
			if test.good {
				if diff := cmp.Diff([]job.File{{Name: test.name, Source: "x"}}, got); diff != "" || err != nil {
					t.Errorf("CheckFiles: %v (-want +got):\n%s", err, diff)
				}
				return
			}
			var invalid *job.Invalid
			if !errors.As(err, &invalid) || invalid.Field != "files" || invalid.Fault != job.Malformed || got != nil {
				t.Fatalf("got %v and %v, want an Invalid about files", got, err)
			}
			if len(invalid.Reason) > 300 {
				t.Errorf("the reason quotes too much of the name: %s", invalid.Reason)
			}
		})
	}
}

// The files come sorted by name, whatever is in them.
func TestCheckFiles(t *testing.T) {
	t.Parallel()
	got, err := withFiles.CheckFiles(map[string]string{"b": "", "a/b": "\x00", "a": "\xff", "B": "2", "a.b": "3"})
	if err != nil {
		t.Fatal(err)
	}
	want := []job.File{{Name: "B", Source: "2"}, {Name: "a", Source: "\xff"}, {Name: "a.b", Source: "3"}, {Name: "a/b", Source: "\x00"}, {Name: "b"}}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("CheckFiles (-want +got):\n%s", diff)
	}
}

// As many files as may be pass, one more does not, and a language that cannot
// import takes none.
func TestHowManyFiles(t *testing.T) {
	t.Parallel()
	files := func(n int) map[string]string {
		all := make(map[string]string)
		for i := range n {
			all[fmt.Sprintf("f%d", i)] = ""
		}
		return all
	}
	for _, test := range []struct {
		name     string
		language *lang.Language
		files    int
		want     *job.Invalid
	}{
		{"none", withFiles, 0, nil},
		{"the most", withFiles, job.MaxFiles, nil},
		{"one too many", withFiles, job.MaxFiles + 1, &job.Invalid{Field: "files", Fault: job.TooLarge, Reason: "are 101, the limit is 100"}},
		{"none, where none may be", withoutLocals, 0, nil},
		{"one, where none may be", withoutLocals, 1, &job.Invalid{Field: "files", Reason: "without has no way to import files"}},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			got, err := test.language.CheckFiles(files(test.files))
			var invalid *job.Invalid
			if err != nil && !errors.As(err, &invalid) {
				t.Fatalf("CheckFiles = %v, want *job.Invalid", err)
			}
			if diff := cmp.Diff(test.want, invalid); diff != "" {
				t.Errorf("CheckFiles (-want +got):\n%s", diff)
			}
			if err == nil && len(got) != test.files {
				t.Errorf("%d files came back, want %d", len(got), test.files)
			}
		})
	}
}
