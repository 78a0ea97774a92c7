/*
 * pages.c: what a fork costs is its page tables, and what a compile in a fresh
 * child costs first of all is page faults: it shares every page with the
 * zygote until it writes it. Three things are done about that, all before the
 * first job exists. The figures are in docs/BENCHMARKS.md.
 *
 * 1. After preloading, the C heap is full of small holes, and every malloc of
 *    a compile would land in another page. The holes are filled for good, so
 *    that a child allocates from the top, densely.
 * 2. Memory that is filled well enough is joined to huge pages, which a fork
 *    copies with one entry instead of 512 (huge.c), and guard pages are moved
 *    into the page table, where they are no mappings (guards.c).
 * 3. Which pages a compile writes, and which of the libraries it reads, hardly
 *    depends on its source. Trial children show them, one for each language;
 *    every later child has the first copied and the second mapped while it is
 *    being parked, long runs of them by MADV_POPULATE_WRITE and _READ (Linux
 *    5.14). Room for new objects is not copied at all (fresh.c).
 */
#define _GNU_SOURCE
#include "pages.h"

#include <errno.h>
#include <fcntl.h>
#include <malloc.h>
#include <stdint.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include "fresh.h"
#include "guards.h"
#include "huge.h"
#include "maps.h"
#include "wire.h"

/* Debian 12's headers lack these (include/uapi/asm-generic/mman-common.h). */
#ifndef MADV_POPULATE_READ
#define MADV_POPULATE_READ 22
#endif
#ifndef MADV_POPULATE_WRITE
#define MADV_POPULATE_WRITE 23
#endif

enum {
	LARGEST_HOLE = 128 * 1024,	/* above this malloc uses mmap */
	SMALLEST_HOLE = 16,
	PAGEMAP_ENTRIES = 512,
	USED_PAGES_PER_REHEARSAL = 32 * 1024,
	WORTH_ASKING = 4,
};

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

/* One page that a rehearsal used: its address, and in its lowest bit whether
 * it was written. */
typedef uint64_t used_page;

enum { WRITTEN = 1 };

/* What the trial children tell. It is a mapping of its own, so that it leaves
 * the heap as it is. */
struct used_pages {
	used_page *at;
	size_t count, room;
};

/* Tells the pages of m that the rehearsal wrote, if m can be written, or else
 * read: a fork brings no page of a file along. */
static void tell_used(struct fh_mapping m, int pagemap, int to)
{
	static uint64_t entries[PAGEMAP_ENTRIES];
	static used_page told[PAGEMAP_ENTRIES];
	uint64_t used = m.writable ? FH_PAGE_PRESENT | FH_PAGE_EXCLUSIVE : FH_PAGE_PRESENT | FH_PAGE_OF_FILE;
	uint64_t from = m.from;

	if (!m.readable || !m.private)
		return;
	while (from < m.end) {
		uint64_t left = (m.end - from) / FH_PAGE;
		size_t count = fh_pagemap(pagemap, from, entries, left < PAGEMAP_ENTRIES ? (size_t)left : PAGEMAP_ENTRIES);
		size_t tell = 0;

		if (count == 0)
			break;
		for (size_t i = 0; i < count; i++, from += FH_PAGE)
			if ((entries[i] & used) == used)
				told[tell++] = from | (m.writable ? WRITTEN : 0);
		if (tell > 0 && fh_write_all(to, told, tell * sizeof(*told)) < 0)
			_exit(1);
	}
}

static _Noreturn void rehearse_and_tell(const struct fh_interpreter *interpreter, uint32_t which, int to)
{
	interpreter->rehearse(which);
	_exit(fh_each_mapping(tell_used, to) < 0);
}

/* What the zygote writes down becomes a page of the trial child's own too. */
static int is_of(const struct used_pages *used, used_page page)
{
	return page >= (uintptr_t)used->at && page < (uintptr_t)(used->at + used->room);
}

static void listen_to(int from, struct used_pages *used)
{
	used_page page;

	while (fh_read_all(from, &page, sizeof(page)) == 0)
		if (used->count < used->room && !is_of(used, page))
			used->at[used->count++] = page;
}

/* One rehearsal in a trial child. Returns 0, or -1 with errno set. */
static int try_one(const struct fh_interpreter *interpreter, uint32_t which, struct used_pages *used)
{
	size_t before = used->count;
	int ends[2], status;
	pid_t trial;

	if (pipe2(ends, O_CLOEXEC) < 0)
		return -1;
	trial = interpreter->fork();
	if (trial == 0)
		rehearse_and_tell(interpreter, which, ends[1]);
	close(ends[1]);
	if (trial > 0)
		listen_to(ends[0], used);
	close(ends[0]);
	if (trial < 0 || waitpid(trial, &status, 0) != trial)
		return -1;
	if (status != 0 || used->count == before) {
		errno = EPROTO;
		return -1;
	}
	return 0;
}

