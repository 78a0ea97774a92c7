/*
 * descriptors.h: which descriptors the zygote holds, and that it holds no
 * other.
 *
 * Every cell is born with a copy of all of them, and shares what they stand
 * for, until close_others (walls.c). So what the zygote holds is a list which
 * is complete: the ones it had when it began to serve, and two for each cell.
 */
#ifndef FUMEHOOD_DESCRIPTORS_H
#define FUMEHOOD_DESCRIPTORS_H

#include <stdint.h>
#include <sys/types.h>

/* The daemon lets a zygote open no more (zygoteFiles of internal/box). */
enum { FH_MAX_DESCRIPTORS = 2048 };

/* What one number stands for. */
struct fh_descriptor {
	int open;
	mode_t mode;
	dev_t device;
	ino_t inode;
	int flags;	/* access mode and O_*; -1: its own to change */
	off_t offset;	/* -1: it has none */
};

struct fh_descriptors {
	struct fh_descriptor at[FH_MAX_DESCRIPTORS];
	int highest;	/* no number above it was given out yet */
	int limit;	/* numbers are below it */
	uint32_t checks;
};

/* Takes every descriptor that is open now for right, as it is. Returns 0, or
 * -1 after a complaint. */
int fh_descriptors_learn(struct fh_descriptors *d);

/* fd was opened for a cell, or is about to be closed. A cell may change the
 * flags of its connection, so those are not held against it. */
int fh_descriptors_expect(struct fh_descriptors *d, int fd);
void fh_descriptors_forget(struct fh_descriptors *d, int fd);

/* Looks whether the open descriptors are exactly those, unchanged. Returns 0,
 * or -1 after a complaint that names the first which is not. */
int fh_descriptors_check(struct fh_descriptors *d);

#endif
