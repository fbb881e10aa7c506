/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "learn/source.h"
#include "base/status.h"

#include <stdbool.h>
#include <string.h>

#define MARK "/* learn: "
#define MARK_END " */"

enum section { OUTSIDE, BODY, INSTEAD, OTHER_MISTAKE, THE_MISTAKE };

struct making {
	const struct source_wish *wish;
	GString *out;
	enum section section;
	bool ours; /* the piece is one of the exercise's */
	bool made; /* the mistake, in some piece */
	GPtrArray *body, *instead, *hunks; /* lines of the piece; hunks as "- TEXT" and "+ TEXT" */
};

/* The words of a mark, "cut send"; NULL: the line is none. Caller frees. */
static char *read_mark(const char *line)
{
	const char *text = line + strspn(line, " \t");

	if (!g_str_has_prefix(text, MARK) || !g_str_has_suffix(text, MARK_END))
		return NULL;
	text += strlen(MARK);
	return g_strndup(text, strlen(text) - strlen(MARK_END));
}

static bool wrong(GError **error, const char *what, const char *line)
{
	g_set_error(error, STATUS_ERROR, STATUS_HOST_NOT_READY, "a mark of an exercise: %s: '%s'",
		    what, line);
	return false;
}

static bool same_text(const char *a, const char *b)
{
	g_autofree char *x = g_strstrip(g_strdup(a));
	g_autofree char *y = g_strstrip(g_strdup(b));

	return g_str_equal(x, y);
}

static int find_line(const GPtrArray *lines, guint from, const char *text)
{
	for (guint i = from; i < lines->len; i++)
		if (same_text(lines->pdata[i], text))
			return (int)i;
	return -1;
}

/* Each "-" takes the next line of this text away, and what follows as "+" comes there. */
static bool apply_hunks(const struct making *making, GError **error)
{
	int at = 0;

	for (guint i = 0; i < making->hunks->len; i++) {
		const char *hunk = making->hunks->pdata[i];

		if (*hunk == '+') {
			g_ptr_array_insert(making->body, at++, g_strdup(hunk + 1));
			continue;
		}
		at = find_line(making->body, at, hunk + 1);
		if (at < 0)
			return wrong(error, "no such line to replace", hunk + 1);
		g_ptr_array_remove_index(making->body, at);
	}
	return true;
}

static void put_lines(GString *out, const GPtrArray *lines)
{
	for (guint i = 0; i < lines->len; i++)
		g_string_append_printf(out, "%s\n", (char *)lines->pdata[i]);
}

static void put_todo(const struct making *making, const char *mark)
{
	int indent = strspn(mark, " \t");

	if (making->wish->todo)
		g_string_append_printf(making->out, "%.*s/* TODO: %s */\n", indent, mark,
				       making->wish->todo);
}

static bool end_piece(struct making *making, const char *line, GError **error)
{
	bool skeleton = making->ours && making->wish->kind == SOURCE_SKELETON;
	bool ok = apply_hunks(making, error);

	if (skeleton)
		put_todo(making, line);
	put_lines(making->out, skeleton ? making->instead : making->body);
	g_ptr_array_set_size(making->body, 0);
	g_ptr_array_set_size(making->instead, 0);
	g_ptr_array_set_size(making->hunks, 0);
	making->section = OUTSIDE;
	return ok;
}

/* "+ TEXT" or "- TEXT", with the mark's own indentation in front of TEXT */
static void take_change(struct making *making, const char *mark, const char *line)
{
	int indent = strspn(line, " \t");
	const char *text = mark + 1 + (mark[1] == ' ');
	bool added = *mark == '+';

	if (making->section == INSTEAD && added)
		g_ptr_array_add(making->instead, g_strdup_printf("%.*s%s", indent, line, text));
	if (making->section == THE_MISTAKE)
		g_ptr_array_add(making->hunks,
				g_strdup_printf("%c%.*s%s", *mark, indent, line, text));
}

static bool is_wanted(const struct making *making, const char *mistake)
{
	return making->ours && making->wish->kind == SOURCE_MISTAKE &&
	       g_strcmp0(making->wish->mistake, mistake) == 0;
}

static bool take_mark(struct making *making, const char *mark, const char *line, GError **error)
{
	bool inside = making->section != OUTSIDE;

	if (g_str_has_prefix(mark, "cut ") && !inside) {
		making->section = BODY;
		making->ours = g_str_equal(mark + strlen("cut "), making->wish->exercise);
	} else if (inside && g_str_equal(mark, "end")) {
		return end_piece(making, line, error);
	} else if (inside && g_str_equal(mark, "instead")) {
		making->section = INSTEAD;
	} else if (inside && g_str_has_prefix(mark, "mistake ")) {
		bool wanted = is_wanted(making, mark + strlen("mistake "));

		making->section = wanted ? THE_MISTAKE : OTHER_MISTAKE;
		making->made |= wanted;
	} else if (making->section > BODY && (*mark == '+' || *mark == '-')) {
		take_change(making, mark, line);
	} else {
		return wrong(error, "it does not belong here", line);
	}
	return true;
}

static bool take_line(struct making *making, const char *line, GError **error)
{
	g_autofree char *mark = read_mark(line);

	if (mark)
		return take_mark(making, mark, line, error);
	if (making->section > BODY)
		return wrong(error, "a line of code behind 'instead' or 'mistake'", line);
	if (making->section == BODY)
		g_ptr_array_add(making->body, g_strdup(line));
	else
		g_string_append_printf(making->out, "%s\n", line);
	return true;
}

static bool take_all(struct making *making, const char *text, GError **error)
{
	g_auto(GStrv) lines = g_strsplit(text, "\n", -1);

	for (int i = 0; lines[i] && (*lines[i] || lines[i + 1]); i++)
		if (!take_line(making, lines[i], error))
			return false;
	if (making->section != OUTSIDE)
		return wrong(error, "a piece has no end", making->wish->exercise);
	if (making->wish->kind == SOURCE_MISTAKE && !making->made)
		return wrong(error, "no such mistake", making->wish->mistake);
	return true;
}

char *source_make(const char *text, const struct source_wish *wish, GError **error)
{
	struct making making = {
		.wish = wish,
		.out = g_string_new(NULL),
		.body = g_ptr_array_new_with_free_func(g_free),
		.instead = g_ptr_array_new_with_free_func(g_free),
		.hunks = g_ptr_array_new_with_free_func(g_free),
	};
	bool ok = take_all(&making, text, error);

	g_ptr_array_unref(making.body);
	g_ptr_array_unref(making.instead);
	g_ptr_array_unref(making.hunks);
	return g_string_free(making.out, !ok);
}

GPtrArray *source_mistakes(const char *text, const char *exercise)
{
	GPtrArray *names = g_ptr_array_new_with_free_func(g_free);
	g_auto(GStrv) lines = g_strsplit(text, "\n", -1);
	bool ours = false;

	for (int i = 0; lines[i]; i++) {
		g_autofree char *mark = read_mark(lines[i]);
		const char *name = mark ? mark + strlen("mistake ") : NULL;

		if (mark && g_str_has_prefix(mark, "cut "))
			ours = g_str_equal(mark + strlen("cut "), exercise);
		if (ours && mark && g_str_has_prefix(mark, "mistake ") &&
		    !g_ptr_array_find_with_equal_func(names, name, g_str_equal, NULL))
			g_ptr_array_add(names, g_strdup(name));
	}
	return names;
}
