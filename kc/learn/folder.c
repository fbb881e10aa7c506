/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "learn/folder.h"
#include "base/status.h"
#include "learn/source.h"

#include <errno.h>
#include <glib/gstdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#define MARKER ".learn" /* in a learner's folder: the exercise's name */
#define FILE_MAX_BYTES (1 << 20)

/* build/learn/state.ini: a group an exercise, "folder" and "done" */
static char *state_path(const struct lab *lab)
{
	return g_build_filename(lab->root, "build", "learn", "state.ini", NULL);
}

static char *state_get(const struct lab *lab, const struct exercise *exercise, const char *key)
{
	g_autoptr(GKeyFile) state = g_key_file_new();
	g_autofree char *path = state_path(lab);

	g_key_file_load_from_file(state, path, G_KEY_FILE_NONE, NULL);
	return g_key_file_get_string(state, exercise->name, key, NULL);
}

/* That it is not kept costs the learner a word more, and no work. */
static void state_set(const struct lab *lab, const struct exercise *exercise, const char *key,
		      const char *value)
{
	g_autoptr(GKeyFile) state = g_key_file_new();
	g_autofree char *path = state_path(lab);
	g_autofree char *home = g_path_get_dirname(path);
	g_autoptr(GError) cause = NULL;

	g_key_file_load_from_file(state, path, G_KEY_FILE_NONE, NULL);
	g_key_file_set_string(state, exercise->name, key, value);
	g_mkdir_with_parents(home, 0777);
	if (!g_key_file_save_to_file(state, path, &cause))
		fprintf(stderr, "kc: cannot keep what is done: %s\n", cause->message);
}

void folder_set_done(const struct lab *lab, const struct exercise *exercise)
{
	g_autoptr(GDateTime) now = g_date_time_new_now_local();
	g_autofree char *day = g_date_time_format(now, "%F");

	state_set(lab, exercise, "done", day);
}

char *folder_done(const struct lab *lab, const struct exercise *exercise)
{
	return state_get(lab, exercise, "done");
}

char *folder_exercise(const char *path)
{
	g_autofree char *marker = g_build_filename(path, MARKER, NULL);
	char *name = NULL;

	if (!g_file_test(marker, G_FILE_TEST_IS_REGULAR) ||
	    !g_file_get_contents(marker, &name, NULL, NULL))
		return NULL;
	return g_strstrip(name);
}

char *folder_find(const struct lab *lab, const struct exercise *exercise)
{
	g_autofree char *path = state_get(lab, exercise, "folder");
	g_autofree char *name = path ? folder_exercise(path) : NULL;

	return g_strcmp0(name, exercise->name) == 0 ? g_steal_pointer(&path) : NULL;
}

static bool is_empty(const char *path)
{
	g_autoptr(GDir) dir = g_dir_open(path, 0, NULL);

	return dir && !g_dir_read_name(dir);
}

/* The real name of @path, or of the nearest folder above it that is there. Caller frees. */
static char *real_folder(const char *path)
{
	g_autofree char *above = NULL;
	char *real = realpath(path, NULL);

	if (real)
		return real;
	above = g_path_get_dirname(path);
	return real_folder(above);
}

/* What lies there make would take for a device or a module of the lab. */
static bool is_built_by_make(const struct lab *lab, const char *path)
{
	static const char *const homes[] = {"devices", "modules", "build", "learn"};
	g_autofree char *real = real_folder(path);
	g_autofree char *inside = g_strconcat(real, "/", NULL);

	for (size_t i = 0; i < G_N_ELEMENTS(homes); i++) {
		g_autofree char *home = g_build_filename(lab->root, homes[i], NULL);
		g_autofree char *own = realpath(home, NULL);
		g_autofree char *prefix = g_strconcat(own ? own : home, "/", NULL);

		if (g_str_has_prefix(inside, prefix))
			return true;
	}
	return false;
}

