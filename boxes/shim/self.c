#define _GNU_SOURCE
#include "self.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "complain.h"

int fh_complain(const char *step)
{
	fprintf(stderr, "fumehood: box cannot serve: %s: %s\n", step, strerror(errno));
	return -1;
}

/* Reads "name: <number> kB" out of /proc/self/status. */
static uint64_t status_kib(const char *text, const char *name)
{
	const char *at = strstr(text, name);

	return at == NULL ? 0 : strtoull(at + strlen(name), NULL, 10);
}

static int measure_size(struct fh_zygote *self)
{
	static char text[8192];
	ssize_t length;
	int fd;

	fd = open("/proc/self/status", O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return fh_complain("open /proc/self/status");
	length = read(fd, text, sizeof(text) - 1);
	close(fd);
	if (length <= 0)
		return fh_complain("read /proc/self/status");
	text[length] = '\0';
	self->address_space_kib = status_kib(text, "VmSize:");
	self->data_kib = status_kib(text, "VmData:");
	self->rss_kib = status_kib(text, "VmRSS:");
	if (self->address_space_kib == 0 || self->data_kib == 0) {
		errno = EPROTO;
		return fh_complain("read VmSize and VmData");
	}
	return 0;
}

int fh_self_measure(struct fh_zygote *self)
{
	if (measure_size(self) < 0)
		return -1;
	self->proc_fd = open("/proc", O_PATH | O_DIRECTORY | O_CLOEXEC);
	if (self->proc_fd < 0)
		return fh_complain("open /proc");
	self->landlock_abi = (int)syscall(SYS_landlock_create_ruleset, NULL, 0, 1);
	if (self->landlock_abi < 0)
		self->landlock_abi = 0;
	return 0;
}

int fh_self_hide_processes(void)
{
	return umount2("/proc", MNT_DETACH) < 0 ? fh_complain("unmount /proc") : 0;
}
