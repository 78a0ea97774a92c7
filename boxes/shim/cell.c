/*
 * cell.c: what happens in the child of a fork. One job comes in, one result
 * goes out, and the process ends by _exit, so that no hook which a job left
 * behind (at_exit, finalizers, threads) ever runs.
 */
#define _GNU_SOURCE
#include "cell.h"

#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

#include "probe.h"
#include "wire.h"

/* Bytes of a diagnostic before its texts: severity, four positions. */
enum { DIAGNOSTIC_BYTES = 17 };

/* A result's usage, and its number of diagnostics. */
enum { RESULT_HEAD_BYTES = 3 * 4 };

/* Every job body opens with the limits its caller asked for. */
enum { JOB_LIMITS_BYTES = 8 };

/* The daemon's own limit (internal/job) is the same. */
enum { MAX_FILES = 100 };

static int grow(struct fh_result *r, size_t more)
{
	size_t room = r->room == 0 ? 1024 : r->room;
	unsigned char *moved;

	while (room - r->length < more) {
		if (room > SIZE_MAX / 2)
			return -1;
		room *= 2;
	}
	if (room == r->room)
		return 0;
	moved = realloc(r->encoded, room);
	if (moved == NULL)
		return -1;
	r->encoded = moved;
	r->room = room;
	return 0;
}

static void append_text(struct fh_result *r, struct fh_bytes text)
{
	fh_put32(r->encoded + r->length, (uint32_t)text.length);
	if (text.length > 0)
		memcpy(r->encoded + r->length + 4, text.at, text.length);
	r->length += 4 + text.length;
}

int fh_result_diagnose(struct fh_result *r, const struct fh_diagnostic *d)
{
	unsigned char *at;

	if (d->file.length > UINT32_MAX / 8 || d->code.length > UINT32_MAX / 8 || d->message.length > UINT32_MAX / 8)
		return -1;
	if (grow(r, DIAGNOSTIC_BYTES + 12 + d->file.length + d->code.length + d->message.length) < 0)
		return -1;
	at = r->encoded + r->length;
	at[0] = d->severity;
	fh_put32(at + 1, d->line);
	fh_put32(at + 5, d->column);
	fh_put32(at + 9, d->end_line);
	fh_put32(at + 13, d->end_column);
	r->length += DIAGNOSTIC_BYTES;
	append_text(r, d->file);
	append_text(r, d->code);
	append_text(r, d->message);
	r->diagnostics++;
	return 0;
}

static void must(int result, int status)
{
	if (result < 0)
		_exit(status);
}

/* Takes a length-prefixed field off the front of rest. */
static struct fh_bytes take_field(struct fh_bytes *rest)
{
	struct fh_bytes field = { 0 };

	if (rest->length < 4)
		_exit(FH_EXIT_PROTOCOL);
	field.length = fh_get32((const unsigned char *)rest->at);
	field.at = rest->at + 4;
	if (field.length > rest->length - 4)
		_exit(FH_EXIT_PROTOCOL);
	rest->at += 4 + field.length;
	rest->length -= 4 + field.length;
	return field;
}

/* Takes a count, and as many pairs of a name and a source. */
static void take_files(struct fh_job *job, struct fh_bytes *rest)
{
	struct fh_file *files;
	uint32_t count;

	if (rest->length < 4)
		_exit(FH_EXIT_PROTOCOL);
	count = fh_get32((const unsigned char *)rest->at);
	rest->at += 4;
	rest->length -= 4;
	if (count > MAX_FILES)
		_exit(FH_EXIT_PROTOCOL);
	files = calloc(count + 1, sizeof(*files));
	if (files == NULL)
		_exit(FH_EXIT_MEMORY);
	for (uint32_t i = 0; i < count; i++) {
		files[i].name = take_field(rest);
		files[i].source = take_field(rest);
	}
	job->files = files;
	job->file_count = count;
}

/* Waits for the job, however long the cell stays parked. The bytes before
 * the fields are the daemon's own; the limits in them are set before the
 * interpreter sees anything of the job. */
