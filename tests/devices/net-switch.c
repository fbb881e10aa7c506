// SPDX-License-Identifier: GPL-2.0-or-later
#include "net-switch.h"
#include "../unit.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#define PORTS 8
#define FRAME_MAX (4096 + 65536) /* QEMU's NET_BUFSIZE */
#define NUMBERS (1 << 20)
#define LOOK_MS 20 /* for a new port, and for the end */

struct port {
	int fd;
	int qemu; /* the other end, so that what QEMU leaves there can be counted */
	guint8 frame[FRAME_MAX];
	ssize_t len; /* of the frame that waits for room on its way; 0: none does */
};

struct net_switch {
	GThread *thread;
	gint ports, where, leaving;
	struct port port[PORTS];
	gint count[SWITCH_WAYS], twice[SWITCH_WAYS];
	guint8 seen[SWITCH_WAYS][NUMBERS];
};

static bool has_number(const guint8 *frame, ssize_t len, guint32 *number)
{
	if (len < SWITCH_NUMBER_AT + 4 || frame[12] != SWITCH_TYPE >> 8 ||
	    frame[13] != (SWITCH_TYPE & 0xff))
		return false;
	memcpy(number, frame + SWITCH_NUMBER_AT, sizeof(*number));
	*number = GUINT32_FROM_LE(*number);
	return true;
}

/* A number that nobody can have sent yet counts as one that comes again. */
static void note(struct net_switch *net_switch, enum switch_way way, const struct port *port)
{
	guint32 number;

	if (!has_number(port->frame, port->len, &number))
		return;
	if (number >= NUMBERS || net_switch->seen[way][number]++)
		g_atomic_int_inc(&net_switch->twice[way]);
	else
		g_atomic_int_inc(&net_switch->count[way]);
}

static gint next_of(const struct net_switch *net_switch, gint port)
{
	return port == SWITCH_PEER ? g_atomic_int_get(&net_switch->where) : SWITCH_PEER;
}

/* What the place that was left had sent before may be read after the new one's first. */
static void take(struct net_switch *net_switch, gint i)
{
	struct port *port = &net_switch->port[i];

	port->len = recv(port->fd, port->frame, sizeof(port->frame), MSG_DONTWAIT);
	if (port->len <= 0) {
		port->len = 0;
		return;
	}
	if (i > g_atomic_int_get(&net_switch->where))
		g_atomic_int_set(&net_switch->where, i);
	if (i != SWITCH_PEER)
		note(net_switch, SWITCH_OUT, port);
	else if (!g_atomic_int_get(&net_switch->where))
		port->len = 0; /* nobody was heard yet */
}

/* Where there is no room, it waits, and its sender with it. */
static void give(struct net_switch *net_switch, gint i)
{
	struct port *port = &net_switch->port[i];
	int fd = net_switch->port[next_of(net_switch, i)].fd;

	if (send(fd, port->frame, port->len, MSG_DONTWAIT | MSG_NOSIGNAL) < 0) {
		if (errno != EAGAIN && errno != ENOBUFS)
			port->len = 0;
		return;
	}
	if (i == SWITCH_PEER)
		note(net_switch, SWITCH_BACK, port);
	port->len = 0;
}

static void await(struct net_switch *net_switch, gint ports)
{
	struct pollfd fds[PORTS] = {{0}};

	for (gint i = 0; i < ports; i++) {
		fds[i].fd = net_switch->port[i].fd;
		if (net_switch->port[i].len)
			fds[next_of(net_switch, i)].events |= POLLOUT;
		else
			fds[i].events |= POLLIN;
	}
	poll(fds, ports, LOOK_MS);
}

static gpointer carry(gpointer data)
{
	struct net_switch *net_switch = data;

	while (!g_atomic_int_get(&net_switch->leaving)) {
		gint ports = g_atomic_int_get(&net_switch->ports);

		await(net_switch, ports);
		for (gint i = 0; i < ports; i++) {
			if (!net_switch->port[i].len)
				take(net_switch, i);
			if (net_switch->port[i].len)
				give(net_switch, i);
		}
	}
	return NULL;
}

struct net_switch *switch_new(void)
{
	struct net_switch *net_switch = g_new0(struct net_switch, 1);

	net_switch->thread = g_thread_new("switch", carry, net_switch);
	return net_switch;
}

void switch_free(struct net_switch *net_switch)
{
	g_atomic_int_set(&net_switch->leaving, 1);
	g_thread_join(net_switch->thread);
	for (gint i = 0; i < net_switch->ports; i++) {
		close(net_switch->port[i].fd);
		close(net_switch->port[i].qemu);
	}
	g_free(net_switch);
}

unsigned switch_plug(struct net_switch *net_switch, int *qemu)
{
	gint i = net_switch->ports;
	int ends[2];

	assert_in_range(i, 0, PORTS - 1);
	assert_int_equal(socketpair(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0, ends), 0);
	net_switch->port[i].fd = ends[0];
	net_switch->port[i].qemu = ends[1];
	*qemu = fcntl(ends[1], F_DUPFD_CLOEXEC, 0);
	assert_true(*qemu >= 0);
	g_atomic_int_set(&net_switch->ports, i + 1);
	return i;
}

unsigned switch_where(const struct net_switch *net_switch)
{
	return g_atomic_int_get(&net_switch->where);
}

unsigned switch_count(const struct net_switch *net_switch, enum switch_way way)
{
	return g_atomic_int_get(&net_switch->count[way]);
}

unsigned switch_twice(const struct net_switch *net_switch, enum switch_way way)
{
	return g_atomic_int_get(&net_switch->twice[way]);
}

unsigned switch_unread(struct net_switch *net_switch, unsigned port)
{
	static guint8 frame[FRAME_MAX];
	unsigned count = 0;
	guint32 number;
	ssize_t len;

	while ((len = recv(net_switch->port[port].qemu, frame, sizeof(frame), MSG_DONTWAIT)) >= 0)
		count += has_number(frame, len, &number);
	return count;
}
