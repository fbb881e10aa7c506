/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "cli/dispatch.h"
#include "cli/help.h"
#include "cli/table.h"
#include "base/status.h"

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <string.h>
#include <unistd.h>

#define TMPDIR_MAX 64

/*
 * A descriptor that we open must never become somebody's stdout. A closed stdin
 * is an empty one; what is written to a closed stdout fails, as it is lost.
 */
static void fill_standard_streams(void)
{
	int fd;

	do {
		fd = open("/dev/null", O_RDONLY);
	} while (fd >= 0 && fd <= STDERR_FILENO);
	if (fd >= 0)
		close(fd);
}

/* Files are made there, and a socket, whose whole path may have 107 characters. */
static void leave_bad_tmpdir(void)
{
	const char *wish = g_getenv("TMPDIR");

	if (!wish || !*wish)
		return;
	if (strlen(wish) <= TMPDIR_MAX && g_file_test(wish, G_FILE_TEST_IS_DIR) &&
	    access(wish, W_OK | X_OK) == 0)
		return;
	fprintf(stderr,
		"kc: TMPDIR='%s' is not used, because it is not a writable folder, or longer than %d "
		"characters; kc uses /tmp\n",
		wish, TMPDIR_MAX);
	g_unsetenv("TMPDIR");
}

static int misuse(GError *error)
{
	int status = status_report(error);

	fputs("kc: 'kc help' lists the commands\n", stderr);
	return status;
}

static bool is_closed_pipe(int fd)
{
	struct pollfd poller = {.fd = fd, .events = POLLOUT};

	return poll(&poller, 1, 0) > 0 && (poller.revents & POLLERR);
}

/*
 * A full disk must not look like success; a closed pipe ends kc as it does others,
 * in silence.
 */
static int finish(int status)
{
	if (fflush(stdout) == 0 && !ferror(stdout))
		return status;
	if (is_closed_pipe(STDOUT_FILENO))
		return status ? status : 128 + SIGPIPE;
	perror("kc: cannot write to stdout");
	return status ? status : STATUS_HOST_NOT_READY;
}

int main(int argc, char **argv)
{
	const struct command *command;
	GError *error = NULL;

	fill_standard_streams();
	leave_bad_tmpdir();
	if (argc < 2) {
		help_overview(commands, stderr);
		return STATUS_MISUSE;
	}
	if (g_str_equal(argv[1], "--help") || g_str_equal(argv[1], "-h"))
		argv[1] = "help";
	else if (g_str_equal(argv[1], "--version"))
		argv[1] = "version";
	command = command_find(commands, argv[1], &error);
	return command ? finish(command_dispatch(commands, command, argv + 2)) : misuse(error);
}
