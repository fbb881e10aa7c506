/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "splat.h"
#include "kmsg.h"
#include "quote.h"
#include "splat-table.h"

#include <string.h>

#define SPLATS_MAX 200
#define TEXT_MAX_BYTES (64 * 1024)
#define LOG_HALF (2 * 1024 * 1024)
/*
 * What parts a report from what follows: soon where it has no end mark; else
 * only where that was lost, as a busy host may halt the guest in the midst of it.
 */
#define SILENCE_USEC (2 * G_USEC_PER_SEC)
#define HALT_USEC (20 * G_USEC_PER_SEC)
#define MESSAGE_LINES 16 /* of a WARN, before it says where */

/* One line of the log, as far as a splat is concerned. */
struct line {
	const char *text; /* printable, and thereby UTF-8, as globs need it */
	unsigned level;
	guint64 usec;
	bool may_begin; /* the first of its record: what follows is data */
	bool from_console;
};

struct splat_watch {
	const struct allow_list *allow;
	GPtrArray *found; /* of struct splat */
	guint64 uncounted; /* beyond SPLATS_MAX */

	struct splat *open; /* the one that is being read */
	GString *open_text;
	enum splat_end open_end;
	unsigned open_lines;
	bool untitled; /* it has only been cut so far */
	guint64 last_usec; /* of its last line */

	char *bar; /* the line before, if that was one, with its stamp */
	char *before; /* the line before: data corruption is told ahead of its BUG */

	bool any;
	guint64 next_seq;
	guint64 lost, nonsense;
	guint64 newest_usec; /* of the records */

	GString *head, *tail; /* the log */
	bool log_cut;
};

static void free_splat(void *data)
{
	struct splat *splat = data;

	g_free(splat->title);
	g_free(splat->message);
	g_free(splat->text);
	g_free(splat);
}

struct splat_watch *splat_watch_new(const struct allow_list *allow)
{
	struct splat_watch *watch = g_new0(struct splat_watch, 1);

	watch->allow = allow;
	watch->found = g_ptr_array_new_with_free_func(free_splat);
	watch->open_text = g_string_new(NULL);
	watch->head = g_string_new(NULL);
	watch->tail = g_string_new(NULL);
	return watch;
}

void splat_watch_free(struct splat_watch *watch)
{
	if (!watch)
		return;
	g_ptr_array_unref(watch->found);
	if (watch->open)
		free_splat(watch->open);
	g_string_free(watch->open_text, TRUE);
	g_string_free(watch->head, TRUE);
	g_string_free(watch->tail, TRUE);
	g_free(watch->bar);
	g_free(watch->before);
	g_free(watch);
}

static void keep_in_log(struct splat_watch *watch, const char *line)
{
	if (watch->head->len + strlen(line) <= LOG_HALF && watch->tail->len == 0) {
		g_string_append(watch->head, line);
		return;
	}
	g_string_append(watch->tail, line);
	if (watch->tail->len > 2 * LOG_HALF) {
		const char *newline = strchr(watch->tail->str + LOG_HALF, '\n');

		g_string_erase(watch->tail, 0, newline + 1 - watch->tail->str);
		watch->log_cut = true;
	}
}

/* A line as dmesg prints it. Caller frees. */
static char *stamped(const struct line *line)
{
	return g_strdup_printf("[%5" G_GUINT64_FORMAT ".%06u] %s\n", line->usec / G_USEC_PER_SEC,
			       (unsigned)(line->usec % G_USEC_PER_SEC), line->text);
}

/*
 * A guest that goes on for ever is not given all memory; but no number of
 * allowed splats may hide one that is not.
 */
static bool is_kept(const struct splat_watch *watch, const struct splat *splat)
{
	if (watch->found->len < SPLATS_MAX)
		return true;
	if (splat->kind == SPLAT_PANIC)
		return !splat_watch_panic(watch);
	return !splat->allowed && !splat_watch_first(watch);
}

static void close_splat(struct splat_watch *watch)
{
	struct splat *splat = g_steal_pointer(&watch->open);

	if (!splat)
		return;
	if (!splat->title)
		splat->title = g_strdup(splat->message ? splat->message : SPLAT_CUT_HERE);
	splat->kind = splat_table_by_message(splat->kind, splat->message);
	splat->text = g_strndup(watch->open_text->str, watch->open_text->len);
	splat->allowed = splat->kind == SPLAT_PANIC
				 ? NULL
				 : allow_list_reason(watch->allow, splat->title, splat->message);
	g_string_truncate(watch->open_text, 0);
	watch->untitled = false;
	if (is_kept(watch, splat)) {
		g_ptr_array_add(watch->found, splat);
	} else {
		watch->uncounted++;
		free_splat(splat);
	}
}

