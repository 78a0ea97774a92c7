/* guards.h: guard pages that are no mappings of their own. */
#ifndef FUMEHOOD_GUARDS_H
#define FUMEHOOD_GUARDS_H

/*
 * Makes every lone guard page, one between memory of the same allocator, a
 * guard in the page table. Only for an interpreter that never makes a guard
 * page memory again. A kernel before 6.15 cannot, or cannot show it, and all stays as it is.
 * Returns 0, or -1 with errno set. Needs /proc.
 */
int fh_guards_join(void);

#endif
