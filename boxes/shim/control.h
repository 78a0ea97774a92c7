/* control.h: the first connection of a box, over which daemon and zygote
 * speak of cells. docs/PROTOCOL.md draws it. */
#ifndef FUMEHOOD_CONTROL_H
#define FUMEHOOD_CONTROL_H

#include <stdint.h>

#include "fumehood.h"
#include "walls.h"

/*
 * Waits for the daemon's first connection and reads the policy that comes with
 * it. Every wait has a deadline. Returns the connection, or -1 after a
 * complaint.
 */
int fh_control_accept(struct fh_policy *policy);

/* Reports the engines and that the box is ready. 0, or -1 after a complaint. */
int fh_control_ready(int control, const struct fh_interpreter *interpreter,
		     const struct fh_policy *policy, const struct fh_zygote *self, int pid_namespace);

/* Starts a record of FH_RECORD_BYTES, and sends one: 0, or -1 when the daemon
 * does not read it in time. */
void fh_record_start(unsigned char *record, uint8_t kind, uint64_t cell);
int fh_record_send(int control, const unsigned char *record);

#endif