static void add_text(struct splat_watch *watch, const struct line *line)
{
	g_autofree char *text = stamped(line);

	if (watch->open_text->len + strlen(text) <= TEXT_MAX_BYTES)
		g_string_append(watch->open_text, text);
	watch->open_lines++;
	watch->last_usec = line->usec;
}

static void open_splat(struct splat_watch *watch, const struct line *line, enum splat_kind kind,
		       enum splat_end end)
{
	close_splat(watch);
	watch->open = g_new0(struct splat, 1);
	watch->open->kind = kind;
	watch->open->usec = line->usec;
	watch->open->from_console = line->from_console;
	watch->open_end = end;
	watch->open_lines = 0;
	if (watch->bar)
		g_string_append(watch->open_text, watch->bar);
	add_text(watch, line);
}

/* CONFIG_BUG_ON_DATA_CORRUPTION tells what it found before the BUG. */
static void open_cut(struct splat_watch *watch, const struct line *line)
{
	open_splat(watch, line, SPLAT_WARN, SPLAT_END_TRACE);
	watch->untitled = true;
	if (watch->before && splat_table_by_message(SPLAT_WARN, watch->before) != SPLAT_WARN)
		watch->open->message = g_strdup(watch->before);
}

static void begin(struct splat_watch *watch, const struct line *line, const struct splat_row *row)
{
	if (watch->untitled && row->context == SPLAT_BEHIND_CUT) {
		watch->open->kind = row->kind;
		watch->open_end = row->end;
		add_text(watch, line);
	} else {
		open_splat(watch, line, row->kind, row->end);
	}
	watch->untitled = false;
	watch->open->title = g_strdup(line->text);
	if (row->end == SPLAT_END_LINE)
		close_splat(watch);
}

static bool ends_here(const struct splat_watch *watch, const struct line *line)
{
	switch (watch->open_end) {
	case SPLAT_END_TRACE:
		return g_str_has_prefix(line->text, "---[ end trace ");
	case SPLAT_END_BAR:
		return splat_is_bar(line->text);
	case SPLAT_END_DUMP:
		return g_str_equal(line->text, " </TASK>") ||
		       g_str_has_prefix(line->text, "---[ end trace ");
	default:
		return g_str_has_prefix(line->text, "---[ end Kernel panic ");
	}
}

static void go_on(struct splat_watch *watch, const struct line *line)
{
	add_text(watch, line);
	if (watch->untitled && !watch->open->message && *line->text)
		watch->open->message = g_strdup(line->text);
	if (ends_here(watch, line) || (watch->untitled && watch->open_lines > MESSAGE_LINES))
		close_splat(watch);
}

static void close_if_silent(struct splat_watch *watch, const struct line *line)
{
	guint64 limit = watch->open_end == SPLAT_END_QUIET ? SILENCE_USEC : HALT_USEC;

	if (watch->open && line->usec > watch->last_usec + limit)
		close_splat(watch);
}

static void judge_line(struct splat_watch *watch, const struct line *line)
{
	const struct splat_row *row = NULL;

	close_if_silent(watch, line);
	if (line->may_begin && g_str_equal(line->text, SPLAT_CUT_HERE)) {
		open_cut(watch, line);
		return;
	}
	if (line->may_begin)
		row = splat_table_find(line->text, line->level, watch->bar, watch->untitled);
	if (row && !(watch->open && !watch->untitled &&
		     splat_table_goes_on(watch->open->kind, line->text)))
		begin(watch, line, row);
	else if (watch->open)
		go_on(watch, line);
}

static void take_line(struct splat_watch *watch, const struct line *line)
{
	bool blank = !*line->text;

	judge_line(watch, line);
	if (blank)
		return;
	g_free(watch->before);
	watch->before = g_strdup(line->text);
	g_clear_pointer(&watch->bar, g_free);
	if (splat_is_bar(line->text) && line->may_begin)
		watch->bar = stamped(line);
}

/* Sequence numbers have no holes but where records were lost; a new boot counts anew. */
static void count_lost(struct splat_watch *watch, const struct kmsg *kmsg)
{
	if (watch->any && kmsg->seq > watch->next_seq)
		watch->lost += kmsg->seq - watch->next_seq;
	if (watch->any && kmsg->seq < watch->next_seq)
		close_splat(watch);
	watch->any = true;
	watch->next_seq = kmsg->seq + 1;
}

