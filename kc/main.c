/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "command.h"
#include "help.h"
#include "status.h"

#include <fcntl.h>
#include <unistd.h>

/* A descriptor that we open must never become somebody's stdout. */
static void fill_standard_streams(void)
{
	int fd;

	do {
		fd = open("/dev/null", O_RDWR);
	} while (fd >= 0 && fd <= STDERR_FILENO);
	if (fd >= 0)
		close(fd);
}

static int misuse(GError *error)
{
	int status = status_report(error);

	fputs("kc: 'kc help' lists the commands\n", stderr);
	return status;
}

/* A full disk or a closed pipe must not look like success. */
static int finish(int status)
{
	if (fflush(stdout) == 0 && !ferror(stdout))
		return status;
	perror("kc: cannot write to stdout");
	return status ? status : STATUS_HOST_NOT_READY;
}

int main(int argc, char **argv)
{
	const struct command *command;
	GError *error = NULL;

	fill_standard_streams();
	if (argc < 2) {
		help_overview(stderr);
		return STATUS_MISUSE;
	}
	if (g_str_equal(argv[1], "--help") || g_str_equal(argv[1], "-h"))
		argv[1] = "help";
	else if (g_str_equal(argv[1], "--version"))
		argv[1] = "version";
	command = command_find(argv[1], &error);
	return command ? finish(command_dispatch(command, argv + 2)) : misuse(error);
}
