/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "learn/work.h"
#include "base/status.h"
#include "learn/make.h"

#include <errno.h>
#include <glib/gstdio.h>
#include <string.h>

static bool cannot(GError **error, const char *path, const char *why)
{
	g_set_error(error, STATUS_ERROR, STATUS_HOST_NOT_READY, "cannot write '%s': %s", path, why);
	return false;
}

char *work_new(const struct lab *lab, GError **error)
{
	g_autofree char *home = g_build_filename(lab->root, "build", "learn", NULL);
	char *work = g_build_filename(home, "work-XXXXXX", NULL);

	if (g_mkdir_with_parents(home, 0777) == 0 && g_mkdtemp(work))
		return work;
	cannot(error, work, g_strerror(errno));
	g_free(work);
	return NULL;
}

/* Links are removed and not followed. */
static void remove_tree(const char *path)
{
	g_autoptr(GDir) dir = g_file_test(path, G_FILE_TEST_IS_SYMLINK) ? NULL
									: g_dir_open(path, 0, NULL);
	const char *name;

	while (dir && (name = g_dir_read_name(dir))) {
		g_autofree char *inside = g_build_filename(path, name, NULL);

		remove_tree(inside);
	}
	g_remove(path);
}

void work_free(char *work)
{
	if (work)
		remove_tree(work);
	g_free(work);
}

static bool put_file(const char *dir, const char *name, const char *text, gsize len, GError **error)
{
	g_autofree char *path = g_build_filename(dir, name, NULL);
	g_autoptr(GError) cause = NULL;

	return g_file_set_contents(path, text, len, &cause) || cannot(error, path, cause->message);
}

static bool copy_file(const char *dir, const char *path, GError **error)
{
	g_autofree char *name = g_path_get_basename(path);
	g_autoptr(GError) cause = NULL;
	g_autofree char *text = NULL;
	gsize len;

	if (g_file_get_contents(path, &text, &len, &cause))
		return put_file(dir, name, text, len, error);
	g_set_error(error, STATUS_ERROR, STATUS_HOST_NOT_READY, "%s", cause->message);
	return false;
}

static bool lay_out(struct entry *entry, const char *dir, GError **error)
{
	g_auto(GStrv) files = exercise_files(entry->exercise, "files");
	g_autofree char *name = exercise_source_name(entry->exercise);

	g_free(entry->dir);
	entry->dir = g_strdup(dir);
	if (g_mkdir(dir, 0777) < 0)
		return cannot(error, dir, g_strerror(errno));
	for (int i = 0; files[i]; i++)
		if (!copy_file(dir, files[i], error))
			return false;
	return put_file(dir, name, entry->text, strlen(entry->text), error);
}

bool work_build(const struct lab *lab, const char *work, const GPtrArray *entries, char **said,
		GError **error)
{
	*said = NULL;
	for (guint i = 0; i < entries->len; i++) {
		g_autofree char *name = g_strdup_printf("%u", i);
		g_autofree char *dir = g_build_filename(work, name, NULL);

		if (!lay_out(entries->pdata[i], dir, error))
			return false;
	}
	return make_verb(lab, "exercises", work, said, error);
}