static bool check_place(const struct lab *lab, const struct exercise *exercise, const char *path,
			GError **error)
{
	g_autofree char *name = folder_exercise(path);

	if (is_built_by_make(lab, path))
		g_set_error(error, STATUS_ERROR, STATUS_MISUSE,
			    "'%s' is the project's own place; choose a folder outside devices/, "
			    "modules/, learn/ and build/",
			    path);
	else if (g_strcmp0(name, exercise->name) == 0)
		g_set_error(error, STATUS_ERROR, STATUS_MISUSE,
			    "'%s' has your work on this exercise, which stays as it is; 'kc learn "
			    "check %u' grades it, 'kc learn start %u DIR' starts over elsewhere",
			    path, exercise->number, exercise->number);
	else if (g_file_test(path, G_FILE_TEST_EXISTS) && !is_empty(path))
		g_set_error(error, STATUS_ERROR, STATUS_MISUSE,
			    "'%s' is there and not empty; name another folder: 'kc learn start %u "
			    "DIR'",
			    path, exercise->number);
	else
		return true;
	return false;
}

static bool write_file(const char *path, const char *name, const char *text, GError **error)
{
	g_autofree char *file = g_build_filename(path, name, NULL);
	g_autoptr(GError) cause = NULL;

	if (g_file_set_contents(file, text, -1, &cause))
		return true;
	g_set_error(error, STATUS_ERROR, STATUS_NOT_CARRIED, "%s", cause->message);
	return false;
}

static bool copy_file(const char *path, const char *from, GError **error)
{
	g_autofree char *name = g_path_get_basename(from);
	g_autoptr(GError) cause = NULL;
	g_autofree char *text = NULL;

	if (g_file_get_contents(from, &text, NULL, &cause))
		return write_file(path, name, text, error);
	g_set_error(error, STATUS_ERROR, STATUS_HOST_NOT_READY, "%s", cause->message);
	return false;
}

/* The marker comes last: a folder that has it is whole. */
static bool fill(const struct exercise *exercise, const char *path, GError **error)
{
	g_autofree char *readme = g_build_filename(exercise->folder, "README.md", NULL);
	g_autofree char *name = exercise_source_name(exercise);
	g_autofree char *skeleton = exercise_make(exercise, SOURCE_SKELETON, NULL, error);
	g_autofree char *mark = g_strconcat(exercise->name, "\n", NULL);
	g_auto(GStrv) shown = exercise_files(exercise, "shown");

	if (!skeleton || !copy_file(path, readme, error))
		return false;
	for (int i = 0; shown[i]; i++)
		if (!copy_file(path, shown[i], error))
			return false;
	return write_file(path, name, skeleton, error) && write_file(path, MARKER, mark, error);
}

bool folder_start(const struct lab *lab, const struct exercise *exercise, const char *path,
		  GError **error)
{
	if (!check_place(lab, exercise, path, error))
		return false;
	if (g_mkdir_with_parents(path, 0777) < 0) {
		g_set_error(error, STATUS_ERROR, STATUS_NOT_CARRIED, "cannot make '%s': %s", path,
			    g_strerror(errno));
		return false;
	}
	if (!fill(exercise, path, error))
		return false;
	state_set(lab, exercise, "folder", path);
	return true;
}

char *folder_read(const struct exercise *exercise, const char *path, GError **error)
{
	g_autofree char *name = exercise_source_name(exercise);
	g_autofree char *file = g_build_filename(path, name, NULL);
	g_autoptr(GError) cause = NULL;
	g_autofree char *text = NULL;
	struct stat st;
	gsize len = 0;

	if (stat(file, &st) < 0)
		g_set_error(error, STATUS_ERROR, STATUS_MISUSE, "cannot read '%s': %s", file,
			    g_strerror(errno));
	else if (!S_ISREG(st.st_mode) || st.st_size > FILE_MAX_BYTES)
		g_set_error(error, STATUS_ERROR, STATUS_MISUSE,
			    "'%s' is not a source file of at most 1 MiB", file);
	else if (!g_file_get_contents(file, &text, &len, &cause))
		g_set_error(error, STATUS_ERROR, STATUS_MISUSE, "%s", cause->message);
	else if (strlen(text) != len)
		g_set_error(error, STATUS_ERROR, STATUS_MISUSE, "'%s' has a NUL byte in it", file);
	else
		return g_steal_pointer(&text);
	return NULL;
}
