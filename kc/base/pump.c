/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "base/pump.h"

#include <errno.h>
#include <glib-unix.h>
#include <limits.h>
#include <poll.h>
#include <unistd.h>

struct pump {
	int in, out;
	pump_tap tap;
	void *opaque;
	guint in_watch, out_watch;
	bool held, ended, broken;
	size_t start, end;
	char buffer[16 * 1024];
};

static void pump_arm(struct pump *pump);

static bool is_writable(int fd)
{
	struct pollfd poller = {.fd = fd, .events = POLLOUT};

	/* Broken ones count: write() then says how. */
	return poll(&poller, 1, 0) > 0;
}

gssize pump_write_some(int fd, const char *data, size_t len)
{
	size_t done = 0;

	while (done < len && is_writable(fd)) {
		/* A pipe that polls as writable takes PIPE_BUF bytes at once. */
		ssize_t n = write(fd, data + done, MIN(len - done, PIPE_BUF));

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0 && errno == EAGAIN)
			break;
		if (n < 0)
			return -1;
		done += n;
	}
	return done;
}

bool pump_write_all(int fd, const void *data, size_t len)
{
	for (const char *at = data; len > 0;) {
		ssize_t n = write(fd, at, len);

		if (n < 0 && errno != EINTR)
			return false;
		at += MAX(n, 0);
		len -= MAX(n, 0);
	}
	return true;
}

static void pump_flush(struct pump *pump)
{
	gssize n = 0;

	if (pump->out < 0 || pump->broken)
		n = pump->end - pump->start;
	else if (pump->start < pump->end)
		n = pump_write_some(pump->out, pump->buffer + pump->start, pump->end - pump->start);
	if (n < 0) {
		pump->broken = true;
		n = pump->end - pump->start;
	}
	pump->start += n;
}

static gboolean on_writable(int fd, GIOCondition condition, void *data)
{
	struct pump *pump = data;

	(void)fd, (void)condition;
	pump->out_watch = 0;
	pump_flush(pump);
	pump_arm(pump);
	return G_SOURCE_REMOVE;
}

static gboolean on_readable(int fd, GIOCondition condition, void *data)
{
	struct pump *pump = data;
	ssize_t n = read(fd, pump->buffer, sizeof(pump->buffer));

	(void)condition;
	if (n < 0 && (errno == EINTR || errno == EAGAIN))
		return G_SOURCE_CONTINUE;
	pump->in_watch = 0;
	pump->start = 0;
	pump->end = MAX(n, 0);
	pump->ended = n <= 0;
	if (n > 0 && pump->tap)
		pump->tap(pump->buffer, n, pump->opaque);
	pump_flush(pump);
	pump_arm(pump);
	return G_SOURCE_REMOVE;
}

static void pump_arm(struct pump *pump)
{
	bool full = pump->start < pump->end;
	bool reads = !full && !pump->ended && !pump->held;

	if (full && !pump->out_watch)
		pump->out_watch = g_unix_fd_add(pump->out, G_IO_OUT, on_writable, pump);
	if (reads && !pump->in_watch)
		pump->in_watch = g_unix_fd_add(pump->in, G_IO_IN | G_IO_HUP, on_readable, pump);
	if (!reads && pump->in_watch)
		g_clear_handle_id(&pump->in_watch, g_source_remove);
}

struct pump *pump_new(int in, int out, pump_tap tap, void *opaque)
{
	struct pump *pump = g_new0(struct pump, 1);

	pump->in = in;
	pump->out = out;
	pump->tap = tap;
	pump->opaque = opaque;
	pump_arm(pump);
	return pump;
}

void pump_free(struct pump *pump)
{
	if (!pump)
		return;
	if (pump->in_watch)
		g_source_remove(pump->in_watch);
	if (pump->out_watch)
		g_source_remove(pump->out_watch);
	g_free(pump);
}

void pump_hold(struct pump *pump, bool held)
{
	pump->held = held;
	pump_arm(pump);
}

bool pump_is_done(const struct pump *pump)
{
	return pump->ended && pump->start == pump->end;
}

bool pump_is_broken(const struct pump *pump)
{
	return pump->broken;
}
