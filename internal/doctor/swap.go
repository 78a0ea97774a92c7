package doctor

import (
	"path"
	"strings"
)

func checkSwap(h Host) Check {
	q := question{"swap", "/proc/swaps, /sys/block",
		"sources and what was compiled from them can reach the disk and stay there; boxes themselves may not swap"}
	text, err := h.read("proc/swaps")
	if err != nil {
		return q.cannotTell(err)
	}
	var plain, closed []string
	for i, line := range strings.Split(strings.TrimSpace(text), "\n") {
		fields := strings.Fields(line)
		if i == 0 || len(fields) == 0 {
			continue
		}
		if device := fields[0]; keptSecret(h, device) {
			closed = append(closed, device)
		} else {
			plain = append(plain, device)
		}
	}
	switch {
	case len(plain) > 0:
		return q.caution("on "+strings.Join(plain, ", ")+", not known to be encrypted",
			"swapoff -a, and remove the swap lines from /etc/fstab; or put swap on dm-crypt with a random key (/etc/crypttab)")
	case len(closed) > 0:
		return q.pass("on " + strings.Join(closed, ", ") + ", encrypted or in memory")
	}
	return q.pass("none")
}

// keptSecret reports whether a swap device is memory, or encrypted as a whole.
func keptSecret(h Host, device string) bool {
	name := path.Base(device)
	if strings.HasPrefix(name, "zram") {
		// With a backing device zram writes to disk after all.
		backing, err := h.line("sys/block/" + name + "/backing_dev")
		return err != nil || backing == "none"
	}
	uuid, err := h.line("sys/block/" + name + "/dm/uuid")
	return err == nil && strings.HasPrefix(uuid, "CRYPT-")
}
