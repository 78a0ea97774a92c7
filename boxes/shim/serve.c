/*
 * serve.c: the zygote's loop. It accepts connections, forks a cell for each,
 * kills a cell when the daemon hangs up, reaps it and reports how it ended.
 * It reads fixed-size headers and records from the daemon and nothing else:
 * no byte of a job ever enters this process.
 *
 * A cell's connection stays open here as well, to see the hang-up. That is
 * why a report always goes out before the connection is closed: the daemon
 * which reads the end of the stream finds the report already on its way.
 */
#define _GNU_SOURCE
#include "fumehood.h"

#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/epoll.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <sys/wait.h>
#include <unistd.h>

#include "cell.h"
#include "complain.h"
#include "control.h"
#include "descriptors.h"
#include "pages.h"
#include "priority.h"
#include "self.h"
#include "walls.h"
#include "wire.h"

enum { MAX_CELLS = 512 };

struct cell {
	uint64_t id;
	int connection;		/* -1: this place is free */
	int pidfd;		/* -1: connected, header not read yet */
	pid_t pid;
	uint32_t turn;		/* how often this place was used */
	int killed;		/* by the zygote, at a hang-up */
	uint16_t slot;
};

struct zygote {
	const struct fh_interpreter *interpreter;
	struct fh_policy policy;
	struct fh_zygote self;
	struct fh_hot_pages hot;
	int events, control, namespace;
	int draining;
	uint64_t forked, reaped;
	struct cell cells[MAX_CELLS];
};

/* What an event speaks of: the place of a cell, or one of these. */
enum { ON_LISTENER = MAX_CELLS, ON_CONTROL = MAX_CELLS + 1, ON_DEATH = MAX_CELLS + 2 };

/* An event's data: its subject, and for a place the turn it is about. An event
 * may be read after its place was freed and taken again. */
static struct epoll_event event_of(const struct zygote *z, uint32_t events, uint32_t subject)
{
	uint32_t turn = subject < MAX_CELLS ? z->cells[subject].turn :
		subject >= ON_DEATH ? z->cells[subject - ON_DEATH].turn : 0;

	return (struct epoll_event){ .events = events, .data.u64 = (uint64_t)turn << 32 | subject };
}

static int watch(const struct zygote *z, int fd, uint32_t events, uint32_t subject)
{
	struct epoll_event e = event_of(z, events, subject);

	return epoll_ctl(z->events, EPOLL_CTL_ADD, fd, &e);
}

/* Closing is not enough to end the watching: a cell which was forked a moment
 * ago still has copies of every descriptor here, and keeps what they stand
 * for alive in the event queue. */
static void unwatch_and_close(struct zygote *z, int fd)
{
	epoll_ctl(z->events, EPOLL_CTL_DEL, fd, NULL);
	fh_descriptors_forget(&z->self.descriptors, fd);
	close(fd);
}

static void forget(struct zygote *z, struct cell *c)
{
	if (c->pidfd >= 0)
		unwatch_and_close(z, c->pidfd);
	unwatch_and_close(z, c->connection);
	c->connection = -1;
	c->pidfd = -1;
	c->turn++;
}

static int refuse(struct zygote *z, struct cell *c, uint64_t id, int reason)
{
	unsigned char record[FH_RECORD_BYTES];

	int sent;

	fh_record_start(record, FH_RECORD_REFUSED, id);
	fh_put32(record + 16, (uint32_t)reason);
	sent = fh_record_send(z->control, record);
	forget(z, c);
	return sent;
}

static int accept_cell(struct zygote *z)
{
	int fd = accept4(FH_LISTEN_FD, NULL, NULL, SOCK_CLOEXEC);

	if (fd < 0)
		return errno == EAGAIN || errno == EINTR || errno == ECONNABORTED ? 0 : -1;
	for (uint32_t i = 0; i < MAX_CELLS && !z->draining; i++)
		if (z->cells[i].connection < 0) {
			z->cells[i].connection = fd;
			z->cells[i].pidfd = -1;
			z->cells[i].killed = 0;
			if (fh_descriptors_expect(&z->self.descriptors, fd) < 0)
				return -1;
			return watch(z, fd, EPOLLIN | EPOLLRDHUP, i);
		}
	close(fd);
	return 0;
}

/*
 * Forks into a pid namespace of its own. Only setns back to the zygote's own
 * namespace makes the next unshare possible: a namespace whose pid 1 has died
 * takes no more processes, and cannot be left by another unshare.
 */
