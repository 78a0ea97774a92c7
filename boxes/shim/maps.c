#define _GNU_SOURCE
#include "maps.h"

#include <fcntl.h>
#include <stdio.h>
#include <unistd.h>

int fh_each_mapping(void (*visit)(struct fh_mapping m, int pagemap, int extra), int extra)
{
	static char line[512];
	FILE *maps = fopen("/proc/self/maps", "re");
	int pagemap = open("/proc/self/pagemap", O_RDONLY | O_CLOEXEC);

	if (maps == NULL || pagemap < 0)
		return -1;
	while (fgets(line, sizeof(line), maps) != NULL) {
		unsigned long long from, end;
		char rights[5];

		if (sscanf(line, "%llx-%llx %4s", &from, &end, rights) == 3 && rights[0] == 'r' && rights[3] == 'p')
			visit((struct fh_mapping){ from, end, rights[1] == 'w', rights[2] == 'x' }, pagemap, extra);
	}
	close(pagemap);
	fclose(maps);
	return 0;
}

size_t fh_pagemap(int pagemap, uint64_t at, uint64_t *entries, size_t count)
{
	ssize_t got = pread(pagemap, entries, count * sizeof(*entries), (off_t)(at / FH_PAGE * sizeof(*entries)));

	return got < 0 ? 0 : (size_t)got / sizeof(*entries);
}
