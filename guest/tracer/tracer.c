// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The guest's half of kc trace: says what the kernel offers, carries out what
 * kc has thought out, and afterwards hands over the kernel's ring buffer page
 * by page. While the traced command runs it does not.
 */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>
#include "../agent/protocol.h"
#include "tracer.h"

#define PINGS 16

static bool is_clock_port(const char *port)
{
	char path[512], name[64];

	snprintf(path, sizeof(path), PORTS "/%s/name", port);
	first_line(path, name, sizeof(name));
	return !strcmp(name, KC_CLOCK_PORT_NAME);
}

/*
 * A port that is opened or closed tells its device so, and the driver waits
 * for the answer without sleeping: no buffers are quicker, and the quickest say
 * most of the clocks.
 */
static void ping_port(const char *port)
{
	char path[512];

	if (!is_clock_port(port))
		return;
	snprintf(path, sizeof(path), "/dev/%s", port);
	for (int i = 0; i < PINGS; i++) {
		int fd = open(path, O_RDWR | O_CLOEXEC);

		if (fd < 0)
			fail(path);
		close(fd);
	}
}

static void run_child(char **argv, const sigset_t *signals)
{
	sigprocmask(SIG_SETMASK, signals, NULL);
	execvp(argv[0], argv);
	fprintf(stderr, "%s: %s\n", argv[0],
		errno == ENOENT ? "not found in the guest" : strerror(errno));
	_exit(errno == ENOENT ? 127 : 126);
}

/*
 * Signals go to the whole group: the command decides on them. Only SIGKILL ends
 * this process, whether or not the command dies of it.
 */
static int run(char **argv)
{
	sigset_t all, before;
	int status;
	pid_t pid;

	sigfillset(&all);
	sigprocmask(SIG_SETMASK, &all, &before);
	pid = fork();
	if (pid < 0)
		fail("fork");
	if (!pid)
		run_child(argv, &before);
	if (waitpid(pid, &status, 0) < 0)
		fail("waitpid");
	return WIFSIGNALED(status) ? 128 + WTERMSIG(status) : WEXITSTATUS(status);
}

static int usage(void)
{
	fprintf(stderr, "usage: tracer look FUNCTION... | do SCRIPT | ping | run COMMAND... "
			"| dump GROUP INSTANCE\n");
	return 2;
}

/* What talks to kc ends with a word of its own: without it kc has not got all. */
static int talk(int argc, char **argv)
{
	if (argc >= 2 && !strcmp(argv[1], "look"))
		look(argv + 2);
	else if (argc == 2 && !strcmp(argv[1], "ping"))
		for_each_entry(PORTS, ping_port);
	else if (argc == 4 && !strcmp(argv[1], "dump"))
		dump(argv[2], argv[3]);
	else if (argc != 3 || strcmp(argv[1], "do"))
		return usage();
	else if (!carry_out_all(argv[2]))
		return 1;
	put_block(KC_DUMP_END, 0, NULL, 0);
	return 0;
}

int main(int argc, char **argv)
{
	int status = argc >= 3 && !strcmp(argv[1], "run") ? run(argv + 2) : talk(argc, argv);

	if (fflush(stdout))
		fail("standard output");
	return status;
}
