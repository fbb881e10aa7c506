/* SPDX-License-Identifier: GPL-2.0-or-later */
#define _GNU_SOURCE /* accept4(), struct ucred */
#include "vm/network.h"
#include "base/loop.h"
#include "base/status.h"
#include "vm/net-option.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#define FRAME_MAX (4096 + 65536) /* QEMU's NET_BUFSIZE */
#define TURN_FRAMES 64 /* of one sender, before the others have their turn */
#define PATIENCE_USEC 100000 /* for a receiver that takes nothing */
#define LOOK_MS 20 /* meanwhile */
#define LOCK_SECONDS 5
#define WIRE 0 /* the guest's port; the others' come behind it */
#define PORTS NET_GUESTS

/*
 * A frame that a receiver has no room for holds back its sender, so that nothing
 * is lost between guests that run; one that takes nothing for PATIENCE_USEC
 * misses what is sent, as if it were unplugged, until it takes a frame again.
 */
struct port {
	int fd; /* -1: nobody is there */
	bool stuck;
	gint64 full_since; /* 0: there was room */
	char *frame; /* came from there and is not with all yet */
	size_t len;
	guint64 owed; /* to these ports */
};

G_STATIC_ASSERT(PORTS <= 64);

struct network {
	int guest_fd; /* QEMU's */
	int listener;
	int wake;
	struct port ports[PORTS];
	gint open, leaving;
	GThread *thread;
};

static socklen_t place(struct sockaddr_un *address, const char *name, unsigned number)
{
	int len = g_snprintf(address->sun_path + 1, sizeof(address->sun_path) - 1,
			     "kernelcraft/net/%u/%s", getuid(), name);

	address->sun_family = AF_UNIX;
	address->sun_path[0] = '\0';
	if (number)
		len += g_snprintf(address->sun_path + 1 + len, sizeof(address->sun_path) - 1 - len,
				  "/%u", number);
	return offsetof(struct sockaddr_un, sun_path) + 1 + len;
}

/* A name is bound once, and is free again when whoever has it dies. */
static int bind_place(const char *name, unsigned number)
{
	struct sockaddr_un address;
	socklen_t len = place(&address, name, number);
	int fd = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);

	if (fd >= 0 && bind(fd, (struct sockaddr *)&address, len) == 0)
		return fd;
	if (fd >= 0)
		close(fd);
	return -1;
}

/* One joins at a time: so of any two the later one connects to the earlier. */
static int lock(const char *name)
{
	gint64 limit = loop_deadline(LOCK_SECONDS);
	int fd;

	while ((fd = bind_place(name, 0)) < 0 && g_get_monotonic_time() < limit)
		g_usleep(1000);
	return fd;
}

/* Abstract names have no owner that could forbid anything. */
static bool is_ours(int fd)
{
	struct ucred who;
	socklen_t len = sizeof(who);

	return getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &who, &len) == 0 && who.uid == getuid();
}

/* Takes @fd. */
static void add_port(struct network *network, int fd)
{
	for (unsigned i = WIRE + 1; i < PORTS; i++) {
		if (network->ports[i].fd < 0 && is_ours(fd)) {
			network->ports[i].fd = fd;
			network->ports[i].stuck = false;
			network->ports[i].full_since = 0;
			return;
		}
	}
	close(fd);
}

static void connect_to(struct network *network, const char *name, unsigned number)
{
	struct sockaddr_un address;
	socklen_t len = place(&address, name, number);
	int fd = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);

	if (fd >= 0 && connect(fd, (struct sockaddr *)&address, len) == 0)
		add_port(network, fd);
	else if (fd >= 0)
		close(fd);
}

static bool take_number(struct network *network, const char *name, unsigned *number, GError **error)
{
	unsigned first = *number ? *number : 1, last = *number ? *number : NET_GUESTS;

	for (unsigned i = first; i <= last; i++) {
		network->listener = bind_place(name, i);
		if (network->listener < 0)
			continue;
		*number = i;
		if (listen(network->listener, PORTS) == 0)
			return true;
	}
	if (*number)
		g_set_error(error, STATUS_ERROR, STATUS_MISUSE,
			    "guest %u of the network '%s' is there already", *number, name);
	else
		g_set_error(error, STATUS_ERROR, STATUS_MISUSE,
			    "the network '%s' has %d guests; no more is free", name, NET_GUESTS);
	return false;
}

static bool join(struct network *network, const char *name, unsigned *number, GError **error)
{
	int locked = lock(name);
	bool ok;

	if (locked < 0) {
		g_set_error(error, STATUS_ERROR, STATUS_HOST_NOT_READY,
			    "cannot join the network '%s': for %d s another kc has been about to",
			    name, LOCK_SECONDS);
		return false;
	}
	ok = take_number(network, name, number, error);
	for (unsigned i = 1; ok && i <= NET_GUESTS; i++)
		if (i != *number)
			connect_to(network, name, i);
	close(locked);
	return ok;
}

/* Has it gone its way, or been given up? */
static bool deliver_to(struct port *to, const struct port *from)
{
	gint64 now;

	if (to->fd < 0)
		return true;
	if (send(to->fd, from->frame, from->len, MSG_DONTWAIT | MSG_NOSIGNAL) >= 0) {
		to->stuck = false;
		to->full_since = 0;
		return true;
	}
	if (errno != EAGAIN || to->stuck)
		return true;
	now = g_get_monotonic_time();
	if (!to->full_since)
		to->full_since = now;
	to->stuck = now - to->full_since > PATIENCE_USEC;
	return to->stuck;
}

