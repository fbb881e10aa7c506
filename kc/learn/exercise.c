/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "learn/exercise.h"
#include "base/options.h"
#include "base/status.h"

#include <stdlib.h>
#include <string.h>

#define MAIN "exercise" /* the group of exercise.ini that each has */

static void exercise_free(void *data)
{
	struct exercise *exercise = data;

	g_free(exercise->name);
	g_free(exercise->title);
	g_free(exercise->folder);
	g_key_file_unref(exercise->file);
	g_free(exercise);
}

/* @entry is "03-send". */
static struct exercise *load(const char *home, const char *entry, GError **error)
{
	struct exercise *exercise = g_new0(struct exercise, 1);
	g_autofree char *path = g_build_filename(home, entry, "exercise.ini", NULL);
	g_autoptr(GError) cause = NULL;
	char *end;

	exercise->number = strtoul(entry, &end, 10);
	exercise->name = g_strdup(end + (*end == '-'));
	exercise->folder = g_build_filename(home, entry, NULL);
	exercise->file = g_key_file_new();
	if (g_key_file_load_from_file(exercise->file, path, G_KEY_FILE_NONE, &cause))
		exercise->title = g_key_file_get_string(exercise->file, MAIN, "title", &cause);
	if (exercise->title)
		return exercise;
	g_set_error(error, STATUS_ERROR, STATUS_HOST_NOT_READY, "exercise '%s': %s", path,
		    cause->message);
	exercise_free(exercise);
	return NULL;
}

static gint by_number(gconstpointer a, gconstpointer b)
{
	const struct exercise *const *x = a, *const *y = b;

	return (int)(*x)->number - (int)(*y)->number;
}

GPtrArray *exercise_list(const struct lab *lab, GError **error)
{
	g_autoptr(GPtrArray) all = g_ptr_array_new_with_free_func(exercise_free);
	g_autofree char *home = g_build_filename(lab->root, "learn", NULL);
	g_autoptr(GDir) dir = g_dir_open(home, 0, NULL);
	const char *entry;

	while (dir && (entry = g_dir_read_name(dir))) {
		struct exercise *one;

		if (!g_ascii_isdigit(*entry))
			continue;
		one = load(home, entry, error);
		if (!one)
			return NULL;
		g_ptr_array_add(all, one);
	}
	g_ptr_array_sort(all, by_number);
	if (all->len)
		return g_steal_pointer(&all);
	g_set_error(error, STATUS_ERROR, STATUS_HOST_NOT_READY, "no exercises in '%s'", home);
	return NULL;
}

const struct exercise *exercise_find(const GPtrArray *exercises, const char *word, GError **error)
{
	g_autoptr(GPtrArray) names = g_ptr_array_new();
	const char *nearest;

	for (guint i = 0; i < exercises->len; i++) {
		const struct exercise *one = g_ptr_array_index(exercises, i);
		g_autofree char *number = g_strdup_printf("%u", one->number);

		if (g_str_equal(word, one->name) || g_str_equal(word, number))
			return one;
		g_ptr_array_add(names, one->name);
	}
	g_ptr_array_add(names, NULL);
	nearest = options_nearest(word, (const char *const *)names->pdata);
	g_set_error(error, STATUS_ERROR, STATUS_MISUSE,
		    "no such exercise: '%s'; %s%s%s'kc learn' lists them", word,
		    nearest ? "did you mean '" : "", nearest ? nearest : "", nearest ? "'? " : "");
	return NULL;
}

char *exercise_get(const struct exercise *exercise, const char *key)
{
	return g_key_file_get_string(exercise->file, MAIN, key, NULL);
}

char **exercise_files(const struct exercise *exercise, const char *key)
{
	g_auto(GStrv) names = g_key_file_get_string_list(exercise->file, MAIN, key, NULL, NULL);
	g_autoptr(GPtrArray) paths = g_ptr_array_new();

	for (int i = 0; names && names[i]; i++)
		g_ptr_array_add(paths, g_canonicalize_filename(names[i], exercise->folder));
	g_ptr_array_add(paths, NULL);
	return (char **)g_ptr_array_steal(paths, NULL);
}

char *exercise_source(const struct exercise *exercise)
{
	g_autofree char *name = exercise_get(exercise, "source");

	return g_canonicalize_filename(name ? name : "", exercise->folder);
}

char *exercise_source_name(const struct exercise *exercise)
{
	g_autofree char *source = exercise_source(exercise);

	return g_path_get_basename(source);
}

static char *read_source(const struct exercise *exercise, GError **error)
{
	g_autofree char *path = exercise_source(exercise);
	g_autoptr(GError) cause = NULL;
	char *text = NULL;

	if (!g_file_get_contents(path, &text, NULL, &cause))
		g_set_error(error, STATUS_ERROR, STATUS_HOST_NOT_READY, "%s", cause->message);
	return text;
}

char *exercise_make(const struct exercise *exercise, enum source_kind kind, const char *mistake,
		    GError **error)
{
	g_autofree char *text = read_source(exercise, error);
	g_autofree char *todo = exercise_get(exercise, "todo");
	const struct source_wish wish = {kind, exercise->name, todo, mistake};

	return text ? source_make(text, &wish, error) : NULL;
}

GPtrArray *exercise_mistakes(const struct exercise *exercise, GError **error)
{
	g_autofree char *text = read_source(exercise, error);

	return text ? source_mistakes(text, exercise->name) : NULL;
}

char *exercise_hint(const struct exercise *exercise, const char *mistake)
{
	return g_key_file_get_string(exercise->file, "mistakes", mistake, NULL);
}

/* "STEP:VERDICT" or "STEP:VERDICT:WORDS", with "-" for blanks; "*": any step */
static bool is_symptom(const char *key, const char *step, const char *verdict, const char *found)
{
	g_auto(GStrv) parts = g_strsplit(key, ":", 3);

	return g_strv_length(parts) >= 2 &&
	       (g_str_equal(parts[0], "*") || g_str_equal(parts[0], step)) &&
	       g_str_equal(parts[1], verdict) && (!parts[2] || strstr(found, parts[2]));
}

char *exercise_symptom(const struct exercise *exercise, const char *step, const char *verdict,
		       const char *found)
{
	g_auto(GStrv) keys = g_key_file_get_keys(exercise->file, "symptoms", NULL, NULL);
	g_autofree char *word = g_strdelimit(g_ascii_strdown(verdict, -1), " ", '-');
	g_autofree char *words = g_strdelimit(g_strdup(found), " ", '-');

	for (int i = 0; keys && keys[i]; i++)
		if (is_symptom(keys[i], step, word, words))
			return g_key_file_get_string(exercise->file, "symptoms", keys[i], NULL);
	return NULL;
}
