/* priority.h: what a cell has used, and how it gives way to others. Nothing but
 * the order in which cells get the processors depends on it. */
#ifndef FUMEHOOD_PRIORITY_H
#define FUMEHOOD_PRIORITY_H

#include <stdint.h>
#include <sys/types.h>

/* The processor time that a process has used, in microseconds; 0 of one that is
 * gone. */
uint64_t fh_used_by(pid_t pid);

/* Lowers the priority of all that has a uid, to a value of nice(2). What is gone
 * is passed over; whoever is not allowed to do it says so once. */
void fh_give_way(uid_t uid, uint32_t value);

#endif
