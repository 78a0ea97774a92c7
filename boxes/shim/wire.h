/*
 * wire.h: the bytes that cross the box's border, in network byte order.
 * docs/PROTOCOL.md draws them; internal/wire is the twin in Go, and a test
 * there compares the numbers below with its own.
 */
#ifndef FUMEHOOD_WIRE_H
#define FUMEHOOD_WIRE_H

#include <stddef.h>
#include <stdint.h>
#include <sys/time.h>
#include <sys/uio.h>

enum {
	FH_MAGIC_HEADER = 0x46484831,	/* "FHH1", opens every connection */
	FH_MAGIC_RECORD = 0x46485231,	/* "FHR1", control records */
	FH_MAGIC_FRAME = 0x46484631,	/* "FHF1", job and result frames */
	FH_MAGIC_POLICY = 0x46485031,	/* "FHP1", the policy of a box */
	FH_VERSION = 3,

	FH_HEADER_BYTES = 64,
	FH_RECORD_BYTES = 64,
	FH_FRAME_BYTES = 12,
	FH_POLICY_BYTES = 64,
	FH_POLICY_MAX_FILTER = 4096,	/* the kernel's BPF_MAXINSNS */

	FH_CONNECTION_CONTROL = 1,
	FH_CONNECTION_CELL = 2,

	FH_RECORD_ENGINE = 1,
	FH_RECORD_READY = 2,
	FH_RECORD_EXITED = 3,
	FH_RECORD_REFUSED = 4,
	FH_RECORD_SLOW = 5,
	FH_RECORD_DRAIN = 16,
	FH_RECORD_NICE = 17,

	FH_FRAME_PARKED = 1,
	FH_FRAME_JOB = 2,
};

uint16_t fh_get16(const unsigned char *p);
uint32_t fh_get32(const unsigned char *p);
uint64_t fh_get64(const unsigned char *p);
void fh_put16(unsigned char *p, uint16_t v);
void fh_put32(unsigned char *p, uint32_t v);
void fh_put64(unsigned char *p, uint64_t v);

/* A time as it crosses the border. */
uint64_t fh_microseconds(struct timeval t);

/* Read or write exactly length bytes. 0, or -1 on any end but the full one. */
int fh_read_all(int fd, void *buffer, size_t length);
int fh_write_all(int fd, const void *buffer, size_t length);

/* Writes all parts, in one call when the socket has room: whoever reads them
 * is woken once. The parts are used up. 0, or -1. */
int fh_write_parts(int fd, struct iovec *parts, int count);

/* Starts a frame: magic, version, kind, length. */
void fh_frame_header(unsigned char *p, uint8_t kind, uint32_t length);

#endif
