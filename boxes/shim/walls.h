/*
 * walls.h: the inner wall, as data that the daemon sends and as one function
 * that raises it.
 */
#ifndef FUMEHOOD_WALLS_H
#define FUMEHOOD_WALLS_H

#include <linux/filter.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "descriptors.h"

/* A wall that a policy may leave out. Only tests do, to show that it is this
 * wall which refuses; the daemon's own policy leaves out none. */
enum fh_wall {
	FH_WALL_PID_NAMESPACE = 1 << 0,
	FH_WALL_UID = 1 << 1,
	FH_WALL_CAPABILITIES = 1 << 2,
	FH_WALL_LANDLOCK = 1 << 3,
	FH_WALL_SECCOMP = 1 << 4,
	FH_WALL_NO_NEW_PRIVS = 1 << 5,
	FH_WALL_DUMPABLE = 1 << 6,
	FH_WALL_DESCRIPTORS = 1 << 7,
	FH_WALL_PROC = 1 << 8,
	FH_WALL_CPU = 1 << 9,
	FH_WALL_DATA = 1 << 10,
	FH_WALL_ADDRESS_SPACE = 1 << 11,
	FH_WALL_THREADS = 1 << 12,
	FH_WALL_OPEN_FILES = 1 << 13,
	FH_WALL_STACK = 1 << 14,
	FH_WALL_FILE_SIZE = 1 << 15,
	FH_WALL_CORE = 1 << 16,
};

/* What holds for every cell of a box. Built by internal/box, sent once. */
struct fh_policy {
	uint32_t without;	/* enum fh_wall bits */
	uint32_t open_files, threads, stack_kib, pending_signals;
	uint64_t landlock_fs, landlock_net, landlock_scoped;
	struct sock_fprog filter;
};

/* What holds for one cell. */
struct fh_limits {
	uint32_t cpu_seconds;
	uint32_t memory_kib;	/* above the zygote */
	uint32_t job_bytes;	/* the longest job frame it will read */
};

/* What the zygote knows of itself. All but the descriptors was measured before
 * its first fork. */
struct fh_zygote {
	uint64_t address_space_kib, data_kib, rss_kib;
	int landlock_abi;	/* 0: the kernel has none */
	int proc_fd;		/* /proc, kept open after it was unmounted */
	struct fh_descriptors descriptors;
};

/*
 * Reads a policy that the daemon sent: bytes are the whole of it. Returns 0,
 * or -1 when it is malformed. The filter is copied.
 */
int fh_policy_parse(struct fh_policy *p, const unsigned char *bytes, size_t length);

/* The uid of the cell in a slot, in the box's user namespace. */
uid_t fh_walls_uid(uint16_t slot);

/*
 * Raises every wall around the calling process, which must be fresh from a
 * fork of the zygote, and leaves it with one descriptor, FH_CELL_FD, which
 * was connection. Ends the process with FH_EXIT_WALLS when any step fails.
 */
void fh_walls_up(const struct fh_policy *policy, const struct fh_zygote *zygote,
		 const struct fh_limits *limits, uint16_t slot, int connection);

/* Lowers the limits of the calling cell to what its job asks for. Raising
 * is refused by the kernel. Returns 0 or -1. */
int fh_walls_lower(const struct fh_policy *policy, const struct fh_zygote *zygote,
		   uint32_t cpu_seconds, uint32_t memory_kib);

#endif