static bool deliver(struct network *network, struct port *from)
{
	for (unsigned i = 0; i < PORTS; i++)
		if ((from->owed & (1ull << i)) && deliver_to(&network->ports[i], from))
			from->owed &= ~(1ull << i);
	return !from->owed;
}

static guint64 receivers(const struct network *network, const struct port *from)
{
	guint64 all = 0;

	if (!g_atomic_int_get(&network->open))
		return 0;
	if (from != &network->ports[WIRE])
		return 1ull << WIRE;
	for (unsigned i = WIRE + 1; i < PORTS; i++)
		if (network->ports[i].fd >= 0)
			all |= 1ull << i;
	return all;
}

static void read_frames(struct network *network, struct port *from)
{
	for (int i = 0; i < TURN_FRAMES; i++) {
		ssize_t len = recv(from->fd, from->frame, FRAME_MAX, MSG_DONTWAIT);

		if (len < 0 && (errno == EAGAIN || errno == EINTR))
			return;
		if (len <= 0 && from != &network->ports[WIRE]) {
			close(from->fd);
			from->fd = -1;
			return;
		}
		if (len <= 0)
			return;
		from->len = len;
		from->owed = receivers(network, from);
		if (!deliver(network, from))
			return;
	}
}

static void accept_others(struct network *network)
{
	int fd;

	while ((fd = accept4(network->listener, NULL, NULL, SOCK_CLOEXEC | SOCK_NONBLOCK)) >= 0)
		add_port(network, fd);
}

/* What each port is waited for: a frame, or room for one. */
static int wait_for_something(struct network *network, struct pollfd *fds)
{
	guint64 owed = 0;

	for (unsigned i = 0; i < PORTS; i++)
		owed |= network->ports[i].owed;
	for (unsigned i = 0; i < PORTS; i++)
		fds[i] = (struct pollfd){
			.fd = network->ports[i].fd,
			.events = (network->ports[i].owed ? 0 : POLLIN) |
				  (owed & (1ull << i) ? POLLOUT : 0),
		};
	fds[PORTS] = (struct pollfd){.fd = network->listener, .events = POLLIN};
	fds[PORTS + 1] = (struct pollfd){.fd = network->wake, .events = POLLIN};
	return poll(fds, PORTS + 2, owed ? LOOK_MS : -1);
}

static void *carry(void *data)
{
	struct network *network = data;
	struct pollfd fds[PORTS + 2];

	while (!g_atomic_int_get(&network->leaving)) {
		if (wait_for_something(network, fds) < 0)
			continue;
		/* First: who joined before a frame was sent is to have it. */
		if (fds[PORTS].revents)
			accept_others(network);
		for (unsigned i = 0; i < PORTS; i++) {
			struct port *port = &network->ports[i];

			if (port->owed)
				deliver(network, port);
			else if (fds[i].revents & (POLLIN | POLLHUP | POLLERR))
				read_frames(network, port);
		}
	}
	return NULL;
}

/* Signals are for kc's own thread. */
static void start_thread(struct network *network)
{
	sigset_t all, before;

	sigfillset(&all);
	pthread_sigmask(SIG_SETMASK, &all, &before);
	network->thread = g_thread_new("network", carry, network);
	pthread_sigmask(SIG_SETMASK, &before, NULL);
}

struct network *network_join(const char *name, unsigned *number, GError **error)
{
	struct network *network = g_new0(struct network, 1);
	int wire[2] = {-1, -1};

	network->listener = -1;
	for (unsigned i = 0; i < PORTS; i++) {
		network->ports[i].fd = -1;
		network->ports[i].frame = g_malloc(FRAME_MAX);
	}
	network->wake = eventfd(0, EFD_CLOEXEC);
	if (socketpair(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0, wire) < 0)
		g_set_error(error, STATUS_ERROR, STATUS_HOST_NOT_READY, "no socket for QEMU: %s",
			    g_strerror(errno));
	network->ports[WIRE].fd = wire[0];
	network->guest_fd = wire[1];
	if (wire[0] >= 0 && join(network, name, number, error)) {
		start_thread(network);
		return network;
	}
	network_leave(network);
	return NULL;
}

int network_fd(const struct network *network)
{
	return network->guest_fd;
}

void network_open(struct network *network)
{
	g_atomic_int_set(&network->open, TRUE);
}

void network_shut(struct network *network)
{
	char byte;

	g_atomic_int_set(&network->open, FALSE);
	while (recv(network->guest_fd, &byte, 1, MSG_DONTWAIT) >= 0)
		;
}

void network_leave(struct network *network)
{
	if (!network)
		return;
	g_atomic_int_set(&network->leaving, TRUE);
	eventfd_write(network->wake, 1);
	if (network->thread)
		g_thread_join(network->thread);
	for (unsigned i = 0; i < PORTS; i++) {
		if (network->ports[i].fd >= 0)
			close(network->ports[i].fd);
		g_free(network->ports[i].frame);
	}
	close(network->wake);
	if (network->listener >= 0)
		close(network->listener);
	if (network->guest_fd >= 0)
		close(network->guest_fd);
	g_free(network);
}
