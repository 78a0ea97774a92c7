package doctor

import (
	"io/fs"
	"path"
	"strings"
)

func checkProcessor(h Host) Check {
	const dir = "sys/devices/system/cpu/vulnerabilities"
	q := question{"processor", "/" + dir,
		"one cell could read another's memory, or the kernel's, through the processor"}
	entries, err := fs.ReadDir(h.Files, dir)
	if err != nil {
		return q.cannotTell(noted(dir, err))
	}
	var open []string
	for _, e := range entries {
		text, err := h.line(path.Join(dir, e.Name()))
		if err != nil {
			return q.cannotTell(err)
		}
		// Some lines are of several parts: "Mitigation: …; BHI: Vulnerable".
		// Hyper-threads are checkSMT's.
		for part := range strings.SplitSeq(text, ";") {
			if strings.Contains(part, "Vulnerable") {
				open = append(open, e.Name()+" ("+strings.TrimSpace(part)+")")
			}
		}
	}
	if len(open) > 0 {
		return q.caution(strings.Join(open, ", "), microcode(h))
	}
	return q.pass("nothing known is left open")
}

func microcode(h Host) string {
	if text, err := h.read("proc/cmdline"); err == nil && strings.Contains(text, "mitigations=off") {
		return "take mitigations=off off the kernel's command line (/etc/default/grub), then update-grub and reboot"
	}
	const reboot = ", then reboot; in a virtual machine its host must do it"
	if text, err := h.read("proc/cpuinfo"); err == nil {
		switch {
		case strings.Contains(text, "AuthenticAMD"):
			return "apt-get install amd64-microcode and the newest kernel" + reboot
		case strings.Contains(text, "GenuineIntel"):
			return "apt-get install intel-microcode and the newest kernel" + reboot
		}
	}
	return "install the newest microcode and kernel" + reboot
}

func checkSMT(h Host) Check {
	const file = "sys/devices/system/cpu/smt/active"
	q := question{"smt", "/" + file,
		"two cells on the two threads of one core can time each other through what they share"}
	active, err := h.line(file)
	if err != nil {
		return q.cannotTell(err)
	}
	if active != "0" {
		return q.caution("on", "echo off > /sys/devices/system/cpu/smt/control, and nosmt on the kernel's command line")
	}
	return q.pass("off")
}
