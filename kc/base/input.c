/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "base/input.h"
#include "base/status.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

static bool is_character_device(void)
{
	struct stat st;

	return fstat(STDIN_FILENO, &st) == 0 && S_ISCHR(st.st_mode);
}

static const char *fault(void)
{
	struct stat st;

	if (fstat(STDIN_FILENO, &st) != 0)
		return NULL;
	if (S_ISDIR(st.st_mode))
		return "it is a folder";
	if (!S_ISCHR(st.st_mode) && (fcntl(STDIN_FILENO, F_GETFL) & O_ACCMODE) == O_WRONLY)
		return "it is open for writing only";
	return NULL;
}

bool input_check(GError **error)
{
	const char *why = fault();

	if (why)
		g_set_error(error, STATUS_ERROR, STATUS_MISUSE,
			    "stdin cannot be read: %s; '</dev/null' gives the command none", why);
	return !why;
}

bool input_lost(int error)
{
	return error != EINTR && error != EAGAIN && !is_character_device();
}
