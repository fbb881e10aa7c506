/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "kernel/ktap.h"
#include "kernel/ktap-line.h"
#include "base/quote.h"

#include <string.h>

#define RESULTS_MAX 1000
#define DEPTH_MAX 16
#define LINE_MAX_BYTES 4096 /* more of a line is dropped */
#define COMMENTS_MAX_BYTES 8192 /* ahead of one result */

/* The results at one indentation. */
struct level {
	size_t indent;
	bool headed; /* a version line was read */
	gint64 planned; /* -1: not yet */
	bool plan_first; /* ahead of all results; else nothing may follow it */
	guint64 seen;
	bool failed; /* one of them is not ok */
};

struct ktap {
	GString *line;
	GString *comments;
	GPtrArray *results;
	guint64 untold; /* beyond RESULTS_MAX */
	struct ktap_result *first_not_ok; /* a copy: it may be beyond RESULTS_MAX */
	struct ktap_counts counts;
	struct level levels[DEPTH_MAX];
	unsigned depth; /* of the innermost level */
	bool child_failed; /* among the subtests whose result has not come yet */
	bool child_open; /* there are such */
	char *skip_all;
	char *bailed_out;
	char *broken;
	bool ended;
};

struct ktap *ktap_new(void)
{
	struct ktap *ktap = g_new0(struct ktap, 1);

	ktap->line = g_string_new(NULL);
	ktap->comments = g_string_new(NULL);
	ktap->results = g_ptr_array_new_with_free_func((GDestroyNotify)ktap_result_free);
	ktap->levels[0].planned = -1;
	return ktap;
}

void ktap_result_free(struct ktap_result *result)
{
	if (!result)
		return;
	g_free(result->name);
	g_free(result->reason);
	g_free(result->comments);
	g_free(result);
}

struct ktap_result *ktap_result_copy(const struct ktap_result *result)
{
	struct ktap_result *copy = g_new0(struct ktap_result, 1);

	copy->outcome = result->outcome;
	copy->depth = result->depth;
	copy->name = g_strdup(result->name);
	copy->reason = g_strdup(result->reason);
	copy->comments = g_strdup(result->comments);
	return copy;
}

void ktap_free(struct ktap *ktap)
{
	if (!ktap)
		return;
	g_string_free(ktap->line, TRUE);
	g_string_free(ktap->comments, TRUE);
	g_ptr_array_unref(ktap->results);
	ktap_result_free(ktap->first_not_ok);
	g_free(ktap->skip_all);
	g_free(ktap->bailed_out);
	g_free(ktap->broken);
	g_free(ktap);
}

G_GNUC_PRINTF(2, 3)
static void complain(struct ktap *ktap, const char *format, ...)
{
	va_list values;

	if (ktap->broken)
		return;
	va_start(values, format);
	ktap->broken = g_strdup_vprintf(format, values);
	va_end(values);
}

static struct level *innermost(struct ktap *ktap)
{
	return &ktap->levels[ktap->depth];
}

/* Where a complaint is about: " among subtests", or nothing. */
static const char *place(const struct ktap *ktap)
{
	return ktap->depth ? " among subtests" : "";
}

static void check_level(struct ktap *ktap, const struct level *level)
{
	if (level->planned < 0 && level->seen == 0 && !ktap->depth)
		complain(ktap, "it reported nothing");
	else if (level->planned < 0)
		complain(ktap, "it has no plan%s", place(ktap));
	else if (level->seen < (guint64)level->planned)
		complain(ktap, "results%s end at %" G_GUINT64_FORMAT " of %" G_GINT64_FORMAT,
			 place(ktap), level->seen, level->planned);
	else if (level->seen > (guint64)level->planned)
		complain(ktap, "%" G_GUINT64_FORMAT " results%s, but a plan of %" G_GINT64_FORMAT,
			 level->seen, place(ktap), level->planned);
}

static void close_level(struct ktap *ktap)
{
	const struct level *level = innermost(ktap);

	check_level(ktap, level);
	ktap->child_failed |= level->failed;
	ktap->child_open = true;
	ktap->depth--;
}

