/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "vm/console.h"
#include "base/quote.h"
#include "kernel/kmsg.h"

#include <stdlib.h>
#include <string.h>

#define AFTER_PANIC 20 /* lines: its trace */

struct console {
	char lines[CONSOLE_LINES][CONSOLE_LINE_MAX + 1];
	unsigned current; /* the line being received */
	unsigned complete; /* whole lines before it, at most CONSOLE_LINES - 1 */
	size_t len; /* of the current line, at most CONSOLE_LINE_MAX */
	gint64 heard;
	char *panic;
	bool frozen; /* by a panic: few more lines are kept */
	unsigned after_panic;
	console_tap tap;
	void *tap_opaque;
};

struct console *console_new(void)
{
	return g_new0(struct console, 1);
}

void console_free(struct console *console)
{
	if (!console)
		return;
	g_free(console->panic);
	g_free(console);
}

static void recognise_panic(struct console *console, const char *line)
{
	const char *text = kmsg_skip_stamp(line, NULL);

	if (!g_str_has_prefix(text, "Kernel panic - not syncing"))
		return;
	if (!console->panic)
		console->panic = quote_printable(text);
	console->frozen = true;
	console->after_panic = 0;
}

static void end_line(struct console *console)
{
	char *line = console->lines[console->current];

	line[console->len] = '\0';
	if (console->frozen && console->after_panic++ >= AFTER_PANIC) {
		console->len = 0;
		return;
	}
	recognise_panic(console, line);
	console->current = (console->current + 1) % CONSOLE_LINES;
	console->complete = MIN(console->complete + 1, CONSOLE_LINES - 1);
	console->len = 0;
	console->lines[console->current][0] = '\0';
}

void console_feed(struct console *console, const char *data, size_t len)
{
	if (len > 0)
		console->heard = g_get_monotonic_time();
	if (console->tap)
		console->tap(data, len, console->tap_opaque);
	for (size_t i = 0; i < len; i++) {
		char *line = console->lines[console->current];

		if (data[i] == '\n') {
			end_line(console);
		} else if (data[i] == '\t' || (guchar)data[i] >= ' ') {
			if (console->len < CONSOLE_LINE_MAX)
				line[console->len++] = data[i];
		}
	}
	console->lines[console->current][console->len] = '\0';
}

void console_thaw(struct console *console)
{
	console->frozen = false;
}

void console_set_tap(struct console *console, console_tap tap, void *opaque)
{
	console->tap = tap;
	console->tap_opaque = opaque;
}

gint64 console_last_heard(const struct console *console)
{
	return console->heard;
}

const char *console_panic(const struct console *console)
{
	return console->panic;
}

/* From the line being received, 0, or from the one before it, 1 */
static const char *find_from(const struct console *console, unsigned first, const char *part)
{
	for (unsigned i = first; i <= console->complete; i++) {
		unsigned at = (console->current + CONSOLE_LINES - i) % CONSOLE_LINES;
		const char *line = console->lines[at];

		if (*line && strstr(line, part))
			return line;
	}
	return NULL;
}

const char *console_find(const struct console *console, const char *part)
{
	return find_from(console, 0, part);
}

const char *console_find_ended(const struct console *console, const char *part)
{
	return find_from(console, 1, part);
}

void console_print_tail(const struct console *console, unsigned lines, FILE *out)
{
	bool open = console->len > 0;
	unsigned count = MIN(console->complete + open, lines);
	unsigned first = console->current + open + CONSOLE_LINES - count;

	for (unsigned i = 0; i < count; i++) {
		const char *line = console->lines[(first + i) % CONSOLE_LINES];
		g_autofree char *printable = quote_printable(line);

		fprintf(out, "  | %s\n", printable);
	}
}

char *console_tail(const struct console *console)
{
	char *text = NULL, *valid;
	size_t len = 0;
	FILE *out = open_memstream(&text, &len);

	if (!out)
		return g_strdup("");
	console_print_tail(console, CONSOLE_LINES, out);
	fclose(out);
	valid = g_utf8_make_valid(text, len);
	free(text);
	return valid;
}
