package lang

import (
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strings"

	"github.com/fumehood/fumehood/internal/job"
)

// fileName is a relative path of plain names: no empty one, none that opens
// with a dot, no backslash, nothing that is not to be printed.
var fileName = regexp.MustCompile(`\A[A-Za-z0-9_@][A-Za-z0-9_.@+ -]*(?:/[A-Za-z0-9_@][A-Za-z0-9_.@+ -]*)*\z`)

// sourceName is what engines are told that the source is called. A file of that
// name would be taken for it.
var sourceName = regexp.MustCompile(`\Ainput(?:\.[^/]*)?\z`)

// previousMap is the source map of a source that was itself made from another:
// plain CSS and JavaScript take one.
const previousMap = "input.map"

// CheckFiles returns the files sorted by name. Its only error is
// *job.Invalid. It does not look into them.
func (l *Language) CheckFiles(files map[string]string) ([]job.File, error) {
	if len(files) == 0 {
		return nil, nil
	}
	if !l.Files {
		return nil, &job.Invalid{Field: "files", Reason: l.ID + " has no way to import files"}
	}
	if len(files) > job.MaxFiles {
		return nil, &job.Invalid{Field: "files", Fault: job.TooLarge, Reason: fmt.Sprintf("are %d, the limit is %d", len(files), job.MaxFiles)}
	}
	var checked []job.File
	for _, name := range slices.Sorted(maps.Keys(files)) {
		if sourceName.MatchString(name) && name != previousMap {
			return nil, &job.Invalid{Field: "files", Reason: fmt.Sprintf("have the name %q, which is what the source itself is called", name)}
		}
		if len(name) > job.MaxFileName || !fileName.MatchString(name) {
			const shown = 40
			if len(name) > shown {
				name = strings.ToValidUTF8(name[:shown], "") + "…"
			}
			return nil, &job.Invalid{Field: "files", Reason: fmt.Sprintf(
				"have the name %q: a name is a relative path of at most %d bytes, of ASCII letters, digits and _ . @ + - and spaces, no part of which opens with a dot",
				name, job.MaxFileName)}
		}
		checked = append(checked, job.File{Name: name, Source: files[name]})
	}
	return checked, nil
}
