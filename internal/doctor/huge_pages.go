package doctor

import (
	"errors"
	"strings"
)

func checkHugePages(h Host) Check {
	const file = "sys/kernel/mm/transparent_hugepage/enabled"
	q := question{"huge-pages", "/" + file,
		"zygotes join their full memory to huge pages, which makes forks and compiles faster; it is no matter of safety"}
	text, err := h.line(file)
	if err != nil {
		return q.cannotTell(err)
	}
	mode, err := chosen(text)
	if err != nil {
		return q.cannotTell(noted(file, err))
	}
	const remedy = "echo madvise > /sys/kernel/mm/transparent_hugepage/enabled, and transparent_hugepage=madvise on the kernel's command line"
	if mode == "never" {
		return q.caution(mode, remedy)
	}
	return q.pass(mode)
}

var errNoChoice = errors.New("no choice is marked")

// chosen returns the word in brackets of a file such as "always [madvise]
// never".
func chosen(text string) (string, error) {
	for _, word := range strings.Fields(text) {
		if w, ok := strings.CutPrefix(word, "["); ok {
			return strings.TrimSuffix(w, "]"), nil
		}
	}
	return "", errNoChoice
}