static pid_t fork_into_namespace(const struct zygote *z)
{
	pid_t pid;

	if (z->policy.without & FH_WALL_PID_NAMESPACE)
		return z->interpreter->fork();
	if (unshare(CLONE_NEWPID) < 0)
		return -1;
	pid = z->interpreter->fork();
	if (pid != 0 && setns(z->namespace, CLONE_NEWPID) < 0)
		abort();
	return pid;
}

/* The header is fixed-size and arrives in one piece; anything else ends the
 * connection. From the fork on the child owns it. */
static int start_cell(struct zygote *z, struct cell *c, uint32_t place)
{
	unsigned char header[FH_HEADER_BYTES];
	struct epoll_event hang_up = event_of(z, EPOLLRDHUP, place);
	struct fh_limits limits;

	if (recv(c->connection, header, sizeof(header), MSG_DONTWAIT) != (ssize_t)sizeof(header) ||
	    fh_get32(header) != FH_MAGIC_HEADER || header[4] != FH_VERSION ||
	    header[5] != FH_CONNECTION_CELL) {
		forget(z, c);
		return 0;
	}
	c->slot = fh_get16(header + 6);
	c->id = fh_get64(header + 8);
	limits.cpu_seconds = fh_get32(header + 16);
	limits.memory_kib = fh_get32(header + 20);
	limits.job_bytes = fh_get32(header + 24);

	c->pid = fork_into_namespace(z);
	if (c->pid == 0) {
		fh_pages_bring(&z->hot);
		fh_cell_run(z->interpreter, &z->policy, &z->self, &limits, c->slot, c->connection);
	}
	if (c->pid < 0)
		return refuse(z, c, c->id, errno);
	z->forked++;
	c->pidfd = (int)syscall(SYS_pidfd_open, c->pid, 0);
	if (c->pidfd < 0 || fh_descriptors_expect(&z->self.descriptors, c->pidfd) < 0)
		return -1;
	if (epoll_ctl(z->events, EPOLL_CTL_MOD, c->connection, &hang_up) < 0)
		return -1;
	return watch(z, c->pidfd, EPOLLIN, ON_DEATH + place);
}

static int reap(struct zygote *z, struct cell *c)
{
	unsigned char record[FH_RECORD_BYTES];
	struct rusage usage;
	int status;

	if (wait4(c->pid, &status, WNOHANG, &usage) != c->pid)
		return 0;
	z->reaped++;
	fh_record_start(record, FH_RECORD_EXITED, c->id);
	fh_put32(record + 16, (uint32_t)status);
	fh_put32(record + 20, (uint32_t)usage.ru_maxrss);
	fh_put64(record + 24, fh_microseconds(usage.ru_utime));
	fh_put64(record + 32, fh_microseconds(usage.ru_stime));
	fh_put64(record + 40, z->forked);
	fh_put64(record + 48, z->reaped);
	fh_put32(record + 56, (uint32_t)c->killed);
	if (fh_record_send(z->control, record) < 0)
		return -1;
	forget(z, c);
	return 0;
}

static void kill_cell(const struct zygote *z, struct cell *c)
{
	c->killed = 1;
	syscall(SYS_pidfd_send_signal, c->pidfd, SIGKILL, NULL, 0);
	/* Its death is what comes next; the hang-up has been dealt with. */
	epoll_ctl(z->events, EPOLL_CTL_DEL, c->connection, NULL);
}

/* Lowers a cell's priority, and says what it has used, if that was asked. The
 * cell may be gone meanwhile. */
static int make_nice(const struct zygote *z, uint64_t id, uint32_t value, uint64_t after)
{
	unsigned char record[FH_RECORD_BYTES];
	uint64_t used;

	for (size_t i = 0; i < MAX_CELLS; i++) {
		const struct cell *c = &z->cells[i];

		if (c->connection < 0 || c->pidfd < 0 || c->id != id)
			continue;
		used = after > 0 ? fh_used_by(c->pid) : 0;
		if (used < after)
			return 0;
		/* No other process has its uid. */
		fh_give_way(fh_walls_uid(c->slot), value);
		if (after == 0)
			return 0;
		fh_record_start(record, FH_RECORD_SLOW, id);
		fh_put64(record + 16, used);
		return fh_record_send(z->control, record);
	}
	return 0;
}

