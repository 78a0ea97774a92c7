package doctor

import (
	"errors"
	"fmt"
	"strings"

	"golang.org/x/sys/unix"
)

// landlockABIs says since when Landlock can refuse what. Cells have all of it
// refused; where Landlock cannot, the system-call filter stands alone.
var landlockABIs = []struct {
	abi     int
	refuses string
}{
	{3, "truncating files"},
	{4, "TCP"},
	{5, "device ioctls"},
	{6, "signals and abstract sockets"},
}

const enableLandlock = "put landlock first into lsm= on the kernel's command line (the rest as /sys/kernel/security/lsm has it), then update-grub and reboot"

func checkLandlock(h Host) Check {
	q := question{"landlock", "landlock_create_ruleset",
		"a cell without Landlock ends before it has read its job; an older ABI leaves more to the system-call filter alone"}
	abi, err := h.Landlock()
	switch {
	case errors.Is(err, unix.ENOSYS):
		return q.fail("the kernel has no Landlock", "install Linux 6.12 or later, built with CONFIG_SECURITY_LANDLOCK=y, and reboot")
	case errors.Is(err, unix.EOPNOTSUPP):
		return q.fail("Landlock is switched off", enableLandlock)
	case err != nil:
		return q.cannotTell(fmt.Errorf("landlock_create_ruleset: %w", err))
	}
	var lacks []string
	for _, a := range landlockABIs {
		if abi < a.abi {
			lacks = append(lacks, a.refuses)
		}
	}
	found := fmt.Sprintf("ABI %d", abi)
	if len(lacks) > 0 {
		return q.caution(found+", cannot refuse "+strings.Join(lacks, ", "), "install Linux 6.12 or later, for ABI 6, and reboot")
	}
	return q.pass(found)
}
