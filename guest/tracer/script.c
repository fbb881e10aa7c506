// SPDX-License-Identifier: GPL-2.0-or-later
/* What kc has thought out: a few kinds of lines, almost all for tracefs. */
#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>
#include "tracer.h"

/* The kernel's own words for a probe that it would not take. */
static void print_error_log(void)
{
	static char log[65536];
	ssize_t n = slurp(TRACEFS "/error_log", log, sizeof(log));
	char *last = n > 0 ? strstr(log, "error:") : NULL;

	for (char *next = last; next; next = strstr(next + 1, "error:"))
		last = next;
	if (last)
		fprintf(stderr, "tracer: the kernel says: %s", last);
}

static int expect(const char *path, const char *text)
{
	FILE *file = fopen(path, "re");
	char line[1024];
	bool holds = false;

	if (!file)
		return -1;
	while (!holds && fgets(line, sizeof(line), file))
		holds = strstr(line, text);
	fclose(file);
	if (!holds)
		fact("unseen");
	return 0;
}

static int write_file(const char *path, const char *text, int flags)
{
	int fd = open(path, O_WRONLY | O_CLOEXEC | flags);
	ssize_t n = fd < 0 ? -1 : write(fd, text, strlen(text));

	if (fd >= 0)
		close(fd);
	return n < 0 ? -1 : 0;
}

static int load_module(const char *file, const char *parameters)
{
	int fd = open(file, O_RDONLY | O_CLOEXEC);
	int failed = fd < 0 ? -1 : syscall(SYS_finit_module, fd, parameters, 0);

	if (fd >= 0)
		close(fd);
	return failed;
}

/*
 * One line of a script, in TRACEFS: "mkdir PATH", "rmdir PATH", "write PATH
 * TEXT" or "append PATH TEXT", or, with a whole path, "load PATH PARAMETERS";
 * with a '-' in front it may fail. "expect PATH TEXT" says whether it is not
 * there, and goes on.
 */
static int carry_out(char *line)
{
	bool may_fail = *line == '-';
	char *verb = strtok(line + may_fail, " ");
	char *name = strtok(NULL, " ");
	char *text = strtok(NULL, "");
	char path[512];
	int failed;

	if (!verb || !name)
		return 0;
	snprintf(path, sizeof(path), "%s%s", *name == '/' ? "" : TRACEFS "/", name);
	if (!strcmp(verb, "load"))
		failed = load_module(path, text ? text : "");
	else if (!strcmp(verb, "mkdir"))
		failed = mkdir(path, 0700);
	else if (!strcmp(verb, "rmdir"))
		failed = rmdir(path);
	else if (!strcmp(verb, "expect"))
		failed = expect(path, text ? text : "");
	else
		failed = write_file(path, text ? text : "",
				    strcmp(verb, "append") ? O_TRUNC : O_APPEND);
	if (!failed || may_fail)
		return 0;
	fprintf(stderr, "tracer: %s %s %s: %s\n", verb, path, text ? text : "", strerror(errno));
	print_error_log();
	return 1;
}

bool carry_out_all(const char *script)
{
	FILE *file = fopen(script, "re");
	char line[4096];

	if (!file)
		fail(script);
	mount_tracefs();
	while (fgets(line, sizeof(line), file)) {
		line[strcspn(line, "\n")] = '\0';
		if (carry_out(line))
			return false;
	}
	fclose(file);
	return true;
}
