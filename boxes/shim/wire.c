#include "wire.h"

#include <errno.h>
#include <unistd.h>

uint16_t fh_get16(const unsigned char *p)
{
	return (uint16_t)(p[0] << 8 | p[1]);
}

uint32_t fh_get32(const unsigned char *p)
{
	return (uint32_t)fh_get16(p) << 16 | fh_get16(p + 2);
}

uint64_t fh_get64(const unsigned char *p)
{
	return (uint64_t)fh_get32(p) << 32 | fh_get32(p + 4);
}

void fh_put16(unsigned char *p, uint16_t v)
{
	p[0] = (unsigned char)(v >> 8);
	p[1] = (unsigned char)v;
}

void fh_put32(unsigned char *p, uint32_t v)
{
	fh_put16(p, (uint16_t)(v >> 16));
	fh_put16(p + 2, (uint16_t)v);
}

void fh_put64(unsigned char *p, uint64_t v)
{
	fh_put32(p, (uint32_t)(v >> 32));
	fh_put32(p + 4, (uint32_t)v);
}

uint64_t fh_microseconds(struct timeval t)
{
	return (uint64_t)t.tv_sec * 1000000 + (uint64_t)t.tv_usec;
}

int fh_read_all(int fd, void *buffer, size_t length)
{
	unsigned char *at = buffer;

	while (length > 0) {
		ssize_t n = read(fd, at, length);
		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0)
			return -1;
		at += n;
		length -= (size_t)n;
	}
	return 0;
}

int fh_write_all(int fd, const void *buffer, size_t length)
{
	const unsigned char *at = buffer;

	while (length > 0) {
		ssize_t n = write(fd, at, length);
		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0)
			return -1;
		at += n;
		length -= (size_t)n;
	}
	return 0;
}

int fh_write_parts(int fd, struct iovec *parts, int count)
{
	while (count > 0) {
		ssize_t n = writev(fd, parts, count);
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return -1;
		for (; count > 0 && (size_t)n >= parts->iov_len; parts++, count--)
			n -= (ssize_t)parts->iov_len;
		if (count > 0) {
			parts->iov_base = (char *)parts->iov_base + n;
			parts->iov_len -= (size_t)n;
		}
	}
	return 0;
}

void fh_frame_header(unsigned char *p, uint8_t kind, uint32_t length)
{
	fh_put32(p, FH_MAGIC_FRAME);
	p[4] = FH_VERSION;
	p[5] = kind;
	fh_put16(p + 6, 0);
	fh_put32(p + 8, length);
}
