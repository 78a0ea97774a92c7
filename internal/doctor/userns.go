package doctor

import (
	"fmt"
	"strconv"
)

func checkUserNamespaces(h Host) Check {
	const setting = "user.max_user_namespaces"
	q := question{"user-namespaces", "/proc/self/ns/user, /proc/sys/user/max_user_namespaces",
		"every box has a user namespace of its own, so that root in the box is nobody outside; no box starts without"}
	text, err := h.line(sysctlPath(setting))
	if err != nil {
		return q.cannotTell(err)
	}
	most, err := strconv.ParseInt(text, 10, 64)
	if err != nil {
		return q.cannotTell(fmt.Errorf("%s is %.40q", setting, text))
	}
	if most < leastNamespaces {
		return q.fail(fmt.Sprintf("%s = %d", setting, most), setSysctl(setting, "1024"))
	}
	if !h.exists("proc/self/ns/user") {
		return q.fail("the kernel has no user namespaces", "install a kernel built with CONFIG_USER_NS=y and reboot")
	}
	return q.pass(fmt.Sprintf("%d allowed", most))
}

// leastNamespaces is for two generations of ten kinds of box, which overlap
// while the older one drains.
const leastNamespaces = 20
