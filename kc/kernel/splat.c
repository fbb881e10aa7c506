/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "kernel/splat.h"
#include "base/bounded-text.h"
#include "base/quote.h"
#include "kernel/kmsg.h"
#include "kernel/splat-reader.h"

#include <string.h>

#define SPLATS_MAX 200

struct splat_watch {
	const struct allow_list *allow;
	GPtrArray *found; /* of struct splat */
	guint64 uncounted; /* beyond SPLATS_MAX */

	struct splat_reader *reader;

	bool any;
	guint64 next_seq;
	guint64 lost, nonsense;
	guint64 newest_usec; /* of the records */

	struct bounded_text *log;
};

/*
 * A guest that goes on for ever is not given all memory; but no number of
 * allowed splats may hide one that is not.
 */
static bool is_kept(const struct splat_watch *watch, const struct splat *splat)
{
	const struct splat *first;

	if (watch->found->len < SPLATS_MAX)
		return true;
	if (splat->kind == SPLAT_PANIC)
		return !splat_watch_panic(watch);
	first = splat_watch_first(watch);
	return !splat->allowed && (!first || (first->excuse && !splat->excuse));
}

static void keep(struct splat *splat, void *opaque)
{
	struct splat_watch *watch = opaque;

	if (splat->kind != SPLAT_PANIC)
		splat->allowed = allow_list_reason(watch->allow, splat->title, splat->message);
	if (is_kept(watch, splat)) {
		g_ptr_array_add(watch->found, splat);
	} else {
		watch->uncounted++;
		splat_free(splat);
	}
}

struct splat_watch *splat_watch_new(const struct allow_list *allow)
{
	struct splat_watch *watch = g_new0(struct splat_watch, 1);

	watch->allow = allow;
	watch->found = g_ptr_array_new_with_free_func((GDestroyNotify)splat_free);
	watch->reader = splat_reader_new(keep, watch);
	watch->log = bounded_text_new();
	return watch;
}

void splat_watch_free(struct splat_watch *watch)
{
	if (!watch)
		return;
	g_ptr_array_unref(watch->found);
	splat_reader_free(watch->reader);
	bounded_text_free(watch->log);
	g_free(watch);
}

/* Sequence numbers have no holes but where records were lost; a new boot counts anew. */
static void count_lost(struct splat_watch *watch, const struct kmsg *kmsg)
{
	if (watch->any && kmsg->seq > watch->next_seq)
		watch->lost += kmsg->seq - watch->next_seq;
	if (watch->any && kmsg->seq < watch->next_seq)
		splat_reader_end(watch->reader);
	watch->any = true;
	watch->next_seq = kmsg->seq + 1;
}

static void log_record(struct splat_watch *watch, const struct splat_line *line)
{
	g_autofree char *text = splat_line_stamped(line);

	bounded_text_add(watch->log, text, strlen(text));
}

static void take_record(struct splat_watch *watch, const struct kmsg *kmsg)
{
	g_auto(GStrv) lines = g_strsplit(kmsg->text, "\n", -1);
	bool first = true;

	count_lost(watch, kmsg);
	watch->newest_usec = kmsg->usec;
	for (int i = 0; lines[i]; i++) {
		g_autofree char *text = quote_printable(lines[i]);
		struct splat_line line = {.text = text,
					  .level = kmsg->level,
					  .usec = kmsg->usec,
					  .caller = kmsg->caller,
					  .may_begin = first && !kmsg->fragment};

		log_record(watch, &line);
		if (kmsg->facility == 0)
			splat_reader_take(watch->reader, &line);
		if (*lines[i])
			first = false;
	}
	if (!lines[0] && kmsg->facility == 0)
		splat_reader_take(
			watch->reader,
			&(struct splat_line){.text = "", .usec = kmsg->usec, .caller = ""});
}

void splat_watch_stalls(struct splat_watch *watch, struct stalls *stalls)
{
	splat_reader_stalls(watch->reader, stalls);
}

void splat_watch_kmsg(struct splat_watch *watch, const char *data, size_t len)
{
	while (len > 0) {
		size_t one = kmsg_length(data, len);
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
	struct splat_line line = {.may_begin = true, .from_console = true, .caller = ""};

	line.text = kmsg_skip_stamp(text, &line.usec);
	if (line.text == text || (watch->any && line.usec <= watch->newest_usec))
		return;
	log_record(watch, &line);
	splat_reader_take(watch->reader, &line);
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
	splat_reader_end(watch->reader);
}

const GPtrArray *splat_watch_all(const struct splat_watch *watch)
{
	return watch->found;
}

static const struct splat *first(const struct splat_watch *watch, bool panic)
{
	const struct splat *excused = NULL;

	for (guint i = 0; i < watch->found->len; i++) {
		const struct splat *splat = g_ptr_array_index(watch->found, i);

		if ((splat->kind == SPLAT_PANIC) != panic || splat->allowed)
			continue;
		if (!splat->excuse)
			return splat;
		excused = excused ? excused : splat;
	}
	return excused;
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
	return g_string_free(bounded_text_text(watch->log), FALSE);
}
