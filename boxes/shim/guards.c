/*
 * guards.c: a guard page made by mprotect is a mapping, and makes another of
 * what follows it: 32 stacks for fibers are 64 of the 230 mappings that each
 * fork of Ruby copies and each exit takes down. MADV_GUARD_INSTALL (Linux 6.13,
 * madvise(2)) puts the guard into the page table instead, and a fork copies it:
 * whoever touches the page gets SIGSEGV, as before.
 */
#define _GNU_SOURCE
#include "guards.h"

#include <sys/mman.h>

#include "maps.h"

/* Debian 12's headers lack it (include/uapi/asm-generic/mman-common.h). */
#ifndef MADV_GUARD_INSTALL
#define MADV_GUARD_INSTALL 102
#define MADV_GUARD_REMOVE 103
#endif

static int plain(struct fh_mapping m)
{
	return m.memory && m.private && m.readable && m.writable && !m.executable;
}

static int guard(struct fh_mapping m)
{
	return m.memory && m.private && !m.readable && !m.writable && !m.executable && m.end - m.from == FH_PAGE;
}

/* The guard is in place before the page's rights are given back. A kernel that
 * does not show it in the pagemap (before 6.15) would let huge.c copy it. */
static void join(struct fh_mapping m, int pagemap)
{
	void *page = (void *)(uintptr_t)m.from;
	uint64_t entry;

	if (madvise(page, FH_PAGE, MADV_GUARD_INSTALL) < 0)
		return;
	if (fh_pagemap(pagemap, m.from, &entry, 1) == 1 && entry & FH_PAGE_GUARD)
		mprotect(page, FH_PAGE, PROT_READ | PROT_WRITE);
	else
		madvise(page, FH_PAGE, MADV_GUARD_REMOVE);
}

static void visit(struct fh_mapping m, int pagemap, int unused)
{
	static struct fh_mapping before, last;

	(void)unused;
	if (plain(before) && guard(last) && plain(m) && before.end == last.from && last.end == m.from)
		join(last, pagemap);
	before = last;
	last = m;
}

int fh_guards_join(void)
{
	return fh_each_mapping(visit, 0);
}
