/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "bench/load-number.h"
#include "base/quote.h"
#include "base/status.h"

#include <math.h>
#include <string.h>

/*
 * Not within a word; with commas, for "1,234" must not pass for 234: the whole of it is
 * taken, and refused.
 */
#define NUMBER "(?<![\\w.,])[-+]?(?:\\d[\\d,]*(?:\\.\\d+)?|\\.\\d+)(?:[eE][-+]?\\d+)?"
#define SHOWN_MAX 200 /* bytes of an output in a message */

static GRegex *compile(const char *option, const char *pattern, GError **error)
{
	g_autoptr(GError) cause = NULL;
	GRegex *regex = g_regex_new(pattern, G_REGEX_MULTILINE, 0, &cause);

	if (!regex)
		g_set_error(error, STATUS_ERROR, STATUS_MISUSE, "%s '%s': %s", option, pattern,
			    cause->message);
	return regex;
}

bool load_number_init(struct load_number *load, const struct load_options *options, GError **error)
{
	load->options = options;
	load->number = compile("--number", options->number ? options->number : NUMBER, error);
	if (!load->number || !options->operations)
		return load->number;
	load->operations = compile("--operations", options->operations, error);
	return load->operations;
}

void load_number_clear(struct load_number *load)
{
	g_clear_pointer(&load->number, g_regex_unref);
	g_clear_pointer(&load->operations, g_regex_unref);
}

/* The last line that is not empty. */
static const char *last_line(const char *text)
{
	const char *end = text + strlen(text);

	while (end > text && g_ascii_isspace(end[-1]))
		end--;
	while (end > text && end[-1] != '\n')
		end--;
	return end;
}

static char *last_match(const GRegex *regex, const char *text)
{
	g_autoptr(GMatchInfo) match = NULL;
	char *found = NULL;

	g_regex_match(regex, text, 0, &match);
	for (; g_match_info_matches(match); g_match_info_next(match, NULL)) {
		g_free(found);
		found = g_match_info_fetch(match, g_match_info_get_match_count(match) > 1);
	}
	return found;
}

static void not_found(const char *what, const char *text, GError **error)
{
	g_autofree char *shown = g_strndup(text, strnlen(text, SHOWN_MAX));
	g_autofree char *safe = quote_printable(g_strstrip(shown));

	g_set_error(error, STATUS_ERROR, STATUS_TEST_FAILED, "%s in what it printed: '%s'", what,
		    safe);
}

static bool take(const GRegex *regex, const char *what, const char *text, double *value,
		 GError **error)
{
	g_autofree char *found = last_match(regex, text);
	char *end;

	if (!found) {
		g_autofree char *none = g_strdup_printf("no %s", what);

		not_found(none, last_line(text), error);
		return false;
	}
	*value = g_ascii_strtod(found, &end);
	if (*found && *end == '\0' && isfinite(*value))
		return true;
	g_set_error(error, STATUS_ERROR, STATUS_TEST_FAILED, "'%s' is not read as a %s%s", found,
		    what, strchr(found, ',') ? ": print it without commas" : "");
	return false;
}

bool load_number_read(const struct load_number *load, const char *output,
		      struct bench_reading *reading, GError **error)
{
	const struct load_options *options = load->options;
	g_autofree char *text = g_utf8_make_valid(output, -1);
	double value;

	if (!take(load->number, options->number ? "match of --number" : "number",
		  options->number ? text : last_line(text), &value, error))
		return false;
	reading_add(reading, g_strdup("number"), options->unit ? options->unit : "", options->lower,
		    value);
	if (!load->operations)
		return true;
	reading->operation = "operation";
	if (!take(load->operations, "match of --operations", text, &reading->operations, error))
		return false;
	if (reading->operations > 0)
		return true;
	g_set_error(error, STATUS_ERROR, STATUS_TEST_FAILED, "--operations finds %g of them",
		    reading->operations);
	return false;
}
