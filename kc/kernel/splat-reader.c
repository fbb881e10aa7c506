/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "kernel/splat-reader.h"
#include "base/quote.h"
#include "kernel/kmsg.h"
#include "kernel/splat-table.h"
#include "kernel/splat-time.h"

#include <string.h>

#define TEXT_MAX_BYTES (64 * 1024)
/*
 * What parts a report from what follows: soon where it has no end mark, or the
 * stack that ends it has not come; else only where that was lost, as a busy
 * host may halt the guest in the midst of it.
 */
#define SILENCE_USEC (2 * G_USEC_PER_SEC)
#define HALT_USEC (20 * G_USEC_PER_SEC)
#define MESSAGE_LINES 16 /* of a WARN, before it says where */
#define CALLER_BYTES sizeof(((struct kmsg *)NULL)->caller)

/* The line before, if that was not an empty one. */
struct before {
	char *text, *stamped;
	unsigned level;
	guint64 usec;
	bool may_begin;
	bool told; /* it is part of a splat */
	char caller[CALLER_BYTES];
};

struct splat_reader {
	splat_found found;
	void *opaque;
	struct stalls *stalls; /* or NULL */
	struct splat *open; /* the one that is being read */
	GString *text;
	const struct splat_row *row; /* NULL: none has been found yet */
	enum splat_end end;
	unsigned lines;
	char caller[CALLER_BYTES];
	bool untitled; /* it has only been cut so far */
	bool dumping; /* its stack has begun */
	guint64 last_usec; /* of its last line */
	struct before before;
};

static void forget_before(struct splat_reader *reader)
{
	g_free(reader->before.text);
	g_free(reader->before.stamped);
	reader->before = (struct before){0};
}

struct splat_reader *splat_reader_new(splat_found found, void *opaque)
{
	struct splat_reader *reader = g_new0(struct splat_reader, 1);

	reader->found = found;
	reader->opaque = opaque;
	reader->text = g_string_new(NULL);
	return reader;
}

void splat_reader_free(struct splat_reader *reader)
{
	if (!reader)
		return;
	splat_free(reader->open);
	g_string_free(reader->text, TRUE);
	forget_before(reader);
	g_free(reader);
}

void splat_free(struct splat *splat)
{
	if (!splat)
		return;
	g_free(splat->title);
	g_free(splat->message);
	g_free(splat->text);
	g_free(splat->excuse);
	g_free(splat);
}

char *splat_line_stamped(const struct splat_line *line)
{
	return g_strdup_printf("[%5" G_GUINT64_FORMAT ".%06u] %s\n", line->usec / G_USEC_PER_SEC,
			       (unsigned)(line->usec % G_USEC_PER_SEC), line->text);
}

void splat_reader_end(struct splat_reader *reader)
{
	struct splat *splat = g_steal_pointer(&reader->open);

	if (!splat)
		return;
	if (!splat->title)
		splat->title = g_strdup(splat->message ? splat->message : SPLAT_CUT_HERE);
	splat->kind = splat_table_by_message(splat->kind, splat->message);
	splat->text = g_strndup(reader->text->str, reader->text->len);
	g_string_truncate(reader->text, 0);
	reader->untitled = false;
	reader->found(splat, reader->opaque);
}

static void add_text(struct splat_reader *reader, const struct splat_line *line)
{
	g_autofree char *text = splat_line_stamped(line);

	if (reader->text->len + strlen(text) <= TEXT_MAX_BYTES)
		g_string_append(reader->text, text);
	reader->lines++;
	reader->last_usec = line->usec;
}

static void open_splat(struct splat_reader *reader, const struct splat_line *line,
		       enum splat_kind kind, enum splat_end end)
{
	splat_reader_end(reader);
	reader->open = g_new0(struct splat, 1);
	reader->open->kind = kind;
	reader->open->usec = line->usec;
	reader->open->from_console = line->from_console;
	reader->row = NULL;
	reader->end = end;
	reader->lines = 0;
	reader->dumping = false;
	g_strlcpy(reader->caller, line->caller, sizeof(reader->caller));
}

static bool is_behind_bar(const struct splat_reader *reader)
{
	const struct before *before = &reader->before;

	return before->text && before->may_begin && splat_is_bar(before->text);
}

/* CONFIG_BUG_ON_DATA_CORRUPTION tells what it found before the BUG. */
static void open_cut(struct splat_reader *reader, const struct splat_line *line)
{
	const char *before = reader->before.text;

	open_splat(reader, line, SPLAT_WARN, SPLAT_END_TRACE);
	add_text(reader, line);
	reader->untitled = true;
	if (before && splat_table_by_message(SPLAT_WARN, before) != SPLAT_WARN)
		reader->open->message = g_strdup(before);
}

void splat_reader_stalls(struct splat_reader *reader, struct stalls *stalls)
{
	reader->stalls = stalls;
}

/* At once, before the machine stands still for another reason. */
static void excuse(struct splat_reader *reader, struct splat *splat)
{
	double seconds;

	if (reader->stalls && splat_time_claim(splat->kind, splat->title, &seconds))
		splat->excuse = stalls_explain(reader->stalls, seconds);
}

