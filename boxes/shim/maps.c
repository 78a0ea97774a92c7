#define _GNU_SOURCE
#include "maps.h"

#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

int fh_pagemap_open(void)
{
	return open("/proc/self/pagemap", O_RDONLY | O_CLOEXEC);
}

int fh_each_mapping(void (*visit)(struct fh_mapping m, int pagemap, int extra), int extra)
{
	static char line[512];
	FILE *maps = fopen("/proc/self/maps", "re");
	int pagemap = fh_pagemap_open();

	if (maps == NULL || pagemap < 0)
		return -1;
	while (fgets(line, sizeof(line), maps) != NULL) {
		unsigned long long from, end, inode;
		char rights[5], name[8] = "";

		if (sscanf(line, "%llx-%llx %4s %*s %*s %llu %7s", &from, &end, rights, &inode, name) < 4)
			continue;
		visit((struct fh_mapping){
			.from = from, .end = end,
			.readable = rights[0] == 'r', .writable = rights[1] == 'w', .executable = rights[2] == 'x',
			.private = rights[3] == 'p',
			.memory = inode == 0 && (name[0] == '\0' || strcmp(name, "[heap]") == 0),
		}, pagemap, extra);
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
