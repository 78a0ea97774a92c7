/*
 * priority.c: a cell that takes long gives way (docs/adr/023).
 */
#define _GNU_SOURCE
#include "priority.h"

#include <errno.h>
#include <sys/resource.h>
#include <time.h>

#include "complain.h"

enum { MOST_NICE = 19 };

uint64_t fh_used_by(pid_t pid)
{
	struct timespec used;

	/* As clock_getcpuclockid(3) makes the clock's number. */
	if (clock_gettime((clockid_t)(~(unsigned int)pid << 3 | 2), &used) < 0)
		return 0;
	return (uint64_t)used.tv_sec * 1000000 + (uint64_t)used.tv_nsec / 1000;
}

void fh_give_way(uid_t uid, uint32_t value)
{
	static int complained;
	int nice = value < MOST_NICE ? (int)value : MOST_NICE;

	if (setpriority(PRIO_USER, (id_t)uid, nice) < 0 && errno != ESRCH && !complained++)
		fh_complain("lower a cell's priority");
}