static void log_record(struct splat_watch *watch, const struct line *line)
{
	g_autofree char *text = stamped(line);

	keep_in_log(watch, text);
}

static void take_record(struct splat_watch *watch, const struct kmsg *kmsg)
{
	g_auto(GStrv) lines = g_strsplit(kmsg->text, "\n", -1);
	bool first = true;

	count_lost(watch, kmsg);
	watch->newest_usec = kmsg->usec;
	for (int i = 0; lines[i]; i++) {
		g_autofree char *text = quote_printable(lines[i]);
		struct line line = {.text = text,
				    .level = kmsg->level,
				    .usec = kmsg->usec,
				    .may_begin = first && !kmsg->fragment};

		log_record(watch, &line);
		if (kmsg->facility == 0)
			take_line(watch, &line);
		if (*lines[i])
			first = false;
	}
	if (!lines[0] && kmsg->facility == 0)
		take_line(watch, &(struct line){.text = "", .usec = kmsg->usec});
}

/* The length of the first record: up to the line that opens the next one. */
static size_t record_len(const char *data, size_t len)
{
	const char *at = data;
	const char *newline;

	while ((newline = memchr(at, '\n', data + len - at))) {
		at = newline + 1;
		if (at == data + len || *at != ' ')
			return at - data;
	}
	return len;
}

void splat_watch_kmsg(struct splat_watch *watch, const char *data, size_t len)
{
	while (len > 0) {
		size_t one = record_len(data, len);
		struct kmsg kmsg;

		if (kmsg_parse(&kmsg, data, one, NULL))
			take_record(watch, &kmsg);
		else
			watch->nonsense++;
		kmsg_clear(&kmsg);
		data += one;
		len -= one;
	}
}

/* Carriage returns and other control characters are the console's, not the kernel's. */
static char *console_line(const char *text, size_t len)
{
	g_autoptr(GString) line = g_string_sized_new(len);

	for (size_t i = 0; i < len; i++)
		if (text[i] == '\t' || (guchar)text[i] >= ' ')
			g_string_append_c(line, text[i]);
	return quote_printable(line->str);
}

static void take_console_line(struct splat_watch *watch, const char *text)
{
	struct line line = {.may_begin = true, .from_console = true};

	line.text = kmsg_skip_stamp(text, &line.usec);
	if (line.text == text || (watch->any && line.usec <= watch->newest_usec))
		return;
	log_record(watch, &line);
	take_line(watch, &line);
}

void splat_watch_console(struct splat_watch *watch, const char *text, size_t len)
{
	const char *end = text + len;

	while (text < end) {
		const char *newline = memchr(text, '\n', end - text);
		size_t one = (newline ? newline : end) - text;
		g_autofree char *line = console_line(text, one);

		take_console_line(watch, line);
		text += one + 1;
	}
}

void splat_watch_end(struct splat_watch *watch)
{
	close_splat(watch);
}

const GPtrArray *splat_watch_all(const struct splat_watch *watch)
{
	return watch->found;
}

static const struct splat *first(const struct splat_watch *watch, bool panic)
{
	for (guint i = 0; i < watch->found->len; i++) {
		const struct splat *splat = g_ptr_array_index(watch->found, i);

		if ((splat->kind == SPLAT_PANIC) == panic && !splat->allowed)
			return splat;
	}
	return NULL;
}

const struct splat *splat_watch_first(const struct splat_watch *watch)
{
	return first(watch, false);
}

const struct splat *splat_watch_panic(const struct splat_watch *watch)
{
	return first(watch, true);
}

char *splat_watch_gaps(const struct splat_watch *watch)
{
	GString *out = g_string_new(NULL);

	if (watch->lost)
		g_string_append_printf(out,
				       "%" G_GUINT64_FORMAT " records of the kernel's log were "
				       "lost: it was written faster than the agent read it",
				       watch->lost);
	if (watch->nonsense)
		g_string_append_printf(out,
				       "%s%" G_GUINT64_FORMAT
				       " records of the kernel's log were not understood",
				       out->len ? "; " : "", watch->nonsense);
	if (watch->uncounted)
		g_string_append_printf(
			out, "%s%" G_GUINT64_FORMAT " more splats came after the first %d",
			out->len ? "; " : "", watch->uncounted, SPLATS_MAX);
	return g_string_free(out, out->len == 0);
}

char *splat_watch_log(const struct splat_watch *watch)
{
	return g_strconcat(watch->head->str, watch->log_cut ? "[...]\n" : "", watch->tail->str,
			   NULL);
}