static struct fh_job read_job(const struct fh_policy *policy, const struct fh_zygote *zygote,
			      const struct fh_limits *limits)
{
	unsigned char head[FH_FRAME_BYTES + JOB_LIMITS_BYTES];
	struct fh_bytes rest;
	struct fh_job job;
	uint32_t length;
	char *body;

	must(fh_read_all(FH_CELL_FD, head, sizeof(head)), FH_EXIT_PROTOCOL);
	length = fh_get32(head + 8);
	if (fh_get32(head) != FH_MAGIC_FRAME || head[4] != FH_VERSION || head[5] != FH_FRAME_JOB ||
	    length < JOB_LIMITS_BYTES || length > limits->job_bytes)
		_exit(FH_EXIT_PROTOCOL);
	must(fh_walls_lower(policy, zygote, fh_get32(head + FH_FRAME_BYTES), fh_get32(head + FH_FRAME_BYTES + 4)),
	     FH_EXIT_PROTOCOL);

	rest.length = length - JOB_LIMITS_BYTES;
	body = malloc(rest.length + 1);
	if (body == NULL)
		_exit(FH_EXIT_MEMORY);
	must(fh_read_all(FH_CELL_FD, body, rest.length), FH_EXIT_PROTOCOL);
	rest.at = body;
	job.language = take_field(&rest);
	job.version = take_field(&rest);
	job.options = take_field(&rest);
	job.locals = take_field(&rest);
	job.source = take_field(&rest);
	take_files(&job, &rest);
	if (rest.length != 0)
		_exit(FH_EXIT_PROTOCOL);
	return job;
}

/* What the cell has used since its fork. */
static void put_usage(unsigned char *at)
{
	struct rusage usage = { 0 };

	getrusage(RUSAGE_SELF, &usage);
	/* 32 bits of them are more than an hour, and no cell has that. */
	fh_put32(at, (uint32_t)(fh_microseconds(usage.ru_utime) + fh_microseconds(usage.ru_stime)));
	fh_put32(at + 4, (uint32_t)usage.ru_maxrss);
}

/* Half-closing the connection is what tells the daemon that nothing follows:
 * it need not wait for this process to be torn down. */
static void write_result(const struct fh_result *r)
{
	size_t length = RESULT_HEAD_BYTES + r->length + 4 + r->output.length + 4 + r->source_map.length;
	unsigned char head[FH_FRAME_BYTES + RESULT_HEAD_BYTES];
	unsigned char output_length[4], map_length[4];
	struct iovec parts[] = {
		{ head, sizeof(head) },
		{ r->encoded, r->length },
		{ output_length, sizeof(output_length) },
		{ (void *)r->output.at, r->output.length },
		{ map_length, sizeof(map_length) },
		{ (void *)r->source_map.at, r->source_map.length },
	};

	if (length > UINT32_MAX)
		_exit(FH_EXIT_MEMORY);
	fh_frame_header(head, (uint8_t)r->kind, (uint32_t)length);
	put_usage(head + FH_FRAME_BYTES);
	fh_put32(head + FH_FRAME_BYTES + 8, r->diagnostics);
	fh_put32(output_length, (uint32_t)r->output.length);
	fh_put32(map_length, (uint32_t)r->source_map.length);
	must(fh_write_parts(FH_CELL_FD, parts, sizeof(parts) / sizeof(parts[0])), FH_EXIT_NO_RESULT);
	must(shutdown(FH_CELL_FD, SHUT_WR), FH_EXIT_NO_RESULT);
}

void fh_cell_run(const struct fh_interpreter *interpreter, const struct fh_policy *policy,
		 const struct fh_zygote *zygote, const struct fh_limits *limits,
		 uint16_t slot, int connection)
{
	unsigned char parked[FH_FRAME_BYTES];
	struct fh_result result = { .kind = FH_OK };
	struct fh_job job;
	int status;

	fh_walls_up(policy, zygote, limits, slot, connection);
	fh_frame_header(parked, FH_FRAME_PARKED, 0);
	must(fh_write_all(FH_CELL_FD, parked, sizeof(parked)), FH_EXIT_PROTOCOL);

	job = read_job(policy, zygote, limits);
	if (fh_is_probe(&job)) {
		status = fh_probe(&job, &result);
	} else {
		if (interpreter->wake != NULL)
			interpreter->wake();
		status = interpreter->compile(&job, &result);
	}
	if (status == 0)
		write_result(&result);
	_exit(status);
}
