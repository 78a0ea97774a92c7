/* cell.h: the life of one cell, from its fork to its exit. */
#ifndef FUMEHOOD_CELL_H
#define FUMEHOOD_CELL_H

#include "fumehood.h"
#include "walls.h"

/* Runs in the child of a fork. connection is the daemon's. */
_Noreturn void fh_cell_run(const struct fh_interpreter *interpreter, const struct fh_policy *policy,
			   const struct fh_zygote *zygote, const struct fh_limits *limits,
			   uint16_t slot, int connection);

#endif
