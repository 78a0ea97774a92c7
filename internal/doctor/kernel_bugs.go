package doctor

import (
	"fmt"
	"strings"
)

// kernelBug is a hole that lets a process write to files it may only read: a
// box's read-only root, and the runtime itself, are such files.
type kernelBug struct {
	cve, name string
	// fixed are the first good kernels of their series. Of other series no
	// more is known than newestSeries says.
	fixed []release
	// modules hold the code in question; without them the hole is not there.
	modules []module
	// loses is what the host cannot do without the modules.
	loses string
}

var kernelBugs = []kernelBug{
	{"CVE-2026-31431", "Copy Fail", []release{{6, 19, 12}}, []module{algifAEAD}, "AF_ALG sockets for AEAD"},
	{"CVE-2026-43284", "Dirty Frag (ESP)", []release{{6, 6, 138}, {6, 12, 87}, {6, 18, 28}}, []module{esp4, esp6}, "IPsec"},
	{"CVE-2026-43500", "Dirty Frag (RxRPC)", []release{{6, 18, 29}, {7, 0, 6}}, []module{rxrpc}, "AFS"},
	// No fixed version is known to this table.
	{"CVE-2026-46300", "Fragnesia", nil, []module{esp4, esp6}, "IPsec"},
}

// newestSeries is the newest that any row knows. Stable kernels take only
// what the main line has, so a later series was begun with all fixes above.
var newestSeries = release{7, 0, 0}

// knowledge is what the table says of a kernel.
type knowledge int

const (
	unknown knowledge = iota
	knownGood
	knownBad
)

// of says what is known of a kernel. exact is parseRelease's.
func (b kernelBug) of(r release, exact bool) knowledge {
	if len(b.fixed) == 0 {
		return unknown
	}
	if r.compareSeries(newestSeries) > 0 && exact {
		return knownGood
	}
	for _, f := range b.fixed {
		switch {
		case r.compareSeries(f) != 0 || !exact:
		case r.patch >= f.patch:
			return knownGood
		default:
			return knownBad
		}
	}
	return unknown
}

func checkKernelBugs(h Host, built kernelConfig) []Check {
	r, exact, err := h.kernel()
	checks := make([]Check, 0, len(kernelBugs))
	for _, b := range kernelBugs {
		q := question{"kernel-" + strings.ToLower(b.cve), "uname, the kernel's configuration, /sys/module, modprobe.d",
			b.name + " lets a process write to files that it may only read: images, and programs of the host. " +
				"The calls it takes are refused to cells; it is the next wall that is missing"}
		if err != nil {
			checks = append(checks, q.cannotTell(err))
			continue
		}
		checks = append(checks, b.check(q, h, r, b.of(r, exact), built))
	}
	return checks
}

func (b kernelBug) check(q question, h Host, r release, known knowledge, built kernelConfig) Check {
	if known == knownGood {
		return q.pass(fmt.Sprintf("Linux %s has the fix", r))
	}
	var open, where []string
	builtIn := false
	for _, m := range b.modules {
		found := m.look(h, built)
		where = append(where, m.name+" "+string(found))
		if !found.closed() {
			open = append(open, m.name)
		}
		builtIn = builtIn || found == moduleBuiltIn
	}
	seen := fmt.Sprintf("Linux %s: no fixed version of its series is known; %s", r, strings.Join(where, ", "))
	if known == knownBad {
		seen = fmt.Sprintf("Linux %s is older than the fix; %s", r, strings.Join(where, ", "))
	}
	remedy := b.remedy(open, builtIn)
	switch {
	case known == unknown && len(open) == 0:
		return q.pass(seen)
	case known == unknown || len(open) == 0:
		return q.caution(seen, remedy)
	}
	return q.fail(seen, remedy)
}

func (b kernelBug) remedy(open []string, builtIn bool) string {
	newer := "install a kernel whose changelog names " + b.cve
	if len(b.fixed) > 0 {
		var fixes []string
		for _, f := range b.fixed {
			fixes = append(fixes, f.String())
		}
		newer += " (fixed in " + strings.Join(fixes, ", ") + ")"
	}
	newer += " and reboot"
	if len(open) == 0 || builtIn {
		return newer
	}
	var lines strings.Builder
	for _, name := range open {
		fmt.Fprintf(&lines, `install %s /bin/false\n`, name)
	}
	return fmt.Sprintf("%s; or, at the price of %s: printf '%s' >> /etc/modprobe.d/fumehood.conf && modprobe -r %s",
		newer, b.loses, lines.String(), strings.Join(open, " "))
}
