package doctor

import (
	"io/fs"
	"regexp"
	"slices"
)

// module is a part of the kernel that may be built in, loadable or left out.
type module struct{ name, option string }

var (
	algifAEAD = module{"algif_aead", "CONFIG_CRYPTO_USER_API_AEAD"}
	esp4      = module{"esp4", "CONFIG_INET_ESP"}
	esp6      = module{"esp6", "CONFIG_INET6_ESP"}
	rxrpc     = module{"rxrpc", "CONFIG_AF_RXRPC"}
)

// moduleState is how near a module is to whoever asks for it.
type moduleState string

const (
	moduleAbsent   moduleState = "is not in this kernel"
	moduleBlocked  moduleState = "is blocked"
	moduleLoaded   moduleState = "is loaded"
	moduleBuiltIn  moduleState = "is built in"
	moduleLoadable moduleState = "can be loaded"
	moduleUnknown  moduleState = "may be there"
)

// closed reports whether nobody can get at the module.
func (s moduleState) closed() bool { return s == moduleAbsent || s == moduleBlocked }

func (m module) look(h Host, built kernelConfig) moduleState {
	if built.without(m.option) {
		return moduleAbsent
	}
	if built.options[m.option] == "y" {
		return moduleBuiltIn
	}
	if h.exists("sys/module/" + m.name) {
		return moduleLoaded
	}
	// What follows holds for a module only; a kernel of unknown configuration
	// may have it built in.
	if !built.known {
		return moduleUnknown
	}
	if disabled, err := h.line("proc/sys/kernel/modules_disabled"); err == nil && disabled == "1" {
		return moduleBlocked
	}
	if m.blockedByModprobe(h) {
		return moduleBlocked
	}
	return moduleLoadable
}

// blockedByModprobe looks for an install line that runs nothing. A blacklist
// line does not count: it hides aliases only, and the kernel asks for some
// modules by name.
func (m module) blockedByModprobe(h Host) bool {
	line := regexp.MustCompile(`(?m)^\s*install\s+` + regexp.QuoteMeta(m.name) + `\s+(/usr)?/bin/(false|true)\s*$`)
	for _, dir := range []string{"etc", "run", "usr/local/lib", "usr/lib", "lib"} {
		names, err := fs.Glob(h.Files, dir+"/modprobe.d/*.conf")
		if err != nil {
			continue
		}
		if slices.ContainsFunc(names, func(name string) bool {
			text, err := h.read(name)
			return err == nil && line.MatchString(text)
		}) {
			return true
		}
	}
	return false
}
