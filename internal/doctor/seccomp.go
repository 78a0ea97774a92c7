package doctor

import "strings"

// neededActions are those that the policies of boxes end in.
var neededActions = []string{"kill_process", "errno", "allow"}

func checkSeccomp(h Host) Check {
	q := question{"seccomp", "/proc/sys/kernel/seccomp/actions_avail",
		"system-call filters are the wall around the kernel; a cell without its filter ends before it has read its job"}
	text, err := h.line("proc/sys/kernel/seccomp/actions_avail")
	if err != nil {
		return q.cannotTell(err)
	}
	if missing := without(neededActions, strings.Fields(text)); len(missing) > 0 {
		return q.fail("no "+strings.Join(missing, ", "), "install a kernel built with CONFIG_SECCOMP_FILTER=y and reboot")
	}
	return q.pass(strings.Join(neededActions, ", ") + " available")
}
