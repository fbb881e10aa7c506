/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "test/key-file.h"
#include "base/status.h"

#include <stdbool.h>
#include <string.h>

/* GLib takes the last of two equal keys, and makes one of two equal groups. */
static bool check_twice(const char *path, const char *text, GError **error)
{
	g_autoptr(GHashTable) seen = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
	g_auto(GStrv) lines = g_strsplit(text, "\n", -1);
	const char *group = "";

	for (int i = 0; lines[i]; i++) {
		const char *line = g_strstrip(lines[i]);
		char *what;

		if (*line == '[')
			group = line;
		else if (!*line || *line == '#' || !strchr(line, '='))
			continue;
		what = *line == '[' ? g_strdup(line)
				    : g_strdup_printf("%s %.*s", group, (int)strcspn(line, " \t="),
						      line);
		if (g_hash_table_contains(seen, what)) {
			g_set_error(error, STATUS_ERROR, STATUS_MISUSE,
				    "%s:%d: %s is there twice; a ';' parts several values", path,
				    i + 1, what);
			g_free(what);
			return false;
		}
		g_hash_table_add(seen, what);
	}
	return true;
}

GKeyFile *key_file_open(const char *path, GError **error)
{
	g_autoptr(GKeyFile) file = g_key_file_new();
	g_autoptr(GError) cause = NULL;
	g_autofree char *text = NULL;
	gsize len;

	if (g_file_get_contents(path, &text, &len, &cause) &&
	    g_key_file_load_from_data(file, text, len, G_KEY_FILE_NONE, &cause))
		return check_twice(path, text, error) ? g_steal_pointer(&file) : NULL;
	g_set_error(error, STATUS_ERROR, STATUS_MISUSE, "%s: %s", path, cause->message);
	return NULL;
}
