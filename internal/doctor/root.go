package doctor

import (
	"fmt"
	"strings"
)

// wholeMap is the uid_map of the initial user namespace.
const wholeMap = "0 0 4294967295"

func checkRoot(h Host) Check {
	q := question{"root", "effective uid, /proc/self/uid_map",
		"the daemon starts containers whose uids lie from 1,900,000,000; that takes root, outside of any other user namespace"}
	if h.UID != 0 {
		return q.fail(fmt.Sprintf("uid %d", h.UID), "sudo fumehood doctor, and run 'fumehood serve' as root too")
	}
	text, err := h.read("proc/self/uid_map")
	if err != nil {
		return q.cannotTell(err)
	}
	if uids := strings.Join(strings.Fields(text), " "); uids != wholeMap {
		return q.caution("root of a user namespace that maps "+uids,
			"run the daemon as root of the host, not in a rootless container")
	}
	return q.pass("root of the host")
}
