// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The first program of an initramfs whose kernel has drivers as modules. It inserts them, and
 * goes on with what would have been first if they were built in: what rdinit= names, the
 * initramfs' own init, or the root on disk. In C, as the initramfs around it may have no shell,
 * and each program that is run under emulation costs milliseconds of a boot.
 *
 * Should it end, Linux panics: then there is no root.
 */
#include "modules.h"
#include "root.h"
#include "words.h"

#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define OWN "/kc-init"

/* By whatever name or link */
static bool is_other_program(const char *file)
{
	struct stat own, st;

	return !stat(file, &st) &&
	       (stat(OWN, &own) || st.st_ino != own.st_ino || st.st_dev != own.st_dev);
}

/* The last rdinit= that is not this one. */
static const char *asked_for(void)
{
	const char *word, *asked = NULL;
	char *at = NULL;

	while ((word = words_next(&at)))
		if (!strncmp(word, "rdinit=", strlen("rdinit=")) && strcmp(word, "rdinit=" OWN))
			asked = word + strlen("rdinit=");
	return asked;
}

static const char *next_init(void)
{
	const char *asked = asked_for();

	if (asked)
		return asked;
	if (is_other_program("/init"))
		return "/init";
	return is_other_program("/sbin/init") ? "/sbin/init" : NULL;
}

int main(int argc, char **argv)
{
	const char *next;

	(void)argc;
	words_read();
	modules_insert();
	next = next_init();
	if (next) {
		argv[0] = (char *)next;
		execv(next, argv);
		fprintf(stderr, "kc-init: cannot run %s: %s\n", next, strerror(errno));
	} else if (root_change(OWN)) {
		root_run_init(argv);
	}
	return 1;
}
