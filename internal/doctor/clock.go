package doctor

import "slices"

func checkClock(h Host) Check {
	q := question{"clock", "adjtimex",
		"logs cannot be laid beside those of other machines, and package signatures may look expired; deadlines do not depend on it"}
	kept, err := h.Synchronised()
	if err != nil {
		return q.cannotTell(err)
	}
	if !kept {
		return q.caution("not synchronised", "apt-get install systemd-timesyncd && timedatectl set-ntp true")
	}
	return q.pass("synchronised")
}

// slowSources take a call into the kernel, or a device's answer, for every
// look at the clock.
var slowSources = []string{"acpi_pm", "hpet", "jiffies", "pit", "refined-jiffies", "xen"}

func checkClockSource(h Host) Check {
	const file = "sys/devices/system/clocksource/clocksource0/current_clocksource"
	q := question{"clock-source", "/" + file,
		"deadlines and the times in receipts read the monotonic clock; from this source each look is slow, and some jump"}
	source, err := h.line(file)
	if err != nil {
		return q.cannotTell(err)
	}
	if slices.Contains(slowSources, source) {
		return q.caution(source, "echo tsc > /"+file+" where available_clocksource beside it lists tsc; in a virtual machine ask its host for one")
	}
	return q.pass(source)
}
