package doctor

var (
	// leastKernel is the first with Landlock, without which no cell starts.
	leastKernel = release{5, 13, 0}
	// goodKernel is what docs/SECURITY.md advises.
	goodKernel = release{6, 1, 0}
)

func checkKernel(h Host) Check {
	q := question{"kernel", "uname",
		"cells need Landlock, which came with Linux 5.13; on kernels before 6.1 its rights and the kernel's memory calls are fewer"}
	r, _, err := h.kernel()
	if err != nil {
		return q.cannotTell(err)
	}
	const remedy = "install Linux 6.1 or later (Debian 12: apt-get install linux-image-amd64; Ubuntu 24.04 has 6.8) and reboot"
	switch {
	case r.compareSeries(leastKernel) < 0:
		return q.fail("Linux "+r.String(), remedy)
	case r.compareSeries(goodKernel) < 0:
		return q.caution("Linux "+r.String(), remedy)
	}
	return q.pass("Linux " + r.String())
}
