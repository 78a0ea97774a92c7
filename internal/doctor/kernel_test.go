package doctor_test

import (
	"strings"
	"testing"

	"github.com/fumehood/fumehood/internal/doctor"
)

func TestKernel(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		release, version string
		want             doctor.Status
		found            string
	}{
		{"5.12.19", "", doctor.Fail, "Linux 5.12.19"},
		{"5.13.0", "", doctor.Caution, "Linux 5.13.0"},
		{"6.0.12", "", doctor.Caution, "Linux 6.0.12"},
		{"6.1.0-18-amd64", "#1 SMP PREEMPT_DYNAMIC Debian 6.1.76-1 (2024-02-01)", doctor.Pass, "Linux 6.1.76"},
		{"6.8.0-31-generic", "#31-Ubuntu SMP", doctor.Pass, "Linux 6.8.0"},
		{"7.1", "", doctor.Pass, "Linux 7.1.0"},
		{"10.0.1-custom", "", doctor.Pass, "Linux 10.0.1"},
		{"unknown", "", doctor.Caution, `cannot tell: kernel release "unknown" has no number`},
		{"99999999999999999999.1", "", doctor.Caution, `cannot tell: kernel release "99999999999999999999.1" has no number`},
	} {
		t.Run(c.release, func(t *testing.T) {
			t.Parallel()
			h := hostOf(goodFiles)
			h.Uname = kernel(c.release, c.version)
			got := find(t, doctor.Examine(t.Context(), h), "kernel")
			if got.Status != c.want || got.Found != c.found {
				t.Errorf("kernel = %s %q, want %s %q", got.Status, got.Found, c.want, c.found)
			}
		})
	}
}

// What the table of holes says of kernels whose modules are all within reach.
func TestKernelBugs(t *testing.T) {
	t.Parallel()
	const copyFail, esp, rxrpc, fragnesia = "31431", "43284", "43500", "46300"
	for _, c := range []struct {
		release, version string
		bug              string
		want             doctor.Status
	}{
		{"6.19.11", "", copyFail, doctor.Fail},
		{"6.19.12", "", copyFail, doctor.Pass},
		{"6.12.90", "", copyFail, doctor.Caution},
		{"7.0.9", "", copyFail, doctor.Caution},
		{"7.1.0", "", copyFail, doctor.Pass},
		{"7.1.0-rc2", "", copyFail, doctor.Caution},
		{"7.1.0-14-generic", "", copyFail, doctor.Caution},

		{"6.6.137", "", esp, doctor.Fail},
		{"6.6.138", "", esp, doctor.Pass},
		{"6.12.86", "", esp, doctor.Fail},
		{"6.12.87-custom", "", esp, doctor.Pass},
		{"6.18.27", "", esp, doctor.Fail},
		{"6.18.28", "", esp, doctor.Pass},
		{"6.12.63+deb13-amd64", "#1 SMP Debian 6.12.63-1 (2025-12-30)", esp, doctor.Fail},
		{"6.12.0-55.el10.x86_64", "", esp, doctor.Caution},
		{"5.15.200", "", esp, doctor.Caution},

		{"6.18.28", "", rxrpc, doctor.Fail},
		{"6.18.29", "", rxrpc, doctor.Pass},
		{"7.0.5", "", rxrpc, doctor.Fail},
		{"7.0.6", "", rxrpc, doctor.Pass},

		{"6.18.44", "", fragnesia, doctor.Caution},
		{"7.2.1", "", fragnesia, doctor.Caution},
	} {
		t.Run(c.bug+" in "+c.release, func(t *testing.T) {
			t.Parallel()
			h := hostOf(goodFiles.with(files{"boot/config-6.18.30": absent}))
			h.Uname = kernel(c.release, c.version)
			if got := find(t, doctor.Examine(t.Context(), h), "kernel-cve-2026-"+c.bug); got.Status != c.want {
				t.Errorf("%s: %s, want %s", got.Found, got.Status, c.want)
			}
		})
	}
}