static void begin(struct splat_reader *reader, const struct splat_line *line,
		  const struct splat_row *row)
{
	if (reader->untitled && row->context == SPLAT_BEHIND_CUT) {
		reader->open->kind = row->kind;
		reader->end = row->end;
	} else {
		open_splat(reader, line, row->kind, row->end);
		if (is_behind_bar(reader))
			g_string_append(reader->text, reader->before.stamped);
	}
	add_text(reader, line);
	reader->untitled = false;
	reader->row = row;
	reader->open->title = g_strdup(line->text);
	excuse(reader, reader->open);
	if (row->end == SPLAT_END_LINE)
		splat_reader_end(reader);
}

/* Both are known, and another. */
static bool is_other(const char *caller, const char *than)
{
	return *caller && *than && !g_str_equal(caller, than);
}

/* A warning of which no row is known, and the stack that shows where it was. */
static bool explains_stack(const struct splat_reader *reader, const struct splat_line *line)
{
	const struct before *before = &reader->before;

	return line->may_begin && before->text && !before->told &&
	       splat_table_opens_stack(line->text) && line->level <= KMSG_LEVEL_WARNING &&
	       line->usec <= before->usec + SILENCE_USEC &&
	       !is_other(line->caller, before->caller) &&
	       splat_table_explains(before->text, before->level);
}

static void begin_at_stack(struct splat_reader *reader, const struct splat_line *line)
{
	open_splat(reader, line, SPLAT_STACK, SPLAT_END_DUMP);
	reader->open->title = g_strdup(reader->before.text);
	excuse(reader, reader->open);
	reader->dumping = true;
	g_string_append(reader->text, reader->before.stamped);
	add_text(reader, line);
}

static bool ends_here(const struct splat_reader *reader, const struct splat_line *line)
{
	switch (reader->end) {
	case SPLAT_END_TRACE:
		return g_str_has_prefix(line->text, "---[ end trace ");
	case SPLAT_END_BAR:
		return splat_is_bar(line->text);
	case SPLAT_END_DUMP:
		return g_str_equal(line->text, " </TASK>") ||
		       g_str_has_prefix(line->text, "---[ end trace ");
	case SPLAT_END_IRQ:
		return g_str_has_prefix(line->text, "Disabling IRQ #");
	default:
		return g_str_has_prefix(line->text, "---[ end Kernel panic ");
	}
}

/*
 * A line that others print meanwhile. Stacks of several CPUs, and lists of
 * workers, which are told as information, have neither form nor caller.
 */
static bool is_foreign(const struct splat_reader *reader, const struct splat_line *line)
{
	if (reader->end == SPLAT_END_QUIET)
		return false;
	return is_other(line->caller, reader->caller) ||
	       (line->level > KMSG_LEVEL_WARNING && !reader->untitled && *line->text &&
		!splat_table_dumps(line->text));
}

static void go_on(struct splat_reader *reader, const struct splat_line *line)
{
	if (is_foreign(reader, line))
		return;
	add_text(reader, line);
	reader->dumping = reader->dumping || splat_table_dumps(line->text);
	if (reader->untitled && !reader->open->message && *line->text)
		reader->open->message = g_strdup(line->text);
	if (ends_here(reader, line) || (reader->untitled && reader->lines > MESSAGE_LINES))
		splat_reader_end(reader);
}

static guint64 patience(const struct splat_reader *reader)
{
	bool waits_for_stack = reader->end == SPLAT_END_DUMP && !reader->dumping;

	return reader->end == SPLAT_END_QUIET || waits_for_stack ? SILENCE_USEC : HALT_USEC;
}

static void close_if_over(struct splat_reader *reader, const struct splat_line *line)
{
	if (!reader->open)
		return;
	if (line->usec > reader->last_usec + patience(reader) ||
	    (reader->end == SPLAT_END_LIKE &&
	     !g_pattern_match_simple(reader->row->pattern, line->text)))
		splat_reader_end(reader);
}

/* The row of a line that the open splat may have, too. */
static bool goes_on_with(const struct splat_reader *reader, const struct splat_line *line,
			 const struct splat_row *row)
{
	if (reader->end == SPLAT_END_LIKE)
		return row == reader->row;
	return !reader->untitled && splat_table_goes_on(reader->open->kind, line->text);
}

/* Returns whether the line is part of a splat. */
static bool judge_line(struct splat_reader *reader, const struct splat_line *line)
{
	const struct splat_row *row = NULL;

	close_if_over(reader, line);
	if (line->may_begin && g_str_equal(line->text, SPLAT_CUT_HERE)) {
		open_cut(reader, line);
		return true;
	}
	if (line->may_begin)
		row = splat_table_find(line->text, line->level, is_behind_bar(reader),
				       reader->untitled);
	if (row && !(reader->open && goes_on_with(reader, line, row)))
		begin(reader, line, row);
	else if (reader->open)
		go_on(reader, line);
	else if (explains_stack(reader, line))
		begin_at_stack(reader, line);
	else
		return false;
	return true;
}

void splat_reader_take(struct splat_reader *reader, const struct splat_line *line)
{
	bool told = judge_line(reader, line);

	if (!*line->text)
		return;
	forget_before(reader);
	reader->before = (struct before){.text = g_strdup(line->text),
					 .stamped = splat_line_stamped(line),
					 .level = line->level,
					 .usec = line->usec,
					 .may_begin = line->may_begin,
					 .told = told};
	g_strlcpy(reader->before.caller, line->caller, sizeof(reader->before.caller));
}
