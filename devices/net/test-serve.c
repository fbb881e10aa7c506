// SPDX-License-Identifier: GPL-2.0-only
/* The second guest's part: what comes goes back, until somebody says that it is over. */
#include "test.h"

#include <arpa/inet.h>
#include <net/ethernet.h>
#include <poll.h>
#include <pthread.h>
#include <sys/socket.h>

static int bound(int type, int port)
{
	struct sockaddr_in at = {.sin_family = AF_INET, .sin_port = htons(port)};
	int fd = socket(AF_INET, type, 0), on = 1;

	setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on));
	if (type == SOCK_DGRAM)
		net_give_room(fd);
	if (bind(fd, (struct sockaddr *)&at, sizeof(at)) ||
	    (type == SOCK_STREAM && listen(fd, 4))) {
		close(fd);
		return -1;
	}
	return fd;
}

static void return_frame(int fd)
{
	static uint8_t frame[FRAME_MAX];
	ssize_t n = recv(fd, frame, sizeof(frame), 0);

	if (n < ETHER_HDR_LEN)
		return;
	memcpy(frame, frame + ETHER_ADDR_LEN, ETHER_ADDR_LEN);
	net_mac(frame + ETHER_ADDR_LEN);
	send(fd, frame, n, 0);
}

static void return_datagram(int fd)
{
	static uint8_t data[65536];
	struct sockaddr_in from;
	socklen_t len = sizeof(from);
	ssize_t n = recvfrom(fd, data, sizeof(data), 0, (struct sockaddr *)&from, &len);

	if (n >= 0)
		sendto(fd, data, n, 0, (struct sockaddr *)&from, len);
}

/* In a thread of its own: frames and datagrams come meanwhile. */
static void *return_stream(void *accepted)
{
	int fd = (intptr_t)accepted;
	uint8_t data[32768];
	ssize_t n;

	while ((n = recv(fd, data, sizeof(data), 0)) > 0)
		for (ssize_t done = 0; done < n;) {
			ssize_t sent = send(fd, data + done, n - done, MSG_NOSIGNAL);

			if (sent <= 0)
				break;
			done += sent;
		}
	close(fd);
	return NULL;
}

static void take_stream(int fd)
{
	intptr_t accepted = accept(fd, NULL, NULL);
	pthread_t thread;

	if (accepted < 0)
		return;
	if (pthread_create(&thread, NULL, return_stream, (void *)accepted))
		close(accepted);
	else
		pthread_detach(thread);
}

/* An asker that hears nothing asks again: all of it may be done twice. */
static bool obey(const char *what)
{
	unsigned mtu;

	if (sscanf(what, "mtu %u", &mtu) == 1)
		return net_run("ip link set %s mtu %u", net_name(), mtu);
	if (strcmp(what, "vlan"))
		return false;
	return kc_find("/sys/class/net/lan7") ||
	       net_run("ip link add link %s name lan7 type vlan id 7 && "
		       "ip addr add " VLAN_PEER "/24 dev lan7 && ip link set lan7 up",
		       net_name());
}

static void do_as_asked(int fd)
{
	char what[64] = "";
	struct sockaddr_in from;
	socklen_t len = sizeof(from);

	if (recvfrom(fd, what, sizeof(what) - 1, 0, (struct sockaddr *)&from, &len) > 0)
		sendto(fd, obey(what) ? "y" : "n", 1, 0, (struct sockaddr *)&from, len);
}

static void send_frame(int fd, int raw)
{
	static uint8_t frame[FRAME_MAX];
	ssize_t n = recv(fd, frame, sizeof(frame), 0);

	if (n > 0)
		send(raw, frame, n, 0);
}

bool test_serve(void)
{
	struct pollfd fds[] = {
		{.fd = net_raw(), .events = POLLIN},
		{.fd = bound(SOCK_DGRAM, PORT), .events = POLLIN},
		{.fd = bound(SOCK_STREAM, PORT), .events = POLLIN},
		{.fd = bound(SOCK_STREAM, PORT_END), .events = POLLIN},
		{.fd = bound(SOCK_DGRAM, PORT_ASK), .events = POLLIN},
		{.fd = bound(SOCK_DGRAM, PORT_SEND), .events = POLLIN},
	};

	for (int i = 0; i < 6; i++)
		if (fds[i].fd < 0) {
			printf("# no socket %d\n", i);
			return false;
		}
	while (!fds[3].revents) {
		if (poll(fds, 6, -1) < 0)
			return false;
		if (fds[0].revents)
			return_frame(fds[0].fd);
		if (fds[1].revents)
			return_datagram(fds[1].fd);
		if (fds[2].revents)
			take_stream(fds[2].fd);
		if (fds[4].revents)
			do_as_asked(fds[4].fd);
		if (fds[5].revents)
			send_frame(fds[5].fd, fds[0].fd);
	}
	return true;
}
