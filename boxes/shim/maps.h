/* maps.h: what this process has mapped, as /proc tells it. */
#ifndef FUMEHOOD_MAPS_H
#define FUMEHOOD_MAPS_H

#include <stddef.h>
#include <stdint.h>

enum { FH_PAGE = 4096, FH_HUGE_PAGE = 2 * 1024 * 1024 };

/* Bits of /proc/pid/pagemap (Documentation/admin-guide/mm/pagemap.rst). */
#define FH_PAGE_PRESENT (UINT64_C(1) << 63)
#define FH_PAGE_OF_FILE (UINT64_C(1) << 61)
#define FH_PAGE_EXCLUSIVE (UINT64_C(1) << 56)

struct fh_mapping {
	uint64_t from, end;
	int writable, executable;
};

/* Calls visit, with extra, for every private mapping of this process that can be
 * read. Returns 0, or -1 with errno set. */
int fh_each_mapping(void (*visit)(struct fh_mapping m, int pagemap, int extra), int extra);

/* Reads count pagemap entries for the pages from at on, and returns how many
 * there were. */
size_t fh_pagemap(int pagemap, uint64_t at, uint64_t *entries, size_t count);

#endif
