/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "base/options.h"
#include "base/quote.h"
#include "base/status.h"

#include <string.h>

#define COUNT_MAX 4096
#define NEAR_EDITS 2

bool option_on(const char *value, void *field, GError **error)
{
	(void)value, (void)error;
	*(bool *)field = true;
	return true;
}

bool option_string(const char *value, void *field, GError **error)
{
	(void)error;
	*(const char **)field = value;
	return true;
}

bool option_list(const char *value, void *field, GError **error)
{
	char ***list = field;
	guint len = *list ? g_strv_length(*list) : 0;

	(void)error;
	*list = g_renew(char *, *list, len + 2);
	(*list)[len] = (char *)value;
	(*list)[len + 1] = NULL;
	return true;
}

bool option_seconds(const char *value, void *field, GError **error)
{
	char *end;
	double seconds = g_ascii_strtod(value, &end);

	if (g_ascii_isdigit(*value) && *end == '\0' && seconds > 0 && seconds <= 1e6) {
		*(double *)field = seconds;
		return true;
	}
	g_set_error(error, STATUS_ERROR, STATUS_MISUSE,
		    "'%s' is not a number of seconds, such as 30 or 0.5", value);
	return false;
}

bool option_count(const char *value, void *field, GError **error)
{
	guint64 count;

	if (g_ascii_string_to_unsigned(value, 10, 1, COUNT_MAX, &count, NULL)) {
		*(unsigned *)field = count;
		return true;
	}
	g_set_error(error, STATUS_ERROR, STATUS_MISUSE, "'%s' is not a number from 1 to %d", value,
		    COUNT_MAX);
	return false;
}

bool option_mebibytes(const char *value, void *field, GError **error)
{
	char *end;
	guint64 size = g_ascii_strtoull(value, &end, 10);
	bool gib = *end == 'G' || *end == 'g';

	if (gib || *end == 'M' || *end == 'm')
		end++;
	if (g_ascii_isdigit(*value) && *end == '\0' && size > 0 && size < (1 << 20)) {
		*(unsigned *)field = gib ? size * 1024 : size;
		return true;
	}
	g_set_error(error, STATUS_ERROR, STATUS_MISUSE, "'%s' is not a size, such as 512M or 2G",
		    value);
	return false;
}

/* Levenshtein distance, for words of some twenty letters. */
static unsigned edits(const char *a, const char *b)
{
	size_t len = strlen(b);
	g_autofree unsigned *row = g_new(unsigned, len + 1);

	for (size_t j = 0; j <= len; j++)
		row[j] = j;
	for (size_t i = 1; a[i - 1]; i++) {
		unsigned diagonal = row[0];

		row[0] = i;
		for (size_t j = 1; j <= len; j++) {
			unsigned change = diagonal + (a[i - 1] != b[j - 1]);

			diagonal = row[j];
			row[j] = MIN(change, MIN(row[j], row[j - 1]) + 1);
		}
	}
	return row[len];
}

const char *options_nearest(const char *word, const char *const *names)
{
	const char *nearest = NULL;
	unsigned best = MIN(NEAR_EDITS, strlen(word) / 2) + 1;

	for (size_t i = 0; names[i]; i++) {
		unsigned distance = edits(word, names[i]);

		if (distance < best) {
			best = distance;
			nearest = names[i];
		}
	}
	return nearest;
}

static const struct option_row *find_row(const struct option_row *const *tables, const char *name,
					 size_t len)
{
	for (; *tables; tables++) {
		for (const struct option_row *row = *tables; row->name; row++) {
			if (len == 1 ? row->letter == *name
				     : strlen(row->name) == len &&
					       strncmp(row->name, name, len) == 0)
				return row;
		}
	}
	return NULL;
}

static void unknown_option(const struct option_row *const *tables, const char *word, GError **error)
{
	g_autoptr(GPtrArray) names = g_ptr_array_new();
	g_autofree char *name = g_strndup(word, strcspn(word, "="));
	const char *nearest;

	for (; *tables; tables++)
		for (const struct option_row *row = *tables; row->name; row++)
			g_ptr_array_add(names, (char *)row->name);
	g_ptr_array_add(names, NULL);
	nearest = options_nearest(name + strspn(name, "-"), (const char *const *)names->pdata);
	g_set_error(error, STATUS_ERROR, STATUS_MISUSE, "unknown option '%s'%s%s%s", name,
		    nearest ? "; did you mean --" : "", nearest ? nearest : "", nearest ? "?" : "");
}