// A hole in code that nobody can get at is none, if it was one.
func TestKernelModules(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name    string
		release string
		change  files
		want    doctor.Status
		found   string
		remedy  string
	}{
		{"left out", "6.20.1", files{"proc/config.gz": "CONFIG_MODULES=y\n"}, doctor.Pass, "is not in this kernel", ""},
		{"built in", "6.20.1", files{"proc/config.gz": "CONFIG_AF_RXRPC=y\n"}, doctor.Caution, "is built in", "changelog"},
		{"loadable", "6.20.1", files{"proc/config.gz": "CONFIG_AF_RXRPC=m\n"}, doctor.Caution, "can be loaded",
			`printf 'install rxrpc /bin/false\n' >> /etc/modprobe.d/fumehood.conf && modprobe -r rxrpc`},
		{"loadable in a bad kernel", "7.0.5", files{"proc/config.gz": "CONFIG_AF_RXRPC=m\n"}, doctor.Fail, "can be loaded", "6.18.29, 7.0.6"},
		{"loaded", "6.20.1", files{"proc/config.gz": "CONFIG_AF_RXRPC=m\n", "sys/module/rxrpc/refcnt": "1"},
			doctor.Caution, "is loaded", "modprobe -r rxrpc"},
		{"loaded before it was blocked", "6.20.1", files{
			"proc/config.gz": "CONFIG_AF_RXRPC=m\n", "sys/module/rxrpc/refcnt": "1", "etc/modprobe.d/a.conf": "install rxrpc /bin/true\n",
		}, doctor.Caution, "is loaded", "modprobe -r rxrpc"},
		{"blocked", "6.20.1", files{"proc/config.gz": "CONFIG_AF_RXRPC=m\n", "etc/modprobe.d/a.conf": "# no\n install rxrpc /bin/true\n"},
			doctor.Pass, "is blocked", ""},
		{"blocked in a bad kernel", "7.0.5", files{"proc/config.gz": "CONFIG_AF_RXRPC=m\n", "lib/modprobe.d/a.conf": "install rxrpc /usr/bin/false"},
			doctor.Caution, "is blocked", "6.18.29, 7.0.6"},
		{"hidden from aliases only", "6.20.1", files{"proc/config.gz": "CONFIG_AF_RXRPC=m\n", "etc/modprobe.d/a.conf": "blacklist rxrpc\n"},
			doctor.Caution, "can be loaded", "modprobe"},
		{"modules disabled", "6.20.1", files{"proc/config.gz": "CONFIG_AF_RXRPC=m\n", "proc/sys/kernel/modules_disabled": "1\n"},
			doctor.Pass, "is blocked", ""},
		{"configuration unknown", "6.20.1", files{"etc/modprobe.d/a.conf": "install rxrpc /bin/false\n"},
			doctor.Caution, "may be there", "modprobe"},
		{"configuration empty", "6.20.1", files{"proc/config.gz": "\n"}, doctor.Caution, "may be there", "modprobe"},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			f := goodFiles.with(c.change)
			if config, ok := f["proc/config.gz"]; ok {
				f["proc/config.gz"] = compressed(t, config)
			}
			h := hostOf(f)
			h.Uname = kernel(c.release, "")
			got := find(t, doctor.Examine(t.Context(), h), "kernel-cve-2026-43500")
			if got.Status != c.want || !strings.Contains(got.Found, "rxrpc "+c.found) || !strings.Contains(got.Remedy, c.remedy) {
				t.Errorf("%s %q, remedy %q; want %s, %q, %q", got.Status, got.Found, got.Remedy, c.want, c.found, c.remedy)
			}
		})
	}
}

// A configuration that unpacks without end is not read to it.
func TestKernelConfigHasACap(t *testing.T) {
	t.Parallel()
	h := hostOf(goodFiles.with(files{"proc/config.gz": compressed(t, strings.Repeat("\n", 4<<20))}))
	h.Uname = kernel("6.20.1", "")
	got := find(t, doctor.Examine(t.Context(), h), "kernel-cve-2026-43500")
	if !strings.Contains(got.Found, "may be there") {
		t.Errorf("found %q", got.Found)
	}
}
