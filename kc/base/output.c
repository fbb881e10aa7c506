/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "base/output.h"
#include "base/status.h"

#include <errno.h>
#include <unistd.h>

static bool cannot_write(const char *option, const char *file, int why, GError **error)
{
	g_set_error(error, STATUS_ERROR, STATUS_NOT_CARRIED, "%s: '%s' cannot be written: %s",
		    option, file, g_strerror(why));
	return false;
}

bool output_is_stdout(const char *file)
{
	return g_strcmp0(file, "-") == 0;
}

bool output_check(const char *option, const char *file, GError **error)
{
	g_autofree char *folder = file ? g_path_get_dirname(file) : NULL;

	if (!file || output_is_stdout(file))
		return true;
	if (g_file_test(file, G_FILE_TEST_IS_DIR))
		return cannot_write(option, file, EISDIR, error);
	if (access(file, W_OK) == 0 || (errno == ENOENT && access(folder, W_OK | X_OK) == 0))
		return true;
	return cannot_write(option, file, errno, error);
}

bool output_write(const char *option, const char *file, void (*put)(FILE *out, const void *data),
		  const void *data, GError **error)
{
	FILE *out;
	bool written;

	if (output_is_stdout(file)) {
		put(stdout, data);
		return true;
	}
	out = fopen(file, "we");
	if (!out)
		return cannot_write(option, file, errno, error);
	put(out, data);
	written = fflush(out) == 0 && !ferror(out);
	if (fclose(out) == 0 && written)
		return true;
	return cannot_write(option, file, errno, error);
}
