/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "device/make.h"
#include "base/status.h"

#include <errno.h>
#include <gio/gio.h>
#include <glib/gstdio.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

static bool failed(const char *what, const char *path, GError **error)
{
	g_set_error(error, STATUS_ERROR, STATUS_NOT_CARRIED, "cannot %s '%s': %s", what, path,
		    g_strerror(errno));
	return false;
}

/* Of files alone: a device's folder holds no other. */
static bool remove_folder(const char *path, GError **error)
{
	g_autoptr(GDir) dir = g_dir_open(path, 0, NULL);
	const char *name;

	while (dir && (name = g_dir_read_name(dir))) {
		g_autofree char *file = g_build_filename(path, name, NULL);

		if (g_unlink(file) < 0 && errno != EISDIR)
			return failed("remove", file, error);
		if (g_file_test(file, G_FILE_TEST_IS_DIR) && !remove_folder(file, error))
			return false;
	}
	return g_rmdir(path) == 0 || failed("remove", path, error);
}

static bool write_files(const char *folder, JsonObject *files, GError **error)
{
	JsonObjectIter iter;
	const char *name;
	JsonNode *node;

	json_object_iter_init_ordered(&iter, files);
	while (json_object_iter_next_ordered(&iter, &name, &node)) {
		g_autofree char *path = g_build_filename(folder, name, NULL);
		g_autofree char *parent = g_path_get_dirname(path);
		g_autoptr(GError) cause = NULL;

		if (g_mkdir_with_parents(parent, 0777) < 0)
			return failed("make", parent, error);
		if (g_file_set_contents(path, json_node_get_string(node), -1, &cause))
			continue;
		g_set_error(error, STATUS_ERROR, STATUS_NOT_CARRIED, "cannot write '%s': %s", path,
			    cause->message);
		return false;
	}
	return true;
}

/* Hidden, and beside the place where it goes: a rename must not cross file systems. */
static char *scratch_folder(const char *path, GError **error)
{
	g_autofree char *parent = g_path_get_dirname(path);
	char *folder = g_build_filename(parent, ".kc-XXXXXX", NULL);

	if (g_mkdir_with_parents(parent, 0777) == 0 && g_mkdtemp_full(folder, 0777))
		return folder;
	failed("make a folder in", parent, error);
	g_free(folder);
	return NULL;
}

char *device_scratch_folder(const char *path, GError **error)
{
	if (g_file_test(path, G_FILE_TEST_EXISTS) || g_file_test(path, G_FILE_TEST_IS_SYMLINK)) {
		g_set_error(error, STATUS_ERROR, STATUS_MISUSE,
			    "'%s' is there already, and is left as it is; choose another name, or "
			    "remove it first",
			    path);
		return NULL;
	}
	return scratch_folder(path, error);
}

bool device_make(const char *path, JsonNode *files, GError **error)
{
	g_autofree char *folder = device_scratch_folder(path, error);

	if (!folder)
		return false;
	if (write_files(folder, json_node_get_object(files), error) &&
	    (g_rename(folder, path) == 0 || failed("make", path, error)))
		return true;
	remove_folder(folder, NULL);
	return false;
}

/* What git has not got of @path, a line each; NULL: all is there, or there is no git. */
static char *uncommitted(const char *path)
{
	const char *argv[] = {"git",	   "-C", path, "status", "--porcelain",
			      "--ignored", "--", ".",  NULL};
	g_autofree char *said = NULL;
	int status = 0;

	if (!g_spawn_sync(NULL, (char **)argv, NULL,
			  G_SPAWN_SEARCH_PATH | G_SPAWN_STDERR_TO_DEV_NULL, NULL, NULL, &said, NULL,
			  &status, NULL) ||
	    status != 0)
		return g_strdup("it is in no work tree of git");
	return *said ? g_steal_pointer(&said) : NULL;
}

bool device_remove(const char *path, bool force, GError **error)
{
	g_autofree char *left = force ? NULL : uncommitted(path);

	if (!left)
		return remove_folder(path, error);
	g_set_error(error, STATUS_ERROR, STATUS_MISUSE,
		    "'%s' holds work that is not committed, and is left as it is:\n%s\n"
		    "commit it first, or say --force",
		    path, g_strchomp(left));
	return false;
}
