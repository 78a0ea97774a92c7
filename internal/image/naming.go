package image

import (
	"bytes"
	"fmt"
	"regexp"
)

// esbuild gives every function and class of a bundle its name whenever one is
// made, as it may have renamed it. To call for that takes time, and to define a
// property of a function gives it a shape of its own: together 5 of Babel's 26
// ms. But nearly everything has its name already.
var (
	// naming is the helper that gives the names.
	naming = regexp.MustCompile(`(?m)^var __name = \((target), (value\d*)\) => (__defProp\(target, "name", .*\));$`)
	// named is a statement that names what was declared.
	named = regexp.MustCompile(`^\s*__name\(([\w$]+), "([\w$]+)"\);$`)
	// opening begins a function that names itself and is named once more.
	opening = regexp.MustCompile(`/\* @__PURE__ \*/ __name\(((?:async )?function\*? ([\w$]+)\(.*\{)$`)
)

// nameOnlyTheRenamed takes the names away that esbuild gives to what has them
// by JavaScript's own rules, where that can be seen from single lines as
// esbuild prints them, and makes the helper look for them where it cannot.
func nameOnlyTheRenamed(bundle []byte) ([]byte, error) {
	if n := len(naming.FindAll(bundle, -1)); n != 1 {
		return nil, fmt.Errorf("esbuild's __name was found %d times, want 1: has a new esbuild another?", n)
	}
	bundle = naming.ReplaceAll(bundle, []byte("var __name = ($1, $2) => $1.name === $2 ? $1 : $3;"))
	lines := bytes.Split(bundle, []byte("\n"))
	kept := lines[:0]
	for _, line := range lines {
		if m := named.FindSubmatch(line); m == nil || !bytes.Equal(m[1], m[2]) {
			kept = append(kept, line)
		}
	}
	for i, line := range kept {
		if m := opening.FindSubmatchIndex(line); m != nil {
			unwrap(kept[i:], m[0], string(line[m[2]:m[3]]), string(line[m[4]:m[5]]))
		}
	}
	return bytes.Join(kept, []byte("\n")), nil
}

// unwrap takes the helper's call from around a function, which begins with the
// given text at an offset of the first line, and ends on the next line that is
// indented no further.
func unwrap(lines [][]byte, offset int, function, name string) {
	indent := lines[0][:len(lines[0])-len(bytes.TrimLeft(lines[0], " "))]
	closing := fmt.Appendf(nil, "%s}, %q)", indent, name)
	for i, line := range lines[1:] {
		text := bytes.TrimLeft(line, " ")
		if len(text) == 0 || len(line)-len(text) > len(indent) {
			continue
		}
		if rest, ok := bytes.CutPrefix(line, closing); ok {
			lines[0] = fmt.Appendf(nil, "%s(%s", lines[0][:offset], function)
			lines[i+1] = fmt.Appendf(nil, "%s})%s", indent, rest)
		}
		return
	}
}
