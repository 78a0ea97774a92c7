#define _GNU_SOURCE
#include "control.h"

#include <errno.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/time.h>

#include "complain.h"
#include "wire.h"

enum {
	/* A daemon that died before it said hello shall not leave a box behind. */
	HELLO_SECONDS = 5,
	/* A daemon that does not read its reports for so long is gone. */
	REPORT_SECONDS = 2,
};

static int accept_in_time(void)
{
	struct pollfd p = { .fd = FH_LISTEN_FD, .events = POLLIN };
	struct timeval hello = { .tv_sec = HELLO_SECONDS }, report = { .tv_sec = REPORT_SECONDS };
	int fd;

	if (poll(&p, 1, HELLO_SECONDS * 1000) <= 0) {
		errno = ETIMEDOUT;
		return fh_complain("wait for the daemon");
	}
	fd = accept4(FH_LISTEN_FD, NULL, NULL, SOCK_CLOEXEC);
	if (fd < 0)
		return fh_complain("accept the daemon");
	if (setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &hello, sizeof(hello)) < 0 ||
	    setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &report, sizeof(report)) < 0)
		return fh_complain("bound the wait for the daemon");
	return fd;
}

static int read_policy(int control, struct fh_policy *policy, uint32_t length)
{
	unsigned char *bytes = malloc(length);
	int bad;

	if (bytes == NULL)
		return fh_complain("hold the policy");
	bad = fh_read_all(control, bytes, length) < 0 || fh_policy_parse(policy, bytes, length) < 0;
	free(bytes);
	if (bad) {
		errno = EPROTO;
		return fh_complain("read the policy");
	}
	return 0;
}

int fh_control_accept(struct fh_policy *policy)
{
	unsigned char header[FH_HEADER_BYTES];
	int control = accept_in_time();
	uint32_t length;

	if (control < 0)
		return -1;
	if (fh_read_all(control, header, sizeof(header)) < 0)
		return fh_complain("read the daemon's header");
	length = fh_get32(header + 32);
	if (fh_get32(header) != FH_MAGIC_HEADER || header[4] != FH_VERSION ||
	    header[5] != FH_CONNECTION_CONTROL ||
	    length > FH_POLICY_BYTES + FH_POLICY_MAX_FILTER * sizeof(struct sock_filter)) {
		errno = EPROTO;
		return fh_complain("understand the daemon's header (are box and daemon of one version?)");
	}
	if (read_policy(control, policy, length) < 0)
		return -1;
	return control;
}

void fh_record_start(unsigned char *record, uint8_t kind, uint64_t cell)
{
	memset(record, 0, FH_RECORD_BYTES);
	fh_put32(record, FH_MAGIC_RECORD);
	record[4] = FH_VERSION;
	record[5] = kind;
	fh_put64(record + 8, cell);
}

int fh_record_send(int control, const unsigned char *record)
{
	return fh_write_all(control, record, FH_RECORD_BYTES);
}

int fh_control_ready(int control, const struct fh_interpreter *interpreter,
		     const struct fh_policy *policy, const struct fh_zygote *self, int pid_namespace)
{
	unsigned char record[FH_RECORD_BYTES];
	struct stat namespace;

	if (fstat(pid_namespace, &namespace) < 0)
		return fh_complain("look at the pid namespace");
	for (size_t i = 0; i < interpreter->engine_count; i++) {
		const struct fh_engine_version *e = &interpreter->engines[i];

		fh_record_start(record, FH_RECORD_ENGINE, 0);
		strncpy((char *)record + 16, e->name, 15);
		strncpy((char *)record + 32, e->version, 31);
		if (fh_record_send(control, record) < 0)
			return fh_complain("report an engine");
	}
	fh_record_start(record, FH_RECORD_READY, 0);
	fh_put32(record + 16, policy->without);
	fh_put32(record + 20, (uint32_t)self->landlock_abi);
	fh_put64(record + 24, namespace.st_ino);
	fh_put32(record + 32, (uint32_t)self->rss_kib);
	if (fh_record_send(control, record) < 0)
		return fh_complain("report ready");
	return 0;
}
