/*
 * probe.h: the daemon's own job, with which it looks at the walls from inside.
 *
 * A job whose language is FH_PROBE_LANGUAGE never reaches the interpreter. Its
 * source is a list of system calls, which the cell makes as they stand, behind
 * the same walls and over the same connection as any other job. No request has
 * that language: the daemon's table of languages is closed. Nor would it matter,
 * as a cell counts as hostile from its first byte.
 */
#ifndef FUMEHOOD_PROBE_H
#define FUMEHOOD_PROBE_H

#include "fumehood.h"

#define FH_PROBE_LANGUAGE "fumehood-probe"

/* Whether the job is one. */
int fh_is_probe(const struct fh_job *job);

/*
 * Makes the calls, one a line: "native" or "i386", the number, six arguments.
 * An argument is a number as C has it, @ for the address of a page of zeros, or
 * ' and a word for that word's address. The output has the kernel's answer to
 * each: a negative one is an error number. Returns what the cell shall exit
 * with, as fh_interpreter.compile does.
 */
int fh_probe(const struct fh_job *job, struct fh_result *result);

#endif