static bool open_level(struct ktap *ktap, size_t indent)
{
	if (ktap->depth + 1 == DEPTH_MAX) {
		complain(ktap, "its subtests are nested deeper than %d", DEPTH_MAX);
		return false;
	}
	if (ktap->child_open)
		complain(ktap, "subtests end without a result of their own");
	ktap->child_open = false;
	ktap->child_failed = false;
	ktap->levels[++ktap->depth] = (struct level){.indent = indent, .planned = -1};
	return true;
}

/* Moves to the level of a line that is part of a report. */
static bool go_to(struct ktap *ktap, size_t indent)
{
	while (ktap->depth > 0 && indent < innermost(ktap)->indent)
		close_level(ktap);
	return indent <= innermost(ktap)->indent || open_level(ktap, indent);
}

static void take_plan(struct ktap *ktap, size_t indent, gint64 count, const char *rest)
{
	const char *skip = ktap_directive(rest, "SKIP");
	struct level *level;

	if (!go_to(ktap, indent))
		return;
	level = innermost(ktap);
	if (level->planned >= 0)
		complain(ktap, "it has two plans%s", place(ktap));
	else if (count < 0)
		complain(ktap, "its plan%s is not a number", place(ktap));
	level->planned = MAX(count, 0);
	level->plan_first = level->seen == 0;
	if (count == 0 && ktap->depth == 0 && !ktap->skip_all)
		ktap->skip_all = skip ? ktap_directive_reason(skip, "SKIP") : g_strdup("");
}

static void take_version(struct ktap *ktap, size_t indent)
{
	struct level *level;

	if (!go_to(ktap, indent))
		return;
	level = innermost(ktap);
	if (level->headed || level->seen || level->planned >= 0)
		complain(ktap, "a second report begins%s", place(ktap));
	level->headed = true;
}

static void count_result(struct ktap *ktap, const struct ktap_result *result)
{
	struct ktap_counts *counts = &ktap->counts;

	switch (result->outcome) {
	case KTAP_OK:
		counts->ok++;
		break;
	case KTAP_NOT_OK:
		counts->not_ok++;
		break;
	case KTAP_SKIP:
		counts->skip++;
		break;
	case KTAP_TODO:
		counts->todo++;
	}
}

static void check_number(struct ktap *ktap, const struct level *level, gint64 number, bool numbered)
{
	guint64 wanted = level->seen;

	if (numbered && (number < 0 || (guint64)number != wanted))
		complain(ktap, "result %" G_GUINT64_FORMAT "%s has the number %" G_GINT64_FORMAT,
			 wanted, place(ktap), number);
	else if (level->planned >= 0 && !level->plan_first)
		complain(ktap, "a result%s follows the plan that ended it", place(ktap));
}

static void keep_result(struct ktap *ktap, struct ktap_result *result)
{
	struct level *level = innermost(ktap);

	/* Nothing is better than its subtests are. */
	if (ktap->child_failed && (result->outcome == KTAP_OK || result->outcome == KTAP_SKIP)) {
		g_free(result->comments);
		result->comments = g_strdup("it says ok, but one of its subtests is not\n");
		result->outcome = KTAP_NOT_OK;
	}
	ktap->child_failed = false;
	ktap->child_open = false;
	result->depth = ktap->depth;
	if (result->outcome == KTAP_NOT_OK) {
		level->failed = true;
		if (!ktap->first_not_ok)
			ktap->first_not_ok = ktap_result_copy(result);
	}
	if (ktap->depth == 0)
		count_result(ktap, result);
	if (ktap->results->len < RESULTS_MAX) {
		g_ptr_array_add(ktap->results, result);
	} else {
		ktap->untold++;
		ktap_result_free(result);
	}
}

/* "NAME # SKIP REASON" */
static void take_description(struct ktap_result *result, const char *text)
{
	const char *skip = ktap_directive(text, "SKIP");
	const char *todo = ktap_directive(text, "TODO");
	const char *hash = skip ? skip : todo;
	g_autofree char *name = g_strndup(text, hash ? hash - text : (gssize)strlen(text));

	result->name = g_strdup(g_strstrip(name));
	result->reason = hash ? ktap_directive_reason(hash, skip ? "SKIP" : "TODO") : g_strdup("");
	if (skip)
		result->outcome = KTAP_SKIP;
	else if (todo && result->outcome == KTAP_NOT_OK)
		result->outcome = KTAP_TODO;
}

