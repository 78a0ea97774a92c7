/* huge.h: fewer and larger pages, for a fork to copy and a processor to find. */
#ifndef FUMEHOOD_HUGE_H
#define FUMEHOOD_HUGE_H

#include <stddef.h>
#include <stdint.h>

/*
 * Joins the memory of this process to huge pages, wherever one would hold at
 * least so many small ones, and puts its machine code into such. Where the
 * kernel has none to give, the memory stays as it is. Returns 0, or -1 with
 * errno set. Needs /proc.
 */
int fh_join_pages(uint32_t least);

/* Maps new memory on a huge page's boundary. NULL: there is none. */
char *fh_huge_room(size_t bytes);

/* Moves the room to an address, in place of what is there. */
void fh_huge_put(char *room, size_t bytes, char *at);

#endif
