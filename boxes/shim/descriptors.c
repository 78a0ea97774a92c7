#define _GNU_SOURCE
#include "descriptors.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include "complain.h"

/* How many checks look no further than is needed for one that does. */
enum { SWEEP_EVERY = 256 };

static int describe(struct fh_descriptor *d, int fd)
{
	struct stat now;

	if (fstat(fd, &now) < 0)
		return -1;
	*d = (struct fh_descriptor){
		.open = 1, .mode = now.st_mode, .device = now.st_dev, .inode = now.st_ino, .flags = -1, .offset = -1,
	};
	return 0;
}

int fh_descriptors_learn(struct fh_descriptors *d)
{
	struct rlimit limit;

	if (getrlimit(RLIMIT_NOFILE, &limit) < 0)
		return fh_complain("ask how many descriptors there may be");
	if (limit.rlim_cur > FH_MAX_DESCRIPTORS) {
		errno = EMFILE;
		return fh_complain("watch so many descriptors");
	}
	d->limit = (int)limit.rlim_cur;
	for (int fd = 0; fd < d->limit; fd++) {
		if (fcntl(fd, F_GETFD) < 0)
			continue;
		if (fh_descriptors_expect(d, fd) < 0)
			return fh_complain("look at a descriptor");
		d->at[fd].flags = fcntl(fd, F_GETFL);
		d->at[fd].offset = lseek(fd, 0, SEEK_CUR);
	}
	return 0;
}

int fh_descriptors_expect(struct fh_descriptors *d, int fd)
{
	if (fd >= d->limit) {
		errno = EMFILE;
		return -1;
	}
	if (fd > d->highest)
		d->highest = fd;
	/* A number that was in use already: the next check finds what became of it. */
	if (d->at[fd].open)
		return 0;
	return describe(&d->at[fd], fd);
}

void fh_descriptors_forget(struct fh_descriptors *d, int fd)
{
	d->at[fd].open = 0;
}

/* What is wrong with a number, or NULL. That a cell's are there is enough but
 * for a sweep: to look at a socket takes three times as long. */
static const char *wrong_with(const struct fh_descriptor *known, int fd, int sweep)
{
	struct fh_descriptor now;

	if (!known->open)
		return fcntl(fd, F_GETFD) < 0 ? NULL : "has appeared";
	if (known->flags < 0 && !sweep)
		return fcntl(fd, F_GETFD) < 0 ? "is gone" : NULL;
	if (describe(&now, fd) < 0)
		return "is gone";
	if (now.mode != known->mode || now.device != known->device || now.inode != known->inode)
		return "stands for something else";
	if (known->flags >= 0 && fcntl(fd, F_GETFL) != known->flags)
		return "has other flags";
	if (known->offset >= 0 && lseek(fd, 0, SEEK_CUR) != known->offset)
		return "was moved";
	return NULL;
}

/*
 * The kernel gives out the lowest number that is free, so one that nobody
 * asked for lies at most one above the highest so far. Only dup2 and its like
 * choose: for them the whole range is swept now and then.
 */
int fh_descriptors_check(struct fh_descriptors *d)
{
	int sweep = d->checks++ % SWEEP_EVERY == 0;
	int end = sweep ? d->limit : d->highest + 2;
	char step[64];

	for (int fd = 0; fd < end && fd < d->limit; fd++) {
		const char *wrong = wrong_with(&d->at[fd], fd, sweep);

		if (wrong == NULL)
			continue;
		snprintf(step, sizeof(step), "descriptor %d %s", fd, wrong);
		errno = EBADFD;
		return fh_complain(step);
	}
	return 0;
}