static void take_result(struct ktap *ktap, size_t indent, bool ok, const char *rest)
{
	struct ktap_result *result;
	bool numbered;
	gint64 number;

	if (!go_to(ktap, indent))
		return;
	rest = ktap_skip_spaces(rest);
	numbered = g_ascii_isdigit(*rest);
	number = ktap_number(&rest);
	rest = ktap_skip_spaces(rest);
	if (*rest == '-')
		rest = ktap_skip_spaces(rest + 1);
	innermost(ktap)->seen++;
	check_number(ktap, innermost(ktap), number, numbered);
	result = g_new0(struct ktap_result, 1);
	result->outcome = ok ? KTAP_OK : KTAP_NOT_OK;
	take_description(result, rest);
	result->comments = g_strdup(ktap->comments->str);
	g_string_truncate(ktap->comments, 0);
	keep_result(ktap, result);
}

static void take_comment(struct ktap *ktap, const char *text)
{
	text = ktap_skip_spaces(text);
	if (ktap->comments->len + strlen(text) + 1 > COMMENTS_MAX_BYTES)
		return;
	g_string_append(ktap->comments, text);
	g_string_append_c(ktap->comments, '\n');
}

/* Lines of no known form are the test's own talk. */
static void take_line(struct ktap *ktap, const char *line)
{
	size_t indent = strspn(line, " ");
	const char *text = line + indent;
	const char *rest;

	if ((rest = ktap_behind(text, "ok"))) {
		take_result(ktap, indent, true, rest);
	} else if ((rest = ktap_behind(text, "not ok"))) {
		take_result(ktap, indent, false, rest);
	} else if (g_str_has_prefix(text, "1..")) {
		rest = text + strlen("1..");
		gint64 count = ktap_number(&rest);

		take_plan(ktap, indent, count, rest);
	} else if (ktap_is_version(text)) {
		take_version(ktap, indent);
	} else if (g_str_has_prefix(text, "Bail out!")) {
		if (!ktap->bailed_out)
			ktap->bailed_out = g_strdup(ktap_skip_spaces(text + strlen("Bail out!")));
	} else if (*text == '#') {
		take_comment(ktap, text + 1);
	}
}

static void end_line(struct ktap *ktap)
{
	g_autofree char *line = quote_printable(g_strchomp(ktap->line->str));

	take_line(ktap, line);
	g_string_truncate(ktap->line, 0);
}

void ktap_feed(struct ktap *ktap, const char *data, size_t len)
{
	for (size_t i = 0; i < len && !ktap->ended; i++) {
		if (data[i] == '\n')
			end_line(ktap);
		else if (ktap->line->len < LINE_MAX_BYTES)
			/* NUL would hide what follows it. */
			g_string_append_c(ktap->line, data[i] ? data[i] : '?');
	}
}

void ktap_end(struct ktap *ktap)
{
	if (ktap->ended)
		return;
	if (ktap->line->len)
		end_line(ktap);
	while (ktap->depth > 0)
		close_level(ktap);
	if (ktap->child_open)
		complain(ktap, "subtests end without a result of their own");
	check_level(ktap, &ktap->levels[0]);
	ktap->ended = true;
}

const GPtrArray *ktap_results(const struct ktap *ktap)
{
	return ktap->results;
}

guint64 ktap_untold(const struct ktap *ktap)
{
	return ktap->untold;
}

const struct ktap_counts *ktap_counts(const struct ktap *ktap)
{
	return &ktap->counts;
}

gint64 ktap_planned(const struct ktap *ktap)
{
	return ktap->levels[0].planned;
}

const char *ktap_skip_all(const struct ktap *ktap)
{
	return ktap->skip_all;
}

const char *ktap_bailed_out(const struct ktap *ktap)
{
	return ktap->bailed_out;
}

const char *ktap_broken(const struct ktap *ktap)
{
	return ktap->broken;
}

const struct ktap_result *ktap_first_not_ok(const struct ktap *ktap)
{
	return ktap->first_not_ok;
}
