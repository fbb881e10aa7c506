// SPDX-License-Identifier: GPL-2.0-or-later
#include "words.h"

#include <ctype.h>
#include <fcntl.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <unistd.h>

#define LINE_MAX_BYTES 4096 /* more than COMMAND_LINE_SIZE of any x86 kernel */

static char line[LINE_MAX_BYTES]; /* each word with its own NUL */
static char *end = line;

static void part(void)
{
	bool quoted = false;

	for (char *at = line; *at; at++) {
		quoted ^= *at == '"';
		if (!quoted && isspace((unsigned char)*at))
			*at = '\0';
		end = at + 1;
	}
}

void words_read(void)
{
	ssize_t len;
	int fd;

	mkdir("/proc", 0555);
	if (mount("proc", "/proc", "proc", 0, NULL))
		return;
	fd = open("/proc/cmdline", O_RDONLY | O_CLOEXEC);
	len = read(fd, line, sizeof(line) - 1);
	close(fd);
	umount("/proc");
	if (len > 0)
		part();
}

const char *words_next(char **at)
{
	char *word = *at ? *at + strlen(*at) : line;

	while (word < end && !*word)
		word++;
	if (word == end || !strcmp(word, "--"))
		return NULL;
	*at = word;
	return word;
}

const char *words_value(const char *name)
{
	size_t len = strlen(name);
	const char *word, *value = NULL;
	char *at = NULL;

	while ((word = words_next(&at)))
		if (!strncmp(word, name, len) && word[len] == '=')
			value = word + len + 1;
	return value;
}

/* To the kernel '-' and '_' are one. */
static bool is_same(char a, char b)
{
	return a == b || ((a == '-' || a == '_') && (b == '-' || b == '_'));
}

const char *words_parameter(const char *word, const char *name)
{
	while (*name && is_same(*word, *name)) {
		word++;
		name++;
	}
	return !*name && *word == '.' ? word + 1 : NULL;
}
