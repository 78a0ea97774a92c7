/*
 * pages.c: what a fork costs is its page tables, and what a compile in a fresh
 * child costs first of all is page faults: it shares every page with the
 * zygote until it writes it. Three things are done about that, all before the
 * first job exists. The figures are in docs/BENCHMARKS.md.
 *
 * 1. After preloading, the C heap is full of small holes, and every malloc of
 *    a compile would land in another page. The holes are filled for good, so
 *    that a child allocates from the top, densely.
 * 2. Memory that is well filled is joined to huge pages, which a fork copies
 *    with one entry instead of 512 (MADV_COLLAPSE, Linux 6.1).
 * 3. Which pages a compile writes, and which of the libraries it reads, hardly
 *    depends on its source. One trial child shows them; every later child has
 *    the first copied and the second mapped in one go, by MADV_POPULATE_WRITE
 *    and _READ (Linux 5.14), while it is being parked.
 *
 * On an older kernel the second and third do nothing, and cells are slower.
 */
#define _GNU_SOURCE
#include "pages.h"

#include <errno.h>
#include <fcntl.h>
#include <malloc.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "wire.h"

/* Debian 12's headers lack the newer of these (include/uapi/asm-generic/mman-common.h). */
#ifndef MADV_POPULATE_READ
#define MADV_POPULATE_READ 22
#endif
#ifndef MADV_POPULATE_WRITE
#define MADV_POPULATE_WRITE 23
#endif
#ifndef MADV_COLLAPSE
#define MADV_COLLAPSE 25
#endif

enum {
	LARGEST_HOLE = 128 * 1024,	/* above this malloc uses mmap */
	SMALLEST_HOLE = 24,
	PAGE = 4096,
	HUGE_PAGE = 2 * 1024 * 1024,
	PAGES_IN_HUGE = HUGE_PAGE / PAGE,
	/* Joining emptier memory would cost more memory than it saves time. */
	WORTH_JOINING = PAGES_IN_HUGE / 2,
	PAGEMAP_ENTRIES = 512,
};

/* Bits of /proc/pid/pagemap (Documentation/admin-guide/mm/pagemap.rst). */
#define PAGE_PRESENT (UINT64_C(1) << 63)
#define PAGE_OF_FILE (UINT64_C(1) << 61)
#define PAGE_EXCLUSIVE (UINT64_C(1) << 56)

/* Allocates at one size until an allocation comes from the top of the heap,
 * which means that no hole of that size is left. */
static void fill_holes_of(size_t size)
{
	for (;;) {
		char *p = malloc(size);
		const char *end = sbrk(0);

		if (p == NULL)
			return;
		if (p + size >= end - mallinfo2().keepcost - 2 * sizeof(size_t)) {
			free(p);
			return;
		}
	}
}

static void fill_holes(void)
{
	size_t size = LARGEST_HOLE;

	while (size >= SMALLEST_HOLE) {
		fill_holes_of(size);
		size = size > 4096 ? size / 2 : size > 1024 ? size - 64 : size - 16;
	}
}

struct mapping {
	uint64_t from, end;
	int writable;
};

/* Calls visit for every private mapping of this process. */
static int each_mapping(void (*visit)(struct mapping m, int pagemap, int to), int to)
{
	static char line[512];
	FILE *maps = fopen("/proc/self/maps", "re");
	int pagemap = open("/proc/self/pagemap", O_RDONLY | O_CLOEXEC);

	if (maps == NULL || pagemap < 0)
		return -1;
	while (fgets(line, sizeof(line), maps) != NULL) {
		unsigned long long from, end;
		char rights[5];

		if (sscanf(line, "%llx-%llx %4s", &from, &end, rights) == 3 && rights[0] == 'r' && rights[3] == 'p')
			visit((struct mapping){ from, end, rights[1] == 'w' }, pagemap, to);
	}
	close(pagemap);
	fclose(maps);
	return 0;
}

/* Reads count pagemap entries for the pages from at on. */
static size_t look_up(int pagemap, uint64_t at, uint64_t *entries, size_t count)
{
	ssize_t got = pread(pagemap, entries, count * sizeof(*entries), (off_t)(at / PAGE * sizeof(*entries)));

	return got < 0 ? 0 : (size_t)got / sizeof(*entries);
}

static int is_worth_joining(int pagemap, uint64_t at)
{
	static uint64_t entries[PAGES_IN_HUGE];
	size_t count = look_up(pagemap, at, entries, PAGES_IN_HUGE);
	int present = 0;

	for (size_t i = 0; i < count; i++)
		present += (entries[i] & PAGE_PRESENT) != 0;
	return present >= WORTH_JOINING;
}

