// SPDX-License-Identifier: GPL-2.0-or-later
#include "modules.h"
#include "words.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#define PARAMETERS_MAX 4096 /* as long as the whole command line */
#define NAME_MAX_BYTES 64 /* MODULE_NAME_LEN of a 64-bit kernel is less */

/* "000-virtio_blk.ko" is virtio_blk. */
static void take_name(const char *file, char *name, size_t size)
{
	const char *dash = strchr(file, '-');
	const char *from = dash ? dash + 1 : file;

	snprintf(name, size, "%.*s", (int)strcspn(from, "."), from);
}

/* "virtio_blk.poll_queues=1" is for the module what it would be for a driver that is built in. */
static void collect_parameters(const char *name, char *parameters, size_t size)
{
	const char *word;
	char *at = NULL;
	size_t len = 0;

	*parameters = '\0';
	while ((word = words_next(&at))) {
		const char *one = words_parameter(word, name);

		if (one && len + strlen(one) + 1 < size)
			len += snprintf(parameters + len, size - len, " %s", one);
	}
}

static void insert(const char *file)
{
	char name[NAME_MAX_BYTES], parameters[PARAMETERS_MAX];
	int fd = open(file, O_RDONLY | O_CLOEXEC);

	take_name(file, name, sizeof(name));
	collect_parameters(name, parameters, sizeof(parameters));
	if (syscall(SYS_finit_module, fd, parameters, 0) && errno != EEXIST)
		fprintf(stderr, "kc-init: cannot insert %s: %s\n", name, strerror(errno));
	close(fd);
	unlink(file);
}

static int is_module(const struct dirent *entry)
{
	return entry->d_name[0] != '.';
}

void modules_insert(void)
{
	struct dirent **entries;
	int count = chdir(MODULES_FOLDER) ? 0 : scandir(".", &entries, is_module, alphasort);

	for (int i = 0; i < count; i++)
		insert(entries[i]->d_name);
	if (chdir("/") == 0)
		rmdir(MODULES_FOLDER);
}
