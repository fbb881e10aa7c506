/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "bench/capture.h"
#include "base/quote.h"
#include "vm/exec.h"

#include <string.h>
#include <unistd.h>

#define OUT_MAX ((gsize)16 << 20)
#define ERR_MAX 4096
#define LINE_MAX_BYTES 300

static void keep(int fd, const char *data, size_t len, void *opaque)
{
	struct capture *capture = opaque;

	if (fd == STDERR_FILENO) {
		g_string_append_len(capture->err, data, len);
		if (capture->err->len > ERR_MAX)
			g_string_erase(capture->err, 0, capture->err->len - ERR_MAX);
	} else if (capture->out->len + len > OUT_MAX) {
		capture->too_much = true;
	} else {
		g_string_append_len(capture->out, data, len);
	}
}

bool capture_run(struct capture *capture, struct vm *vm, const char *const *argv,
		 const char *const *env, const char *dir, gint64 deadline, GError **error)
{
	const struct exec exec = {
		.argv = argv,
		.env = env,
		.dir = dir,
		.output = keep,
		.output_opaque = capture,
	};

	*capture = (struct capture){.out = g_string_new(NULL), .err = g_string_new(NULL)};
	return exec_run(vm, &exec, deadline, &capture->status, error);
}

void capture_clear(struct capture *capture)
{
	g_string_free(capture->out, TRUE);
	g_string_free(capture->err, TRUE);
}

char *capture_last_words(const struct capture *capture)
{
	const GString *said = capture->err->len ? capture->err : capture->out;
	g_autofree char *text = g_strchomp(g_strdup(said->str));
	const char *line = strrchr(text, '\n');
	size_t len;

	line = line ? line + 1 : text;
	len = strlen(line);
	return quote_printable(line + len - MIN(len, LINE_MAX_BYTES));
}
