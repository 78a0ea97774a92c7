#define _GNU_SOURCE
#include "probe.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { WORDS = 8, PAGE = 4096 };

static char page[PAGE] __attribute__((aligned(PAGE)));
static char answers[64 * 1024];

int fh_is_probe(const struct fh_job *job)
{
	const size_t length = sizeof(FH_PROBE_LANGUAGE) - 1;

	return job->language.length == length && memcmp(job->language.at, FH_PROBE_LANGUAGE, length) == 0;
}

static long argument(const char *word)
{
	if (word[0] == '@')
		return (long)page;
	if (word[0] == '\'')
		return (long)(word + 1);
	return (long)strtoull(word, NULL, 0);
}

static long call_native(const long *a)
{
	long answer = syscall(a[0], a[1], a[2], a[3], a[4], a[5], a[6]);

	return answer == -1 ? -errno : answer;
}

/* By the table of 32-bit programs, which a 64-bit process can enter too. */
static long call_i386(const long *a)
{
#if defined(__x86_64__)
	int answer;

	__asm__ volatile("int $0x80"
			 : "=a"(answer)
			 : "a"((int)a[0]), "b"((int)a[1]), "c"((int)a[2]), "d"((int)a[3]), "S"((int)a[4]), "D"((int)a[5])
			 : "memory", "r8", "r9", "r10", "r11");
	return answer;
#else
	(void)a;
	return -ENOSYS;
#endif
}

int fh_probe(const struct fh_job *job, struct fh_result *result)
{
	char *text = strndup(job->source.at, job->source.length), *lines = text, *line;
	size_t length = 0;

	if (text == NULL)
		return FH_EXIT_MEMORY;
	while ((line = strsep(&lines, "\n")) != NULL) {
		long call[WORDS - 1] = { 0 };
		char *table = strsep(&line, " "), *word;

		if (*table == '\0')
			continue;
		for (int i = 0; i < WORDS - 1 && (word = strsep(&line, " ")) != NULL; i++)
			call[i] = argument(word);
		if (length + 32 > sizeof(answers))
			return FH_EXIT_NO_RESULT;
		length += (size_t)snprintf(answers + length, 32, "%ld\n",
					   strcmp(table, "i386") == 0 ? call_i386(call) : call_native(call));
	}
	result->output.at = answers;
	result->output.length = length;
	return 0;
}
