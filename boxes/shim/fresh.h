/* fresh.h: new memory for the new objects of a compile, instead of copies of the zygote's. */
#ifndef FUMEHOOD_FRESH_H
#define FUMEHOOD_FRESH_H

#include <stddef.h>
#include <stdint.h>

#include "fumehood.h"

/*
 * Gives the zygote's nursery back to the kernel, but for the heads, and makes
 * each huge page's worth of it one mapping. Returns 0, or -1 with errno set.
 */
int fh_fresh_give_back(const struct fh_nursery *nursery, size_t count);

/*
 * Says that half of the rehearsals wrote these many pages of the huge page's worth of
 * memory that begins at window. Returns 1 if a cell will have it fresh, so that
 * none of its pages need be brought; 0 if it is no nursery, or too few of its
 * pages are written for that to pay.
 */
int fh_fresh_choose(uint64_t window, size_t pages);

/* In a fresh child: puts new memory in place of the chosen windows. */
void fh_fresh_bring(void);

#endif
