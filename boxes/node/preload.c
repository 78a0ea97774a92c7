/*
 * preload.c: loaded into Node before V8 starts (LD_PRELOAD), to make the
 * process fit to be forked. It replaces three functions of the C library.
 *
 * madvise: V8 marks the pages of its code MADV_DONTFORK. A child would not have
 * them, and crash at its first JavaScript instruction. The advice is dropped.
 *
 * mmap, mmap64: V8 asks for each of its regions at a random address, so that
 * each needs page tables of its own: of Node 24's 1.4 MiB of page tables, which
 * every fork copies, 1.1 MiB are there for nothing else. The hint is dropped,
 * and the kernel puts the regions side by side. Where they are stays random as
 * a whole (ASLR).
 */
#define _GNU_SOURCE
#include <stdint.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>

/* Debian 12's headers have it; older ones may not. */
#ifndef MAP_FIXED_NOREPLACE
#define MAP_FIXED_NOREPLACE 0x100000
#endif

int madvise(void *at, size_t length, int advice)
{
	if (advice == MADV_DONTFORK)
		return 0;
	return (int)syscall(SYS_madvise, at, length, advice);
}

void *mmap(void *at, size_t length, int protection, int flags, int fd, off_t offset)
{
	if (fd == -1 && !(flags & (MAP_FIXED | MAP_FIXED_NOREPLACE)))
		at = NULL;
	return (void *)(intptr_t)syscall(SYS_mmap, at, length, protection, flags, fd, offset);
}

void *mmap64(void *at, size_t length, int protection, int flags, int fd, off64_t offset)
{
	return mmap(at, length, protection, flags, fd, offset);
}
