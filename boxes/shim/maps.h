/* maps.h: what this process has mapped, as /proc tells it. */
#ifndef FUMEHOOD_MAPS_H
#define FUMEHOOD_MAPS_H

#include <stddef.h>
#include <stdint.h>

#include "fumehood.h"

enum { FH_PAGE = 4096 };

/* Bits of /proc/pid/pagemap (Documentation/admin-guide/mm/pagemap.rst). */
#define FH_PAGE_PRESENT (UINT64_C(1) << 63)
#define FH_PAGE_SWAPPED (UINT64_C(1) << 62)
#define FH_PAGE_OF_FILE (UINT64_C(1) << 61)
#define FH_PAGE_GUARD (UINT64_C(1) << 58)
#define FH_PAGE_EXCLUSIVE (UINT64_C(1) << 56)

struct fh_mapping {
	uint64_t from, end;
	int readable, writable, executable, private;
	int memory;	/* neither a file's nor a stack: what an allocator made */
};

/* Calls visit, with extra, for every mapping of this process, in the order of
 * their addresses. Returns 0, or -1 with errno set. */
int fh_each_mapping(void (*visit)(struct fh_mapping m, int pagemap, int extra), int extra);

/* Opens this process's pagemap. Returns a descriptor, or -1 with errno set. */
int fh_pagemap_open(void);

/* Reads count pagemap entries for the pages from at on, and returns how many
 * there were. */
size_t fh_pagemap(int pagemap, uint64_t at, uint64_t *entries, size_t count);

#endif
