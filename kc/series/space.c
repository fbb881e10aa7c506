/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "series/space.h"
#include "base/status.h"

#include <string.h>
#include <sys/statvfs.h>

#define NEEDED (16 << 20) /* bytes: logs, a bundle of a failure, an object file */

static bool is_full(const char *folder)
{
	struct statvfs disk;

	return statvfs(folder, &disk) == 0 &&
	       (guint64)disk.f_bavail * disk.f_frsize < (guint64)NEEDED;
}

/* apt asks before it begins, and has words of its own. */
static bool says_so(const char *line)
{
	return strstr(line, "No space left on device") || strstr(line, "Disk quota exceeded") ||
	       strstr(line, "enough free space in");
}

static bool log_says_so(const char *log, const char *prefix)
{
	g_autofree char *text = NULL;
	g_auto(GStrv) lines = NULL;
	bool found = false;

	if (!g_file_get_contents(log, &text, NULL, NULL))
		return false;
	lines = g_strsplit(text, "\n", -1);
	for (guint i = 0; !found && lines[i]; i++)
		found = g_str_has_prefix(lines[i], prefix) && says_so(lines[i]);
	return found;
}

bool space_ran_out(const char *folder, const char *log, const char *prefix, GError **error)
{
	if (!is_full(folder) && !log_says_so(log, prefix))
		return false;
	g_set_error(error, STATUS_ERROR, STATUS_HOST_NOT_READY,
		    "no space is left on the disk of '%s'; make some, and the same command goes on "
		    "from here",
		    folder);
	return true;
}
