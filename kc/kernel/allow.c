/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "kernel/allow.h"
#include "base/status.h"

#include <string.h>

struct entry {
	char *pattern;
	char *reason;
};

struct allow_list {
	GPtrArray *entries;
};

static void free_entry(void *data)
{
	struct entry *entry = data;

	g_free(entry->pattern);
	g_free(entry->reason);
	g_free(entry);
}

struct allow_list *allow_list_new(void)
{
	struct allow_list *list = g_new0(struct allow_list, 1);

	list->entries = g_ptr_array_new_with_free_func(free_entry);
	return list;
}

void allow_list_free(struct allow_list *list)
{
	if (!list)
		return;
	g_ptr_array_unref(list->entries);
	g_free(list);
}

static bool refuse(const char *where, const char *entry, const char *why, GError **error)
{
	g_set_error(error, STATUS_ERROR, STATUS_MISUSE,
		    "%s: '%s' %s; an entry is 'PATTERN | REASON'", where, entry, why);
	return false;
}

/* The last bar parts: a pattern may hold some, a reason has none. */
bool allow_list_add(struct allow_list *list, const char *line, const char *where, GError **error)
{
	const char *bar = strrchr(line, '|');
	g_autofree char *pattern = g_strstrip(
		g_strndup(line, bar ? bar - line : (gssize)strlen(line)));
	g_autofree char *reason = g_strstrip(g_strdup(bar ? bar + 1 : ""));
	struct entry *entry;

	/* Globs are of UTF-8. */
	if (!g_utf8_validate(line, -1, NULL))
		return refuse(where, "an entry", "is not UTF-8", error);
	if (!*reason)
		return refuse(where, line, "allows a splat without a reason", error);
	if (!pattern[strspn(pattern, "*? \t")])
		return refuse(where, line, "has no pattern, or one that allows anything", error);
	entry = g_new0(struct entry, 1);
	entry->pattern = g_steal_pointer(&pattern);
	entry->reason = g_steal_pointer(&reason);
	g_ptr_array_add(list->entries, entry);
	return true;
}

static bool add_lines(struct allow_list *list, char *const *lines, const char *path, GError **error)
{
	for (int i = 0; lines[i]; i++) {
		g_autofree char *where = g_strdup_printf("%s:%d", path, i + 1);
		char *line = g_strstrip(lines[i]);

		if (*line && *line != '#' && !allow_list_add(list, line, where, error))
			return false;
	}
	return true;
}

bool allow_list_load(struct allow_list *list, const char *path, GError **error)
{
	g_autoptr(GError) cause = NULL;
	g_auto(GStrv) lines = NULL;
	g_autofree char *text = NULL;

	if (!g_file_get_contents(path, &text, NULL, &cause)) {
		g_set_error(error, STATUS_ERROR, STATUS_MISUSE, "no allow-list: %s",
			    cause->message);
		return false;
	}
	lines = g_strsplit(text, "\n", -1);
	return add_lines(list, lines, path, error);
}

const char *allow_list_reason(const struct allow_list *list, const char *title, const char *message)
{
	for (guint i = 0; list && i < list->entries->len; i++) {
		const struct entry *entry = g_ptr_array_index(list->entries, i);

		if (g_pattern_match_simple(entry->pattern, title) ||
		    (message && g_pattern_match_simple(entry->pattern, message)))
			return entry->reason;
	}
	return NULL;
}
