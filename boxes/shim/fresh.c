/*
 * fresh.c: an interpreter's nursery, where all its new objects are made, is
 * large, is written from one end to the other, and holds nothing at the fork.
 * To copy it page by page, on write, is waste: 2 us a page, and Babel wrote
 * 3,000 of them. So the zygote gives it back, and a child has huge pages of zeros
 * in its place, at 0.2 ms for 512 pages (docs/BENCHMARKS.md).
 *
 * What the interpreter keeps at the head of each part of its nursery is written
 * anew into the huge page: that first write is what makes it.
 */
#define _GNU_SOURCE
#include "fresh.h"

#include <string.h>
#include <sys/mman.h>

#include "huge.h"
#include "maps.h"

enum {
	/* As many zeroed pages cost as much as one huge one. */
	WORTH_A_HUGE_PAGE = 96,
	MAX_WINDOWS = 32,
	PARTS = 16,	/* of a nursery in one window */
};

/* One huge page's worth of nursery, and nothing else. */
struct window {
	char *at;
	int chosen;
	size_t parts;
	struct { char *at, *kept; size_t head; } part[PARTS];
};

static struct {
	struct window at[MAX_WINDOWS];
	size_t count;
} windows;

static size_t up_to_page(size_t bytes)
{
	return (bytes + FH_PAGE - 1) / FH_PAGE * FH_PAGE;
}

static char *window_of(const char *at)
{
	return (char *)((uintptr_t)at / FH_HUGE_PAGE * FH_HUGE_PAGE);
}

static struct window *find(const char *at)
{
	for (size_t i = 0; i < windows.count; i++)
		if (windows.at[i].at == at)
			return &windows.at[i];
	return NULL;
}

/* Files a part of the nursery under its window. */
static void file(const struct fh_nursery *n)
{
	struct window *w = find(window_of(n->at));

	if (w == NULL && windows.count < MAX_WINDOWS) {
		w = &windows.at[windows.count++];
		w->at = window_of(n->at);
	}
	if (w == NULL || w->parts == PARTS)
		return;
	w->part[w->parts].at = n->at;
	w->part[w->parts].head = n->head;
	w->parts++;
}

/* Puts one mapping in place of the window's many, with the heads in it, and
 * keeps a copy of them. Returns 0, or -1 with errno set. */
static int unite(struct window *w, char **keep)
{
	char *room = fh_huge_room(FH_HUGE_PAGE);

	if (room == NULL)
		return -1;
	/* Or the kernel would make a huge page of it, now or in time. */
	madvise(room, FH_HUGE_PAGE, MADV_NOHUGEPAGE);
	for (size_t i = 0; i < w->parts; i++) {
		w->part[i].kept = *keep;
		memcpy(*keep, w->part[i].at, w->part[i].head);
		*keep += w->part[i].head;
		memcpy(room + (w->part[i].at - w->at), w->part[i].at, w->part[i].head);
	}
	fh_huge_put(room, FH_HUGE_PAGE, w->at);
	return 0;
}

int fh_fresh_give_back(const struct fh_nursery *nursery, size_t count)
{
	size_t kept = 0, whole = 0;
	char *keep;

	for (size_t i = 0; i < count; i++) {
		size_t head = up_to_page(nursery[i].head);

		madvise(nursery[i].at + head, nursery[i].bytes - head, MADV_DONTNEED);
		file(&nursery[i]);
		kept += nursery[i].head;
	}
	for (size_t i = 0; i < windows.count; i++)
		if (windows.at[i].parts * nursery[0].bytes == FH_HUGE_PAGE)
			windows.at[whole++] = windows.at[i];
	windows.count = whole;
	if (whole == 0)
		return 0;
	keep = mmap(NULL, up_to_page(kept), PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	if (keep == MAP_FAILED)
		return -1;
	for (size_t i = 0; i < windows.count; i++)
		if (unite(&windows.at[i], &keep) < 0)
			return -1;
	return 0;
}

int fh_fresh_choose(uint64_t window, size_t pages)
{
	struct window *w = find((char *)(uintptr_t)window);

	if (w == NULL || pages < WORTH_A_HUGE_PAGE)
		return 0;
	w->chosen = 1;
	return 1;
}

void fh_fresh_bring(void)
{
	for (size_t i = 0; i < windows.count; i++) {
		const struct window *w = &windows.at[i];

		if (!w->chosen || madvise(w->at, FH_HUGE_PAGE, MADV_HUGEPAGE) < 0 || madvise(w->at, FH_HUGE_PAGE, MADV_DONTNEED) < 0)
			continue;
		for (size_t k = 0; k < w->parts; k++)
			memcpy(w->part[k].at, w->part[k].kept, w->part[k].head);
	}
}
