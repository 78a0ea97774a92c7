package doctor

import (
	"compress/gzip"
	"strings"
)

// kernelConfig is what the running kernel was built with. Options that are
// not set are absent.
type kernelConfig struct {
	known   bool
	options map[string]string
}

// without reports whether the kernel is known to lack an option.
func (c kernelConfig) without(option string) bool {
	return c.known && option != "" && c.options[option] == ""
}

// readKernelConfig takes the kernel's own copy, else the distribution's.
func readKernelConfig(h Host) kernelConfig {
	text, err := h.compressed("proc/config.gz")
	if err != nil {
		uts, _, err := h.Uname()
		if err != nil || strings.Contains(uts, "/") {
			return kernelConfig{}
		}
		if text, err = h.read("boot/config-" + uts); err != nil {
			return kernelConfig{}
		}
	}
	c := kernelConfig{options: make(map[string]string)}
	for line := range strings.Lines(text) {
		if name, value, ok := strings.Cut(strings.TrimSpace(line), "="); ok && strings.HasPrefix(name, "CONFIG_") {
			c.options[name] = value
		}
	}
	// A file that has no option at all is none.
	c.known = len(c.options) > 0
	return c
}

func (h Host) compressed(path string) (string, error) {
	f, err := h.Files.Open(path)
	if err != nil {
		return "", noted(path, err)
	}
	defer f.Close()
	r, err := gzip.NewReader(f)
	if err != nil {
		return "", noted(path, err)
	}
	text, err := readAll(r)
	if err != nil {
		return "", noted(path, err)
	}
	return text, nil
}
