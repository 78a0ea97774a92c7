/*
 * walls.c: the audited sequence. Each step is one function of a few lines;
 * fh_walls_up calls them in the order that docs/SECURITY.md explains. No step
 * is "best effort": whatever cannot be done ends the cell before it has read
 * a byte of source.
 */
#define _GNU_SOURCE
#include "walls.h"

#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <linux/capability.h>
#include <linux/landlock.h>
#include <linux/seccomp.h>
#include <linux/securebits.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "fumehood.h"
#include "wire.h"

/* Slot 0 is uid 1000 of the box's user namespace, slot 1 is 1001, and so on. */
enum { FIRST_UID = 1000 };

/* How much of the address space a cell may reserve for each byte it may use. */
enum { ADDRESSES_PER_MEMORY = 4 };

/* Kernel headers of Debian 12 are older than some walls; these numbers are the
 * kernel's own, from include/uapi/linux/landlock.h. */
struct landlock_ruleset {
	uint64_t handled_access_fs;
	uint64_t handled_access_net;
	uint64_t scoped;
};
#define LANDLOCK_FS_REFER (UINT64_C(1) << 13)
#define LANDLOCK_FS_TRUNCATE (UINT64_C(1) << 14)
#define LANDLOCK_FS_IOCTL_DEV (UINT64_C(1) << 15)

/*
 * Says on the box's stderr which step failed, then ends the cell. Before
 * close_others stderr is the box's log; afterwards the words are lost and the
 * exit status alone speaks.
 */
static _Noreturn void fail(const char *step)
{
	char text[160];
	size_t n = 0;
	const char *parts[] = { "fumehood: wall not raised: ", step, ": ", strerrordesc_np(errno), "\n" };

	for (size_t i = 0; i < sizeof(parts) / sizeof(parts[0]); i++)
		for (const char *c = parts[i]; c != NULL && *c != '\0' && n < sizeof(text); c++)
			text[n++] = *c;
	if (write(STDERR_FILENO, text, n) < 0)
		_exit(FH_EXIT_WALLS);
	_exit(FH_EXIT_WALLS);
}

static void must(int result, const char *step)
{
	if (result < 0)
		fail(step);
}

uid_t fh_walls_uid(uint16_t slot)
{
	return FIRST_UID + (uid_t)slot;
}

int fh_policy_parse(struct fh_policy *p, const unsigned char *bytes, size_t length)
{
	size_t count;

	if (length < FH_POLICY_BYTES || fh_get32(bytes) != FH_MAGIC_POLICY || bytes[4] != FH_VERSION)
		return -1;
	count = fh_get16(bytes + 6);
	if (count == 0 || count > FH_POLICY_MAX_FILTER ||
	    length != FH_POLICY_BYTES + count * sizeof(struct sock_filter))
		return -1;
	p->without = fh_get32(bytes + 8);
	p->open_files = fh_get32(bytes + 12);
	p->threads = fh_get32(bytes + 16);
	p->stack_kib = fh_get32(bytes + 20);
	p->pending_signals = fh_get32(bytes + 24);
	p->landlock_fs = fh_get64(bytes + 32);
	p->landlock_net = fh_get64(bytes + 40);
	p->landlock_scoped = fh_get64(bytes + 48);
	p->filter.len = (unsigned short)count;
	p->filter.filter = calloc(count, sizeof(struct sock_filter));
	if (p->filter.filter == NULL)
		return -1;
	for (size_t i = 0; i < count; i++) {
		const unsigned char *at = bytes + FH_POLICY_BYTES + i * 8;
		p->filter.filter[i] = (struct sock_filter){
			.code = fh_get16(at), .jt = at[2], .jf = at[3], .k = fh_get32(at + 4),
		};
	}
	return 0;
}

static int stands(const struct fh_policy *policy, enum fh_wall wall)
{
	return !(policy->without & wall);
}

/* The zygote's sockets, event queues and log go; only the connection stays. */
static void close_others(const struct fh_policy *policy, int connection)
{
	if (connection != FH_CELL_FD)
		must(dup2(connection, FH_CELL_FD), "dup2");
	if (!stands(policy, FH_WALL_DESCRIPTORS))
		return;
	must(close_range(0, FH_CELL_FD - 1, 0), "close_range");
	must(close_range(FH_CELL_FD + 1, ~0U, 0), "close_range");
}

static int limit(int resource, uint64_t value)
{
	struct rlimit r = { .rlim_cur = value, .rlim_max = value };

	return setrlimit((__rlimit_resource_t)resource, &r);
}

/*
 * The CPU limit counts from the fork, in whole seconds, and its hard value is
 * what kills: to pid 1 of a namespace the kernel does not deliver SIGXCPU
 * without a handler. One second more leaves an honest compile the whole of
 * its wall time, which the daemon keeps.
 */
static int limit_cpu(uint32_t seconds)
{
	return limit(RLIMIT_CPU, (uint64_t)seconds + 1);
}

/*
 * DATA bounds private writable memory. AS bounds whatever is mapped: it is
 * wider, as V8 reserves addresses that it never touches, and can be, as no
 * policy lets a cell map shared memory, which DATA does not count.
 */
