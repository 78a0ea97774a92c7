/*
 * huge.c: huge pages are made by copying: new memory that is advised to be
 * huge takes the content, and is moved to the very addresses of the old.
 * MADV_COLLAPSE in place would need one mapping that covers the whole huge
 * page: V8's heap is many of 256 KiB, with holes between them.
 *
 * Nothing may write to memory while it is copied. Node's helper threads are
 * asleep by then, and nothing is left that would wake them: they wait for
 * tasks, and the one thread that could post any is here.
 */
#define _GNU_SOURCE
#include "huge.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <unistd.h>

#include "maps.h"

/* Debian 12's headers lack it (include/uapi/asm-generic/mman-common.h). */
#ifndef MADV_COLLAPSE
#define MADV_COLLAPSE 25
#endif

enum {
	PAGES_IN_HUGE = FH_HUGE_PAGE / FH_PAGE,
	/* 8 GiB; what is beyond stays as it is. */
	MAX_WINDOWS = 4096,
};

/* A window is the room of one huge page. */
static uint64_t window_of(uint64_t address)
{
	return address / FH_HUGE_PAGE;
}

/* The windows in which there is nothing but memory that can be written, and
 * holes. A hole becomes memory too, and nobody knows of it. */
static struct {
	uint64_t at[MAX_WINDOWS];
	size_t count;
	uint64_t taken;	/* the last window that something else is in */
} windows;

static void note_windows(struct fh_mapping m, int pagemap, int unused)
{
	uint64_t first = window_of(m.from), last = window_of(m.end - 1);

	(void)pagemap;
	(void)unused;
	if (!m.memory || !m.private || !m.readable || !m.writable || m.executable) {
		if (windows.count > 0 && windows.at[windows.count - 1] == first)
			windows.count--;
		windows.taken = last;
		return;
	}
	for (uint64_t w = first; w <= last; w++) {
		if (w == windows.taken || (windows.count > 0 && windows.at[windows.count - 1] == w))
			continue;
		if (windows.count < MAX_WINDOWS)
			windows.at[windows.count++] = w;
	}
}

char *fh_huge_room(size_t bytes)
{
	char *made = mmap(NULL, bytes + FH_HUGE_PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	char *room;
	size_t before;

	if (made == MAP_FAILED)
		return NULL;
	room = (char *)(((uintptr_t)made + FH_HUGE_PAGE - 1) / FH_HUGE_PAGE * FH_HUGE_PAGE);
	before = (size_t)(room - made);
	if (before > 0)
		munmap(made, before);
	if (before < FH_HUGE_PAGE)
		munmap(room + bytes, FH_HUGE_PAGE - before);
	return room;
}

/* The kernel takes away what is there before it moves the room: from then on
 * there is no way back. */
void fh_huge_put(char *room, size_t bytes, char *at)
{
	if (mremap(room, bytes, bytes, MREMAP_MAYMOVE | MREMAP_FIXED, at) == MAP_FAILED)
		abort();
}

/* Gives room that will be in huge pages. */
static char *make_room(size_t bytes)
{
	char *room = fh_huge_room(bytes);

	if (room != NULL)
		madvise(room, bytes, MADV_HUGEPAGE);
	return room;
}

/* Where huge pages are off but for who asks (the setting "never"),
 * MADV_COLLAPSE asks (Linux 6.1). */
static void put(char *room, size_t bytes, uint64_t at)
{
	madvise(room, bytes, MADV_COLLAPSE);
	fh_huge_put(room, bytes, (char *)(uintptr_t)at);
}

static void join_window(uint64_t window, int pagemap, uint32_t least)
{
	static uint64_t entries[PAGES_IN_HUGE];
	uint64_t from = window * FH_HUGE_PAGE;
	uint32_t used = 0;
	char *room;

	if (fh_pagemap(pagemap, from, entries, PAGES_IN_HUGE) != PAGES_IN_HUGE)
		return;
	for (size_t i = 0; i < PAGES_IN_HUGE; i++) {
		if (entries[i] & FH_PAGE_GUARD)
			return;
		used += (entries[i] & (FH_PAGE_PRESENT | FH_PAGE_SWAPPED)) != 0;
	}
	if (used < least)
		return;
	room = make_room(FH_HUGE_PAGE);
	if (room == NULL)
		return;
	for (size_t i = 0; i < PAGES_IN_HUGE; i++)
		if (entries[i] & (FH_PAGE_PRESENT | FH_PAGE_SWAPPED))
			memcpy(room + i * FH_PAGE, (const char *)(uintptr_t)from + i * FH_PAGE, FH_PAGE);
	put(room, FH_HUGE_PAGE, from);
}

/*
 * A child inherits machine code that is in huge pages with one entry for 512
 * pages, and need not look up each page of the file again; and the processor
 * finds it faster. The copy is never writable once it is in place.
 */
static void move_code(struct fh_mapping m, int pagemap, int unused)
{
	uint64_t from = (m.from + FH_HUGE_PAGE - 1) / FH_HUGE_PAGE * FH_HUGE_PAGE, end = m.end / FH_HUGE_PAGE * FH_HUGE_PAGE;
	size_t bytes = (size_t)(end - from);
	char *room;

	(void)pagemap;
	(void)unused;
	if (!m.private || !m.readable || !m.executable || m.writable || end <= from)
		return;
	room = make_room(bytes);
	if (room == NULL)
		return;
	memcpy(room, (const char *)(uintptr_t)from, bytes);
	if (mprotect(room, bytes, PROT_READ | PROT_EXEC) < 0) {
		munmap(room, bytes);
		return;
	}
	put(room, bytes, from);
}

static int join_windows(uint32_t least)
{
	uint64_t heap_end = (uint64_t)(uintptr_t)sbrk(0);
	int pagemap = fh_pagemap_open();

	if (pagemap < 0)
		return -1;
	/* The C heap grows into the hole behind it, which must stay one. */
	for (size_t i = 0; i < windows.count; i++)
		if (heap_end % FH_HUGE_PAGE == 0 || windows.at[i] != window_of(heap_end))
			join_window(windows.at[i], pagemap, least);
	close(pagemap);
	return 0;
}

/* Ruby switches huge pages off for itself, for the sake of children's memory:
 * what a child writes is still copied by the small page. */
int fh_join_pages(uint32_t least)
{
	int off = prctl(PR_GET_THP_DISABLE, 0, 0, 0, 0);
	int done;

	prctl(PR_SET_THP_DISABLE, 0, 0, 0, 0);
	done = fh_each_mapping(note_windows, -1) < 0 || join_windows(least) < 0 || fh_each_mapping(move_code, -1) < 0 ? -1 : 0;
	if (off > 0)
		prctl(PR_SET_THP_DISABLE, off, 0, 0, 0);
	return done;
}