static int by_address(const void *a, const void *b)
{
	used_page x = *(const used_page *)a, y = *(const used_page *)b;

	return (x > y) - (x < y);
}

/* Joins a page to the run before it, if it follows that. */
static void add_page(struct fh_hot_pages *hot, used_page page)
{
	char *at = (char *)(uintptr_t)(page & ~(uint64_t)WRITTEN);
	int written = page & WRITTEN;
	size_t last = hot->count - 1;

	if (hot->count > 0 && hot->runs[last].written == written &&
	    at == hot->runs[last].at + hot->runs[last].bytes) {
		hot->runs[last].bytes += FH_PAGE;
		return;
	}
	if (hot->count == FH_MAX_RUNS)
		return;
	hot->runs[hot->count].at = at;
	hot->runs[hot->count].bytes = FH_PAGE;
	hot->runs[hot->count].written = written;
	hot->count++;
}

/* Keeps the pages that at least half of the rehearsals used, each once, in the
 * order of their addresses: a cell does not know yet which of the languages it
 * will compile. */
static void keep_usual(struct used_pages *used, uint32_t rehearsals)
{
	size_t same, kept = 0;

	qsort(used->at, used->count, sizeof(*used->at), by_address);
	for (size_t i = 0; i < used->count; i += same) {
		for (same = 1; i + same < used->count && used->at[i + same] == used->at[i]; same++)
			continue;
		if (2 * same >= rehearsals)
			used->at[kept++] = used->at[i];
	}
	used->count = kept;
}

/* The usual pages, and how far they have been compared with the mappings. */
static struct {
	struct used_pages *used;
	size_t next, kept;
} mapped;

static void keep_if_mapped(struct fh_mapping m, int pagemap, int unused)
{
	(void)pagemap;
	(void)unused;
	for (; mapped.next < mapped.used->count; mapped.next++) {
		used_page page = mapped.used->at[mapped.next];

		if (page >= m.end)
			return;
		if (page >= m.from && m.private && m.readable && (m.writable || !(page & WRITTEN)))
			mapped.used->at[mapped.kept++] = page;
	}
}

/* Drops what a trial child mapped itself: a cell has no such page to use. */
static int keep_mapped(struct used_pages *used)
{
	mapped.used = used;
	if (fh_each_mapping(keep_if_mapped, 0) < 0)
		return -1;
	used->count = mapped.kept;
	return 0;
}

static void choose(const struct used_pages *used, struct fh_hot_pages *hot)
{
	size_t same;

	hot->count = 0;
	for (size_t i = 0; i < used->count; i += same) {
		uint64_t window = used->at[i] / FH_HUGE_PAGE;

		for (same = 1; i + same < used->count && used->at[i + same] / FH_HUGE_PAGE == window; same++)
			continue;
		if (fh_fresh_choose(window * FH_HUGE_PAGE, same))
			continue;
		for (size_t k = 0; k < same; k++)
			add_page(hot, used->at[i + k]);
	}
}

int fh_pages_settle(const struct fh_interpreter *interpreter, struct fh_hot_pages *hot)
{
	struct used_pages used = { .room = USED_PAGES_PER_REHEARSAL * (size_t)interpreter->rehearsals };
	size_t bytes = used.room * sizeof(used_page);
	int failed = 0;

	fill_holes();
	if (interpreter->keeps_guards && fh_guards_join() < 0)
		return -1;
	if (fh_fresh_give_back(interpreter->nursery, interpreter->nursery_count) < 0 || fh_join_pages(interpreter->joined_from) < 0)
		return -1;
	used.at = mmap(NULL, bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	if (used.at == MAP_FAILED)
		return -1;
	for (uint32_t i = 0; i < interpreter->rehearsals && !failed; i++)
		failed = try_one(interpreter, i, &used) < 0;
	if (!failed) {
		keep_usual(&used, interpreter->rehearsals);
		failed = keep_mapped(&used) < 0;
		choose(&used, hot);
	}
	munmap(used.at, bytes);
	return failed ? -1 : 0;
}

/* A few pages are brought sooner by using them than by asking for them. */
static void bring(char *at, size_t bytes, int written)
{
	/* An older kernel refuses the advice. */
	if (bytes >= WORTH_ASKING * FH_PAGE &&
	    (madvise(at, bytes, written ? MADV_POPULATE_WRITE : MADV_POPULATE_READ) == 0 || errno != EINVAL))
		return;
	for (size_t i = 0; i < bytes; i += FH_PAGE) {
		volatile char *page = at + i;

		if (written)
			__atomic_fetch_or(page, 0, __ATOMIC_RELAXED);
		else
			(void)*page;
	}
}

void fh_pages_bring(const struct fh_hot_pages *hot)
{
	fh_fresh_bring();
	for (size_t i = 0; i < hot->count; i++)
		bring(hot->runs[i].at, hot->runs[i].bytes, hot->runs[i].written);
}
