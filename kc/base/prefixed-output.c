/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "base/prefixed-output.h"
#include "base/pump.h"

#include <errno.h>
#include <gio/gunixinputstream.h>
#include <glib-unix.h>
#include <string.h>
#include <unistd.h>

struct prefixed_output {
	const char *name;
	struct pump *pump;
	GString *line; /* the last, where it has no end yet */
	GString *out; /* not yet written */
	guint watch;
	int lost; /* errno */
};

static void flush_out(struct prefixed_output *labelled);

static gboolean on_writable(int fd, GIOCondition condition, void *data)
{
	struct prefixed_output *labelled = data;

	(void)fd, (void)condition;
	labelled->watch = 0;
	flush_out(labelled);
	return G_SOURCE_REMOVE;
}

static void flush_out(struct prefixed_output *labelled)
{
	GString *out = labelled->out;
	gssize n = pump_write_some(STDOUT_FILENO, out->str, out->len);

	if (n < 0)
		labelled->lost = errno;
	/* What comes then is dropped. */
	g_string_erase(out, 0, n < 0 ? (gssize)out->len : n);
	pump_hold(labelled->pump, out->len > 0);
	if (out->len > 0 && !labelled->watch)
		labelled->watch = g_unix_fd_add(STDOUT_FILENO, G_IO_OUT, on_writable, labelled);
}

static void end_line(struct prefixed_output *labelled)
{
	if (labelled->name)
		g_string_append_printf(labelled->out, "%s: ", labelled->name);
	g_string_append_len(labelled->out, labelled->line->str, labelled->line->len);
	g_string_append_c(labelled->out, '\n');
	g_string_truncate(labelled->line, 0);
}

static void take(const char *data, size_t len, void *opaque)
{
	struct prefixed_output *labelled = opaque;

	for (size_t i = 0; i < len; i++) {
		if (data[i] == '\n')
			end_line(labelled);
		else
			g_string_append_c(labelled->line, data[i]);
	}
	flush_out(labelled);
}

struct prefixed_output *prefixed_output_new(GInputStream *from, const char *name)
{
	struct prefixed_output *labelled = g_new0(struct prefixed_output, 1);
	int fd = g_unix_input_stream_get_fd(G_UNIX_INPUT_STREAM(from));

	labelled->name = name;
	labelled->line = g_string_new(NULL);
	labelled->out = g_string_new(NULL);
	labelled->pump = pump_new(fd, -1, take, labelled);
	return labelled;
}

void prefixed_output_free(struct prefixed_output *labelled)
{
	if (!labelled)
		return;
	if (labelled->watch)
		g_source_remove(labelled->watch);
	pump_free(labelled->pump);
	g_string_free(labelled->line, TRUE);
	g_string_free(labelled->out, TRUE);
	g_free(labelled);
}

int prefixed_output_lost(const struct prefixed_output *labelled)
{
	return labelled->lost;
}

bool prefixed_output_is_done(const struct prefixed_output *labelled)
{
	return pump_is_done(labelled->pump) && labelled->out->len == 0;
}