/* Returns 1 to go on, 0 when the daemon hung up, -1 on nonsense. */
static int obey(struct zygote *z)
{
	unsigned char record[FH_RECORD_BYTES];
	ssize_t n = recv(z->control, record, sizeof(record), MSG_DONTWAIT);

	if (n < 0 && (errno == EAGAIN || errno == EINTR))
		return 1;
	if (n <= 0)
		return 0;
	if (n != (ssize_t)sizeof(record) || fh_get32(record) != FH_MAGIC_RECORD || record[4] != FH_VERSION)
		return -1;
	switch (record[5]) {
	case FH_RECORD_DRAIN:
		z->draining = 1;
		return 1;
	case FH_RECORD_NICE:
		return make_nice(z, fh_get64(record + 8), fh_get32(record + 16), fh_get32(record + 20)) < 0 ? -1 : 1;
	default:
		return -1;
	}
}

/* One event. Returns 1 to go on, 0 to end well, -1 to end badly. */
static int handle(struct zygote *z, const struct epoll_event *e)
{
	uint32_t subject = (uint32_t)e->data.u64, turn = (uint32_t)(e->data.u64 >> 32);
	struct cell *c;

	if (subject == ON_CONTROL)
		return obey(z);
	if (subject == ON_LISTENER)
		return accept_cell(z) < 0 ? -1 : 1;
	c = &z->cells[subject >= ON_DEATH ? subject - ON_DEATH : subject];
	if (c->connection < 0 || c->turn != turn)
		return 1;
	if (subject >= ON_DEATH)
		return reap(z, c) < 0 ? -1 : 1;
	if (c->pidfd >= 0) {
		kill_cell(z, c);
		return 1;
	}
	if (e->events & EPOLLIN)
		return start_cell(z, c, subject) < 0 ? -1 : 1;
	forget(z, c);
	return 1;
}

static int loop(struct zygote *z)
{
	struct epoll_event events[64];
	uint64_t checked = z->forked;

	for (;;) {
		int n = epoll_wait(z->events, events, 64, -1);
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return fh_complain("wait for events");
		for (int i = 0; i < n; i++) {
			int go_on = handle(z, &events[i]);
			/* A daemon that is gone while a cell is reaped is no trouble. */
			if (go_on < 0 && errno == EPIPE)
				return 0;
			if (go_on < 0)
				return fh_complain("handle an event");
			if (go_on == 0)
				return 0;
			if (z->forked == checked)
				continue;
			checked = z->forked;
			if (fh_descriptors_check(&z->self.descriptors) < 0)
				return -1;
		}
		if (z->draining && z->forked == z->reaped)
			return 0;
	}
}

/* Children die with pid 1 of the box, which ends when this process does. */
int fh_serve(const struct fh_interpreter *interpreter)
{
	static struct zygote z;

	z.interpreter = interpreter;
	for (size_t i = 0; i < MAX_CELLS; i++)
		z.cells[i] = (struct cell){ .connection = -1, .pidfd = -1 };
	/* The daemon's word ends a box, not a stray signal. */
	signal(SIGPIPE, SIG_IGN);
	signal(SIGINT, SIG_IGN);
	signal(SIGTERM, SIG_IGN);

	z.namespace = open("/proc/self/ns/pid", O_RDONLY | O_CLOEXEC);
	if (z.namespace < 0)
		return fh_complain("open the pid namespace");
	if (fh_pages_settle(interpreter, &z.hot) < 0)
		return fh_complain("rehearse in a trial child");
	if (fh_self_measure(&z.self) < 0)
		return -1;
	z.events = epoll_create1(EPOLL_CLOEXEC);
	if (z.events < 0)
		return fh_complain("make an event queue");
	z.control = fh_control_accept(&z.policy);
	if (z.control < 0)
		return -1;
	if (!(z.policy.without & FH_WALL_LANDLOCK) && z.self.landlock_abi < 1) {
		errno = EOPNOTSUPP;
		return fh_complain("ask for Landlock (Linux 5.13 or later, with landlock in lsm=)");
	}
	if (!(z.policy.without & FH_WALL_PROC) && fh_self_hide_processes() < 0)
		return -1;
	/* A caller that is gone again must not make the loop wait for the next. */
	if (fcntl(FH_LISTEN_FD, F_SETFL, O_NONBLOCK) < 0)
		return fh_complain("make the listener non-blocking");
	if (watch(&z, z.control, EPOLLIN | EPOLLRDHUP, ON_CONTROL) < 0 ||
	    watch(&z, FH_LISTEN_FD, EPOLLIN, ON_LISTENER) < 0)
		return fh_complain("watch for the daemon");
	if (fh_descriptors_learn(&z.self.descriptors) < 0 ||
	    fh_control_ready(z.control, interpreter, &z.policy, &z.self, z.namespace) < 0)
		return -1;
	return loop(&z);
}
