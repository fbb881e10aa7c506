/* SPDX-License-Identifier: GPL-2.0-or-later */
#define _GNU_SOURCE
#include "base/bounded-text.h"

#include <fcntl.h>
#include <glib-unix.h>
#include <unistd.h>

struct bounded_text {
	GString *head, *tail;
	guint64 dropped; /* bytes between them */
	int ours, theirs; /* ends of the pipe; -1 */
	guint watch;
};

struct bounded_text *bounded_text_new(void)
{
	struct bounded_text *bounded = g_new0(struct bounded_text, 1);

	bounded->head = g_string_new(NULL);
	bounded->tail = g_string_new(NULL);
	bounded->ours = -1;
	bounded->theirs = -1;
	return bounded;
}

void bounded_text_free(struct bounded_text *bounded)
{
	if (!bounded)
		return;
	if (bounded->watch)
		g_source_remove(bounded->watch);
	if (bounded->ours >= 0) {
		close(bounded->ours);
		close(bounded->theirs);
	}
	g_string_free(bounded->head, TRUE);
	g_string_free(bounded->tail, TRUE);
	g_free(bounded);
}

void bounded_text_add(struct bounded_text *bounded, const char *data, gsize len)
{
	gsize room = KEEP_BYTES - bounded->head->len;
	gsize first = MIN(room, len);

	g_string_append_len(bounded->head, data, first);
	g_string_append_len(bounded->tail, data + first, len - first);
	/* Twice as much, so that not each byte moves all others. */
	if (bounded->tail->len > 2 * KEEP_BYTES) {
		gsize excess = bounded->tail->len - KEEP_BYTES;

		g_string_erase(bounded->tail, 0, excess);
		bounded->dropped += excess;
	}
}

GString *bounded_text_text(const struct bounded_text *bounded)
{
	GString *text = g_string_new_len(bounded->head->str, bounded->head->len);

	if (bounded->dropped)
		g_string_append_printf(text, "\n[%" G_GUINT64_FORMAT " bytes are not kept]\n",
				       bounded->dropped);
	g_string_append_len(text, bounded->tail->str, bounded->tail->len);
	return text;
}

/* One read: whoever writes without end must not bounded us here. */
static gssize take_some(struct bounded_text *bounded)
{
	char data[65536];
	gssize n = read(bounded->ours, data, sizeof(data));

	if (n > 0)
		bounded_text_add(bounded, data, n);
	return n;
}

static gboolean on_readable(int fd, GIOCondition condition, void *bounded)
{
	(void)fd, (void)condition;
	take_some(bounded);
	return G_SOURCE_CONTINUE;
}

int bounded_text_open_pipe(struct bounded_text *bounded)
{
	int ends[2];

	if (pipe2(ends, O_CLOEXEC | O_NONBLOCK) < 0)
		return -1;
	bounded->ours = ends[0];
	bounded->theirs = ends[1];
	bounded->watch = g_unix_fd_add(bounded->ours, G_IO_IN, on_readable, bounded);
	return bounded->theirs;
}

void bounded_text_drain(struct bounded_text *bounded)
{
	if (bounded->ours >= 0)
		take_some(bounded);
}