static void join_mapping(struct mapping m, int pagemap, int unused)
{
	(void)unused;
	if (!m.writable)
		return;
	for (uint64_t at = (m.from + HUGE_PAGE - 1) / HUGE_PAGE * HUGE_PAGE; at + HUGE_PAGE <= m.end; at += HUGE_PAGE) {
		void *here = (void *)(uintptr_t)at;

		if (is_worth_joining(pagemap, at) && madvise(here, HUGE_PAGE, MADV_HUGEPAGE) == 0)
			madvise(here, HUGE_PAGE, MADV_COLLAPSE);
	}
}

/* Ruby switches huge pages off for itself, for the sake of children's memory:
 * what a child writes is still copied by the small page. */
static int join_pages(void)
{
	int off = prctl(PR_GET_THP_DISABLE, 0, 0, 0, 0);
	int done;

	prctl(PR_SET_THP_DISABLE, 0, 0, 0, 0);
	done = each_mapping(join_mapping, -1);
	if (off > 0)
		prctl(PR_SET_THP_DISABLE, off, 0, 0, 0);
	return done;
}

struct run {
	uint64_t at, bytes;
	int written;
};

/* Writes a run to the zygote, unless it is empty. */
static void tell(int to, struct run *run)
{
	if (run->bytes > 0 && fh_write_all(to, run, sizeof(*run)) < 0)
		_exit(1);
	run->bytes = 0;
}

/* Tells the pages of m that the rehearsal wrote, if m can be written, or else
 * read: a fork brings no page of a file along. */
static void tell_used(struct mapping m, int pagemap, int to)
{
	static uint64_t entries[PAGEMAP_ENTRIES];
	struct run run = { .written = m.writable };
	uint64_t used = m.writable ? PAGE_PRESENT | PAGE_EXCLUSIVE : PAGE_PRESENT | PAGE_OF_FILE;
	uint64_t from = m.from;

	while (from < m.end) {
		uint64_t left = (m.end - from) / PAGE;
		size_t count = look_up(pagemap, from, entries, left < PAGEMAP_ENTRIES ? (size_t)left : PAGEMAP_ENTRIES);

		if (count == 0)
			break;
		for (size_t i = 0; i < count; i++, from += PAGE) {
			if ((entries[i] & used) == used) {
				if (run.bytes == 0)
					run.at = from;
				run.bytes += PAGE;
			} else {
				tell(to, &run);
			}
		}
	}
	tell(to, &run);
}

static _Noreturn void rehearse_and_tell(const struct fh_interpreter *interpreter, int to)
{
	interpreter->rehearse();
	_exit(each_mapping(tell_used, to) < 0);
}

static int learn(int from, struct fh_hot_pages *hot)
{
	struct run run;

	hot->count = 0;
	while (fh_read_all(from, &run, sizeof(run)) == 0) {
		if (hot->count == FH_MAX_RUNS)
			continue;
		hot->runs[hot->count].at = (char *)(uintptr_t)run.at;
		hot->runs[hot->count].bytes = run.bytes;
		hot->runs[hot->count].written = run.written;
		hot->count++;
	}
	return hot->count > 0 ? 0 : -1;
}

int fh_pages_settle(const struct fh_interpreter *interpreter, struct fh_hot_pages *hot)
{
	int ends[2], status, learned;
	pid_t trial;

	fill_holes();
	if (join_pages() < 0)
		return -1;
	if (pipe2(ends, O_CLOEXEC) < 0)
		return -1;
	trial = interpreter->fork();
	if (trial == 0)
		rehearse_and_tell(interpreter, ends[1]);
	close(ends[1]);
	learned = trial < 0 ? -1 : learn(ends[0], hot);
	close(ends[0]);
	if (trial < 0 || waitpid(trial, &status, 0) != trial)
		return -1;
	if (learned < 0 || status != 0) {
		errno = EPROTO;
		return -1;
	}
	return 0;
}

void fh_pages_bring(const struct fh_hot_pages *hot)
{
	/* An older kernel refuses the advice; the faults then come one by one. */
	for (size_t i = 0; i < hot->count; i++)
		if (madvise(hot->runs[i].at, hot->runs[i].bytes,
			    hot->runs[i].written ? MADV_POPULATE_WRITE : MADV_POPULATE_READ) < 0 && errno == EINVAL)
			return;
}
