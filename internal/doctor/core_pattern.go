package doctor

import "strings"

func checkCorePattern(h Host) Check {
	const setting = "kernel.core_pattern"
	q := question{setting, "/" + sysctlPath(setting),
		"a program that core dumps are piped to runs as root of the host and parses memory that a cell may have filled; " +
			"cells are not dumpable, so this is the second wall"}
	pattern, err := h.line(sysctlPath(setting))
	if err != nil {
		return q.cannotTell(err)
	}
	if program, piped := strings.CutPrefix(pattern, "|"); piped {
		return q.caution("piped to "+firstWord(program), setSysctl(setting, "core")+
			" (where apport is installed, apt-get purge apport first: it sets the pattern again)")
	}
	return q.pass("a file, " + pattern)
}

func firstWord(text string) string {
	if words := strings.Fields(text); len(words) > 0 {
		return words[0]
	}
	return "nothing"
}
