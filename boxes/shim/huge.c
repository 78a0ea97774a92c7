#define _GNU_SOURCE
#include "huge.h"

#include <stdint.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>

#include "maps.h"

/* Debian 12's headers lack it (include/uapi/asm-generic/mman-common.h). */
#ifndef MADV_COLLAPSE
#define MADV_COLLAPSE 25
#endif

enum {
	PAGES_IN_HUGE = FH_HUGE_PAGE / FH_PAGE,
	/* Joining emptier memory would cost more memory than it saves time. */
	WORTH_JOINING = PAGES_IN_HUGE / 2,
};

static int is_worth_joining(int pagemap, uint64_t at)
{
	static uint64_t entries[PAGES_IN_HUGE];
	size_t count = fh_pagemap(pagemap, at, entries, PAGES_IN_HUGE);
	int present = 0;

	for (size_t i = 0; i < count; i++)
		present += (entries[i] & FH_PAGE_PRESENT) != 0;
	return present >= WORTH_JOINING;
}

static void join_mapping(struct fh_mapping m, int pagemap, int unused)
{
	(void)unused;
	if (!m.writable)
		return;
	for (uint64_t at = (m.from + FH_HUGE_PAGE - 1) / FH_HUGE_PAGE * FH_HUGE_PAGE; at + FH_HUGE_PAGE <= m.end; at += FH_HUGE_PAGE) {
		void *here = (void *)(uintptr_t)at;

		if (is_worth_joining(pagemap, at) && madvise(here, FH_HUGE_PAGE, MADV_HUGEPAGE) == 0)
			madvise(here, FH_HUGE_PAGE, MADV_COLLAPSE);
	}
}

/*
 * Puts the machine code of a mapping into huge pages of this process, at the
 * same addresses. A child then inherits it with one entry for 512 pages, and
 * need not look up each page of the file again; and the processor finds it
 * faster. The copy is never writable once it is in place.
 */
static void move_code(struct fh_mapping m, int pagemap, int unused)
{
	uint64_t from = (m.from + FH_HUGE_PAGE - 1) / FH_HUGE_PAGE * FH_HUGE_PAGE, end = m.end / FH_HUGE_PAGE * FH_HUGE_PAGE;
	size_t bytes = (size_t)(end - from);
	char *room, *copy;

	(void)pagemap;
	(void)unused;
	if (!m.executable || m.writable || end <= from)
		return;
	room = mmap(NULL, bytes + FH_HUGE_PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	if (room == MAP_FAILED)
		return;
	copy = (char *)(((uintptr_t)room + FH_HUGE_PAGE - 1) / FH_HUGE_PAGE * FH_HUGE_PAGE);
	madvise(copy, bytes, MADV_HUGEPAGE);
	memcpy(copy, (const char *)(uintptr_t)from, bytes);
	if (mprotect(copy, bytes, PROT_READ | PROT_EXEC) == 0)
		mremap(copy, bytes, bytes, MREMAP_MAYMOVE | MREMAP_FIXED, (void *)(uintptr_t)from);
	munmap(room, bytes + FH_HUGE_PAGE);
}

/* Ruby switches huge pages off for itself, for the sake of children's memory:
 * what a child writes is still copied by the small page. */
int fh_join_pages(void)
{
	int off = prctl(PR_GET_THP_DISABLE, 0, 0, 0, 0);
	int done;

	prctl(PR_SET_THP_DISABLE, 0, 0, 0, 0);
	done = fh_each_mapping(join_mapping, -1) < 0 || fh_each_mapping(move_code, -1) < 0 ? -1 : 0;
	if (off > 0)
		prctl(PR_SET_THP_DISABLE, off, 0, 0, 0);
	return done;
}