static int limit_memory(const struct fh_policy *policy, const struct fh_zygote *zygote, uint32_t memory_kib)
{
	uint64_t data = (zygote->data_kib + memory_kib) * 1024;
	uint64_t addresses = (zygote->address_space_kib + ADDRESSES_PER_MEMORY * (uint64_t)memory_kib) * 1024;

	if (stands(policy, FH_WALL_DATA) && limit(RLIMIT_DATA, data) < 0)
		return -1;
	return stands(policy, FH_WALL_ADDRESS_SPACE) ? limit(RLIMIT_AS, addresses) : 0;
}

static void raise_rlimits(const struct fh_policy *policy, const struct fh_zygote *zygote,
			  const struct fh_limits *limits)
{
	const struct {
		enum fh_wall wall;
		int resource;
		uint64_t value;
		const char *name;
	} rows[] = {
		{ FH_WALL_OPEN_FILES, RLIMIT_NOFILE, policy->open_files, "RLIMIT_NOFILE" },
		{ FH_WALL_THREADS, RLIMIT_NPROC, policy->threads, "RLIMIT_NPROC" },
		{ FH_WALL_THREADS, RLIMIT_SIGPENDING, policy->pending_signals, "RLIMIT_SIGPENDING" },
		{ FH_WALL_STACK, RLIMIT_STACK, (uint64_t)policy->stack_kib * 1024, "RLIMIT_STACK" },
		/* A piped core_pattern ignores every core limit but 1 (fs/coredump.c). */
		{ FH_WALL_CORE, RLIMIT_CORE, 1, "RLIMIT_CORE" },
		{ FH_WALL_FILE_SIZE, RLIMIT_FSIZE, 0, "RLIMIT_FSIZE" },
		{ FH_WALL_DATA, RLIMIT_MEMLOCK, 0, "RLIMIT_MEMLOCK" },
		{ FH_WALL_DATA, RLIMIT_MSGQUEUE, 0, "RLIMIT_MSGQUEUE" },
	};

	if (stands(policy, FH_WALL_CPU))
		must(limit_cpu(limits->cpu_seconds), "RLIMIT_CPU");
	must(limit_memory(policy, zygote, limits->memory_kib), "RLIMIT_DATA and RLIMIT_AS");
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		if (stands(policy, rows[i].wall))
			must(limit(rows[i].resource, rows[i].value), rows[i].name);
}

/* When memory runs out in the box, the kernel shall take a cell, never the
 * zygote. /proc shows the zygote's pid namespace, where "self" is this cell. */
static void prefer_as_oom_victim(const struct fh_zygote *zygote)
{
	int fd = openat(zygote->proc_fd, "self/oom_score_adj", O_WRONLY | O_CLOEXEC);

	must(fd, "open oom_score_adj");
	must(fh_write_all(fd, "1000", 4), "write oom_score_adj");
	must(close(fd), "close oom_score_adj");
}

/* Keeps the capabilities over the change of uid: they are needed once more. */
static void change_identity(uint16_t slot)
{
	uid_t id = fh_walls_uid(slot);

	must(prctl(PR_SET_KEEPCAPS, 1, 0, 0, 0), "PR_SET_KEEPCAPS");
	must(setgroups(0, NULL), "setgroups");
	must(setresgid(id, id, id), "setresgid");
	must(setresuid(id, id, id), "setresuid");
}

static int set_capabilities(uint32_t effective, uint32_t permitted)
{
	struct __user_cap_header_struct header = { .version = _LINUX_CAPABILITY_VERSION_3 };
	struct __user_cap_data_struct data[2] = { { .effective = effective, .permitted = permitted } };

	return (int)syscall(SYS_capset, &header, data);
}

static void drop_capabilities(void)
{
	const uint32_t setpcap = 1U << CAP_SETPCAP;

	must(set_capabilities(setpcap, setpcap), "capset");
	for (int cap = 0, held; (held = prctl(PR_CAPBSET_READ, cap, 0, 0, 0)) >= 0; cap++)
		if (held)
			must(prctl(PR_CAPBSET_DROP, cap, 0, 0, 0), "PR_CAPBSET_DROP");
	must(prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_CLEAR_ALL, 0, 0, 0), "PR_CAP_AMBIENT_CLEAR_ALL");
	must(prctl(PR_SET_SECUREBITS, SECBIT_NOROOT | SECBIT_NOROOT_LOCKED |
		   SECBIT_NO_SETUID_FIXUP | SECBIT_NO_SETUID_FIXUP_LOCKED |
		   SECBIT_KEEP_CAPS_LOCKED | SECBIT_NO_CAP_AMBIENT_RAISE |
		   SECBIT_NO_CAP_AMBIENT_RAISE_LOCKED, 0, 0, 0), "PR_SET_SECUREBITS");
	must(set_capabilities(0, 0), "capset");
}

static void expect(int true_enough, const char *claim)
{
	if (!true_enough) {
		errno = EPROTO;
		fail(claim);
	}
}

