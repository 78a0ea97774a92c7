/*
 * fumehood.h: what a box gives to the interpreter that lives in it.
 *
 * An interpreter that has loaded and warmed its engines is a zygote. It calls
 * fh_serve once and never returns from it in the parent. For each connection
 * fh_serve forks a cell, and the cell, in this order:
 *
 *     copies its hot pages (pages.c)  ->  raises the walls (walls.c)
 *     ->  says "parked"  ->  reads one job  ->  compiles
 *     ->  writes one result  ->  _exit
 *
 * The zygote never reads a byte of a job. The frames are drawn in
 * docs/PROTOCOL.md; their twin in Go is internal/wire.
 */
#ifndef FUMEHOOD_H
#define FUMEHOOD_H

#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

/* The descriptors a zygote is born with, beside 0, 1 and 2. */
enum { FH_LISTEN_FD = 3 };

/* The only descriptor a parked cell has. */
enum { FH_CELL_FD = 3 };

/* How a cell ends when it has no result to give. */
enum {
	FH_EXIT_WALLS = 111,	/* a wall did not come up; no byte was read */
	FH_EXIT_MEMORY = 112,	/* the interpreter ran out of memory */
	FH_EXIT_NO_RESULT = 113,/* the interpreter was left without a result */
	FH_EXIT_PROTOCOL = 114,	/* the daemon's side of the connection was wrong */
};

struct fh_bytes {
	const char *at;
	size_t length;
};

/* A file of the request's own, beside its source. */
struct fh_file {
	struct fh_bytes name, source;
};

/* One job. Every field points into memory that lives as long as the cell. */
struct fh_job {
	struct fh_bytes language;
	struct fh_bytes version;	/* of the engine */
	struct fh_bytes options;	/* a JSON object */
	struct fh_bytes locals;		/* a JSON object */
	struct fh_bytes source;
	const struct fh_file *files;
	size_t file_count;
};

enum fh_kind { FH_OK = 3, FH_SOURCE_ERROR = 4 };

/* Lines and columns count from 1; 0 stands for "not known". */
struct fh_diagnostic {
	uint8_t severity;	/* 0 error, 1 warning, 2 info */
	uint32_t line, column, end_line, end_column;
	struct fh_bytes file;	/* one of the job's files; empty: the source */
	struct fh_bytes code;
	struct fh_bytes message;
};

/* A result under construction. Only fh_result_* touch its fields. */
struct fh_result {
	enum fh_kind kind;
	uint32_t diagnostics;
	unsigned char *encoded;	/* the diagnostics, as they go on the wire */
	size_t length, room;
	struct fh_bytes output;
	struct fh_bytes source_map;	/* empty: there is none */
};

/* Adds a copy of d. Returns 0, or -1 when memory is out. */
int fh_result_diagnose(struct fh_result *r, const struct fh_diagnostic *d);

struct fh_engine_version {
	const char *name;	/* 15 bytes at most */
	const char *version;	/* 31 bytes at most */
};

enum { FH_HUGE_PAGE = 2 * 1024 * 1024 };

/*
 * A part of the room in which the interpreter makes new objects. There is
 * nothing in it but its first head bytes. All parts have the same size, of
 * which FH_HUGE_PAGE is a multiple, and begin on a multiple of it.
 */
struct fh_nursery {
	char *at;
	size_t head, bytes;
};

/* What the interpreter lends to fh_serve. */
struct fh_interpreter {
	const struct fh_engine_version *engines;
	size_t engine_count;

	/* None, if the interpreter does not know. */
	const struct fh_nursery *nursery;
	size_t nursery_count;

	/* How many small pages make a huge one worth its memory (huge.h): 1 to 512. */
	uint32_t joined_from;

	/* It never makes a guard page memory again (guards.h). */
	int keeps_guards;

	/* fork(2) as this interpreter needs it done: 0 in the child. */
	pid_t (*fork)(void);

	/* One small compile, of which there are several to choose from, run once
	 * in a trial child, to learn which pages a compile writes (pages.h). */
	void (*rehearse)(uint32_t which);
	uint32_t rehearsals;

	/* Called once the job is read: give back to the interpreter whatever
	 * descriptors of its own the walls took from it. */
	void (*wake)(void);

	/* Fills result. Returns 0, or the status the cell shall exit with. */
	int (*compile)(const struct fh_job *job, struct fh_result *result);
};

/*
 * Serves until the daemon hangs up or asks to drain, then returns 0. Returns
 * -1, with one line on stderr, when the box cannot serve. Needs a process of
 * one thread, FH_LISTEN_FD listening, and /proc mounted, which it removes.
 */
int fh_serve(const struct fh_interpreter *interpreter);

#endif
