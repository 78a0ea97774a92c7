/*
 * loop.c: the bare loop around a box's own zygote. Linked in place of the shim's
 * server (serve.c), its walls and its cells, so that the same zygote program,
 * with its memory settled in the same way, does nothing but
 *
 *     fork  ->  compile  ->  write into a pipe  ->  _exit, wait
 *
 * one at a time. BARE_LANGUAGE, BARE_VERSION, BARE_SOURCE and BARE_SECONDS in
 * the environment say what. Prints what it did as JSON.
 */
#define _GNU_SOURCE
#include "fumehood.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "pages.h"

enum { MAX_TIMES = 4 * 1024 * 1024 };

static struct fh_hot_pages hot;
static double times[MAX_TIMES];

static int complain(const char *step)
{
	perror(step);
	return -1;
}

/* The sources of a benchmark compile, so that there is nothing to diagnose. */
int fh_result_diagnose(struct fh_result *r, const struct fh_diagnostic *d)
{
	(void)r;
	(void)d;
	return 0;
}

static double now(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

static struct fh_bytes given(const char *name)
{
	const char *value = getenv(name);

	return (struct fh_bytes){ .at = value == NULL ? "" : value, .length = value == NULL ? 0 : strlen(value) };
}

static struct fh_job job_given(void)
{
	static const struct fh_bytes none = { .at = "{}", .length = 2 };

	return (struct fh_job){
		.language = given("BARE_LANGUAGE"), .version = given("BARE_VERSION"), .source = given("BARE_SOURCE"),
		.options = none, .locals = none,
	};
}

static void child(const struct fh_interpreter *zygote, const struct fh_job *job, int out)
{
	struct fh_result result = { .kind = FH_OK };
	size_t sent = 0;

	fh_pages_bring(&hot);
	if (zygote->compile(job, &result) != 0 || result.kind != FH_OK)
		_exit(1);
	while (sent < result.output.length) {
		ssize_t n = write(out, result.output.at + sent, result.output.length - sent);

		if (n <= 0)
			_exit(1);
		sent += (size_t)n;
	}
	_exit(0);
}

/* One compile in a process of its own. Returns the bytes that came back. */
static long compile_once(const struct fh_interpreter *zygote, const struct fh_job *job)
{
	static char buffer[64 * 1024];
	long length = 0;
	int ends[2], status;
	ssize_t n;
	pid_t pid;

	if (pipe(ends) < 0)
		return complain("pipe");
	pid = zygote->fork();
	if (pid == 0) {
		close(ends[0]);
		child(zygote, job, ends[1]);
	}
	close(ends[1]);
	if (pid < 0)
		return complain("fork");
	while ((n = read(ends[0], buffer, sizeof(buffer))) > 0)
		length += n;
	close(ends[0]);
	if (waitpid(pid, &status, 0) != pid || status != 0)
		return complain("the child");
	return length;
}

static int ascending(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;

	return (x > y) - (x < y);
}

int fh_serve(const struct fh_interpreter *zygote)
{
	const struct fh_job job = job_given();
	double began, until;
	size_t count = 0;
	long expected;

	if (fh_pages_settle(zygote, &hot) < 0)
		return complain("settle the memory");
	expected = compile_once(zygote, &job);
	until = now() + atof(given("BARE_SECONDS").at);
	while (expected > 0 && (began = now()) < until && count < MAX_TIMES) {
		if (compile_once(zygote, &job) != expected)
			return complain("another output than the first");
		times[count++] = now() - began;
	}
	if (count == 0)
		return complain("nothing compiled");
	qsort(times, count, sizeof(times[0]), ascending);
	dprintf(STDOUT_FILENO, "{\"rate\":%f,\"p50_ms\":%f,\"p99_ms\":%f}\n",
		(double)count / atof(given("BARE_SECONDS").at), times[count / 2] * 1000, times[count * 99 / 100] * 1000);
	return 0;
}