/* Handles every kind of access this kernel knows and allows none of them. */
static void raise_landlock(const struct fh_policy *policy, int abi)
{
	struct landlock_ruleset set = {
		.handled_access_fs = policy->landlock_fs,
		.handled_access_net = abi >= 4 ? policy->landlock_net : 0,
		.scoped = abi >= 6 ? policy->landlock_scoped : 0,
	};
	size_t size = abi >= 6 ? 24 : abi >= 4 ? 16 : 8;
	int fd;

	if (abi < 2)
		set.handled_access_fs &= ~LANDLOCK_FS_REFER;
	if (abi < 3)
		set.handled_access_fs &= ~LANDLOCK_FS_TRUNCATE;
	if (abi < 5)
		set.handled_access_fs &= ~LANDLOCK_FS_IOCTL_DEV;
	fd = (int)syscall(SYS_landlock_create_ruleset, &set, size, 0);
	must(fd, "landlock_create_ruleset");
	must((int)syscall(SYS_landlock_restrict_self, fd, 0), "landlock_restrict_self");
	must(close(fd), "close Landlock ruleset");
	/* The filter, which is next, would refuse this by itself. */
	expect(open("/", O_RDONLY | O_DIRECTORY) < 0 && errno == EACCES, "self-check: Landlock");
}

/* The connection is what FH_CELL_FD stands for, and no number that the zygote
 * ever used stands for anything else. */
static void check_descriptors(const struct fh_policy *policy, const struct fh_descriptors *zygotes, int connection)
{
	const struct fh_descriptor *want = &zygotes->at[connection];
	struct stat got;

	expect(fstat(FH_CELL_FD, &got) == 0 && got.st_dev == want->device && got.st_ino == want->inode &&
	       S_ISSOCK(got.st_mode), "self-check: connection");
	for (int fd = 0; fd <= zygotes->highest + 1 && stands(policy, FH_WALL_DESCRIPTORS); fd++)
		expect(fd == FH_CELL_FD || (fcntl(fd, F_GETFD) < 0 && errno == EBADF), "self-check: descriptors");
}

/* Looks at the finished wall from inside: a step that reported success and
 * changed nothing is found here. */
static void self_check(const struct fh_policy *policy, const struct fh_zygote *zygote, uint16_t slot, int connection)
{
	struct stat unused;
	uid_t id = fh_walls_uid(slot);

	check_descriptors(policy, &zygote->descriptors, connection);
	if (stands(policy, FH_WALL_NO_NEW_PRIVS))
		expect(prctl(PR_GET_NO_NEW_PRIVS, 0, 0, 0, 0) == 1, "self-check: no_new_privs");
	if (stands(policy, FH_WALL_DUMPABLE))
		expect(prctl(PR_GET_DUMPABLE, 0, 0, 0, 0) == 0, "self-check: dumpable");
	if (stands(policy, FH_WALL_PROC))
		expect(stat("/proc/self", &unused) < 0, "self-check: /proc is visible");
	if (stands(policy, FH_WALL_PID_NAMESPACE))
		expect(getpid() == 1, "self-check: pid namespace");
	if (stands(policy, FH_WALL_UID))
		expect(getuid() == id && geteuid() == id && getgid() == id && getegid() == id &&
		       getgroups(0, NULL) == 0, "self-check: identity");
	if (stands(policy, FH_WALL_SECCOMP))
		expect(prctl(PR_GET_SECCOMP, 0, 0, 0, 0) == SECCOMP_MODE_FILTER &&
		       socket(AF_UNIX, SOCK_STREAM, 0) < 0 && errno == EPERM, "self-check: system calls");
}

void fh_walls_up(const struct fh_policy *policy, const struct fh_zygote *zygote,
		 const struct fh_limits *limits, uint16_t slot, int connection)
{
	/* The oom score needs /proc, whose descriptor close_others takes. */
	prefer_as_oom_victim(zygote);
	close_others(policy, connection);
	raise_rlimits(policy, zygote, limits);
	if (stands(policy, FH_WALL_UID))
		change_identity(slot);
	if (stands(policy, FH_WALL_CAPABILITIES))
		drop_capabilities();
	if (stands(policy, FH_WALL_NO_NEW_PRIVS))
		must(prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0), "PR_SET_NO_NEW_PRIVS");
	must(prctl(PR_SET_DUMPABLE, stands(policy, FH_WALL_DUMPABLE) ? 0 : 1, 0, 0, 0), "PR_SET_DUMPABLE");
	must(prctl(PR_SET_PDEATHSIG, SIGKILL, 0, 0, 0), "PR_SET_PDEATHSIG");
	if (stands(policy, FH_WALL_LANDLOCK))
		raise_landlock(policy, zygote->landlock_abi);
	if (stands(policy, FH_WALL_SECCOMP))
		must((int)syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, 0, &policy->filter), "seccomp");
	self_check(policy, zygote, slot, connection);
}

int fh_walls_lower(const struct fh_policy *policy, const struct fh_zygote *zygote,
		   uint32_t cpu_seconds, uint32_t memory_kib)
{
	if (stands(policy, FH_WALL_CPU) && limit_cpu(cpu_seconds) < 0)
		return -1;
	return limit_memory(policy, zygote, memory_kib);
}
