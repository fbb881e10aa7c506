/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "base/slots.h"

#include <fcntl.h>
#include <glib.h>
#include <sys/file.h>
#include <unistd.h>

int slot_take(void)
{
	const char *folder = g_getenv("KC_TEST_SLOTS");
	g_autoptr(GDir) dir = folder ? g_dir_open(folder, 0, NULL) : NULL;
	const char *name;

	if (!dir)
		return SLOT_FREE;
	while ((name = g_dir_read_name(dir))) {
		g_autofree char *path = g_build_filename(folder, name, NULL);
		int fd = open(path, O_RDWR | O_CLOEXEC);

		if (fd >= 0 && flock(fd, LOCK_EX | LOCK_NB) == 0)
			return fd;
		if (fd >= 0)
			close(fd);
	}
	return SLOT_NONE;
}

/* Children that were forked meanwhile have it open, too. */
void slot_give(int slot)
{
	if (slot < 0)
		return;
	flock(slot, LOCK_UN);
	close(slot);
}
