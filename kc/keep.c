/* SPDX-License-Identifier: GPL-2.0-or-later */
#define _GNU_SOURCE
#include "keep.h"

#include <fcntl.h>
#include <glib-unix.h>
#include <unistd.h>

struct keep {
	GString *head, *tail;
	guint64 dropped; /* bytes between them */
	int ours, theirs; /* ends of the pipe; -1 */
	guint watch;
};

struct keep *keep_new(void)
{
	struct keep *keep = g_new0(struct keep, 1);

	keep->head = g_string_new(NULL);
	keep->tail = g_string_new(NULL);
	keep->ours = -1;
	keep->theirs = -1;
	return keep;
}

void keep_free(struct keep *keep)
{
	if (!keep)
		return;
	if (keep->watch)
		g_source_remove(keep->watch);
	if (keep->ours >= 0) {
		close(keep->ours);
		close(keep->theirs);
	}
	g_string_free(keep->head, TRUE);
	g_string_free(keep->tail, TRUE);
	g_free(keep);
}

void keep_add(struct keep *keep, const char *data, gsize len)
{
	gsize room = KEEP_BYTES - keep->head->len;
	gsize first = MIN(room, len);

	g_string_append_len(keep->head, data, first);
	g_string_append_len(keep->tail, data + first, len - first);
	/* Twice as much, so that not each byte moves all others. */
	if (keep->tail->len > 2 * KEEP_BYTES) {
		gsize excess = keep->tail->len - KEEP_BYTES;

		g_string_erase(keep->tail, 0, excess);
		keep->dropped += excess;
	}
}

GString *keep_text(const struct keep *keep)
{
	GString *text = g_string_new_len(keep->head->str, keep->head->len);

	if (keep->dropped)
		g_string_append_printf(text, "\n[%" G_GUINT64_FORMAT " bytes are not kept]\n",
				       keep->dropped);
	g_string_append_len(text, keep->tail->str, keep->tail->len);
	return text;
}

/* One read: whoever writes without end must not keep us here. */
static gssize take_some(struct keep *keep)
{
	char data[65536];
	gssize n = read(keep->ours, data, sizeof(data));

	if (n > 0)
		keep_add(keep, data, n);
	return n;
}

static gboolean on_readable(int fd, GIOCondition condition, void *keep)
{
	(void)fd, (void)condition;
	take_some(keep);
	return G_SOURCE_CONTINUE;
}

int keep_open_pipe(struct keep *keep)
{
	int ends[2];

	if (pipe2(ends, O_CLOEXEC | O_NONBLOCK) < 0)
		return -1;
	keep->ours = ends[0];
	keep->theirs = ends[1];
	keep->watch = g_unix_fd_add(keep->ours, G_IO_IN, on_readable, keep);
	return keep->theirs;
}

void keep_drain(struct keep *keep)
{
	if (keep->ours >= 0)
		take_some(keep);
}