static bool fill(const struct option_row *row, const char *value, void *fields, GError **error)
{
	if (row->parse(value, (char *)fields + row->offset, error))
		return true;
	g_prefix_error(error, "--%s: ", row->name);
	return false;
}

/*
 * One option at **argv: --name, --name=value, --name value, -l, -lvalue or
 * -l value. Moves *argv to its last word.
 */
static bool parse_one(const struct option_row *const *tables, char ***argv, void *fields,
		      GError **error)
{
	const char *word = **argv;
	bool is_long = word[1] == '-';
	const char *name = word + 1 + is_long;
	size_t len = is_long ? strcspn(name, "=") : 1;
	const char *value = is_long ? (name[len] ? name + len + 1 : NULL)
				    : (name[1] ? name + 1 : NULL);
	const struct option_row *row = is_long && len < 2 ? NULL : find_row(tables, name, len);

	if (!row) {
		unknown_option(tables, word, error);
		return false;
	}
	/* Who forgot the value before "--" did not mean that; --name=-- says so. */
	if (row->value && !value && (*argv)[1] && !g_str_equal((*argv)[1], "--"))
		value = *++*argv;
	if (!row->value == !value)
		return fill(row, value, fields, error);
	g_set_error(error, STATUS_ERROR, STATUS_MISUSE,
		    value ? "--%s takes no value" : "--%s needs a value: %s", row->name,
		    row->value);
	return false;
}

char **options_parse(const struct option_row *const *tables, char **argv, void *fields, bool *help,
		     GError **error)
{
	for (; *argv && (*argv)[0] == '-' && (*argv)[1] != '\0'; argv++) {
		if (g_str_equal(*argv, "--"))
			return argv + 1;
		*help = g_str_equal(*argv, "--help") || g_str_equal(*argv, "-h");
		if (*help)
			return argv;
		if (!parse_one(tables, &argv, fields, error))
			return NULL;
	}
	return argv;
}

void options_copy_lists(const struct option_row *const *tables, void *fields)
{
	for (; *tables; tables++) {
		for (const struct option_row *row = *tables; row->name; row++) {
			char ***list = (char ***)((char *)fields + row->offset);

			if (row->parse == option_list && *list)
				*list = g_memdup2(*list,
						  (g_strv_length(*list) + 1) * sizeof(**list));
		}
	}
}

static void add_text(GString *text, const struct option_row *row, const char *value)
{
	g_autofree char *word = value ? quote_shell(value) : NULL;

	g_string_append_printf(text, "%s--%s%s%s", text->len ? " " : "", row->name, word ? " " : "",
			       word ? word : "");
}

static void add_number(GString *text, const struct option_row *row, unsigned number)
{
	g_autofree char *value = g_strdup_printf("%u", number);

	add_text(text, row, value);
}

static const char *string_at(const void *field)
{
	return *(const char *const *)field;
}

static void add_row(GString *text, const struct option_row *row, const void *field,
		    const void *standard)
{
	const char *const *list;

	if (row->parse == option_list) {
		for (list = *(const char *const *const *)field; list && *list; list++)
			add_text(text, row, *list);
	} else if (row->parse == option_string) {
		if (string_at(field) && g_strcmp0(string_at(field), string_at(standard)) != 0)
			add_text(text, row, string_at(field));
	} else if (row->parse == option_on) {
		if (*(const bool *)field)
			add_text(text, row, NULL);
	} else if (row->parse == option_count || row->parse == option_mebibytes) {
		if (memcmp(field, standard, sizeof(unsigned)) != 0)
			add_number(text, row, *(const unsigned *)field);
	}
}

char *options_text(const struct option_row *const *tables, const void *fields, const void *defaults)
{
	GString *text = g_string_new(NULL);

	for (; *tables; tables++)
		for (const struct option_row *row = *tables; row->name; row++)
			add_row(text, row, (const char *)fields + row->offset,
				(const char *)defaults + row->offset);
	return g_string_free(text, FALSE);
}

void options_clear(const struct option_row *const *tables, void *fields)
{
	for (; *tables; tables++)
		for (const struct option_row *row = *tables; row->name; row++)
			if (row->parse == option_list)
				g_free(*(void **)((char *)fields + row->offset));
}

char *options_path(const char *folder, const char *path)
{
	return folder && !g_path_is_absolute(path) ? g_build_filename(folder, path, NULL)
						   : g_strdup(path);
}
