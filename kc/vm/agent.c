/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "vm/agent.h"
#include "base/pump.h"
#include "base/status.h"

#include <errno.h>
#include <glib-unix.h>
#include <unistd.h>

struct agent {
	int fd;
	guint in_watch, out_watch;
	bool ended; /* nothing more can be read */
	bool deaf; /* nothing more can be sent */
	GByteArray *unsent;
	struct frame_reader reader;
};

struct agent *agent_new(int fd)
{
	struct agent *agent = g_new0(struct agent, 1);

	agent->fd = fd;
	agent->unsent = g_byte_array_new();
	return agent;
}

void agent_free(struct agent *agent)
{
	if (!agent)
		return;
	if (agent->in_watch)
		g_source_remove(agent->in_watch);
	if (agent->out_watch)
		g_source_remove(agent->out_watch);
	g_byte_array_unref(agent->unsent);
	close(agent->fd);
	g_free(agent);
}

/* Only ends a wait: agent_next() reads, when it is asked. */
static gboolean on_readable(int fd, GIOCondition condition, void *data)
{
	struct agent *agent = data;

	(void)fd, (void)condition;
	agent->in_watch = 0;
	return G_SOURCE_REMOVE;
}

static bool receive(struct agent *agent)
{
	size_t room;
	char *space = frame_space(&agent->reader, &room);
	ssize_t n = read(agent->fd, space, room);

	if (n > 0)
		frame_received(&agent->reader, n);
	else if (n == 0 || (errno != EINTR && errno != EAGAIN))
		agent->ended = true;
	return n > 0;
}

static void agent_flush(struct agent *agent)
{
	gssize n = pump_write_some(agent->fd, (const char *)agent->unsent->data,
				   agent->unsent->len);

	if (n < 0) {
		agent->deaf = true;
		n = agent->unsent->len;
	}
	if (n > 0)
		g_byte_array_remove_range(agent->unsent, 0, n);
}

static gboolean on_writable(int fd, GIOCondition condition, void *data)
{
	struct agent *agent = data;

	(void)fd, (void)condition;
	agent_flush(agent);
	if (agent->unsent->len > 0)
		return G_SOURCE_CONTINUE;
	agent->out_watch = 0;
	return G_SOURCE_REMOVE;
}

void agent_send(struct agent *agent, enum kc_frame_type type, const void *payload, size_t len)
{
	if (agent->deaf)
		return;
	frame_append(agent->unsent, type, payload, len);
	if (agent->out_watch)
		return;
	agent_flush(agent);
	if (agent->unsent->len > 0)
		agent->out_watch = g_unix_fd_add(agent->fd, G_IO_OUT, on_writable, agent);
}

size_t agent_unsent(const struct agent *agent)
{
	return agent->unsent->len;
}

enum frame_result agent_next(struct agent *agent, struct frame *frame, GError **error)
{
	enum frame_result result;

	do {
		result = frame_take(&agent->reader, frame, error);
	} while (result == FRAME_NONE && !agent->ended && receive(agent));
	if (result == FRAME_NONE && agent->ended) {
		g_set_error(error, STATUS_ERROR, STATUS_AGENT_LOST,
			    "the connection to the guest's agent ended");
		return FRAME_BROKEN;
	}
	if (result == FRAME_NONE && !agent->in_watch)
		agent->in_watch = g_unix_fd_add(agent->fd, G_IO_IN | G_IO_HUP, on_readable, agent);
	return result;
}

bool agent_has_ended(const struct agent *agent)
{
	return agent->ended;
}
