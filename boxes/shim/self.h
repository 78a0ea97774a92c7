/* self.h: what a zygote learns of itself before its first fork. */
#ifndef FUMEHOOD_SELF_H
#define FUMEHOOD_SELF_H

#include "walls.h"

/*
 * Learns the zygote's size and what the kernel offers. Returns 0, or -1 after
 * a complaint.
 */
int fh_self_measure(struct fh_zygote *self);

/*
 * Takes /proc away from the whole box. A descriptor of it stays, for the one
 * file that each cell writes (walls.c). Returns 0, or -1 after a complaint.
 */
int fh_self_hide_processes(void);

#endif
