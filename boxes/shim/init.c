/*
 * init.c: pid 1 of a box. It starts the interpreter as its child and ends
 * with it, and the kernel then ends whatever else is in the box.
 *
 * It exists because a cell is pid 1 of its own namespace: an interpreter that
 * tells "am I a forked child?" by comparing getpid() with the value it saved
 * (Ruby does) would be fooled by a zygote that is pid 1 too.
 */
#include <sys/prctl.h>
#include <sys/wait.h>
#include <signal.h>
#include <unistd.h>

int main(int argc, char **argv, char **environment)
{
	pid_t zygote, ended;
	int status = 0;

	if (argc < 2)
		return 125;
	zygote = fork();
	if (zygote < 0)
		return 125;
	if (zygote == 0) {
		prctl(PR_SET_PDEATHSIG, SIGKILL, 0, 0, 0);
		/* Timers are as exact as anybody's, whatever the daemon's are. */
		prctl(PR_SET_TIMERSLACK, 50000UL, 0, 0, 0);
		execve(argv[1], argv + 1, environment);
		_exit(126);
	}
	/* init must not keep the listener: the daemon's connect would not be
	 * refused once the zygote is gone. */
	close(3);
	do
		ended = wait(&status);
	while (ended > 0 && ended != zygote);
	if (WIFEXITED(status))
		return WEXITSTATUS(status);
	return 128 + WTERMSIG(status);
}
