/* complain.h: the zygote's last words, which the daemon logs. */
#ifndef FUMEHOOD_COMPLAIN_H
#define FUMEHOOD_COMPLAIN_H

/* Says on stderr which step failed, with errno's reason. Returns -1. */
int fh_complain(const char *step);

#endif
