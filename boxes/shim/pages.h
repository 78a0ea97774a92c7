/* pages.h: making a fork of the zygote cheap to use. */
#ifndef FUMEHOOD_PAGES_H
#define FUMEHOOD_PAGES_H

#include <stddef.h>

#include "fumehood.h"

enum { FH_MAX_RUNS = 2048 };

/* Pages, in runs, that most compiles write or read. */
struct fh_hot_pages {
	size_t count;
	struct { char *at; size_t bytes; int written; } runs[FH_MAX_RUNS];
};

/*
 * Settles the zygote's memory before its first real fork: fills the holes of
 * the heap, joins pages, then lets trial children rehearse and notes which
 * pages they used.
 * Returns 0, or -1 with errno set. Needs /proc.
 */
int fh_pages_settle(const struct fh_interpreter *interpreter, struct fh_hot_pages *hot);

/* In a fresh child: copies and maps the hot pages at once instead of fault by
 * fault. */
void fh_pages_bring(const struct fh_hot_pages *hot);

#endif
