// SPDX-License-Identifier: GPL-2.0-only
/*
 * Loads for kc bench on the loop of two NICs: 'net_test speed KIND SECONDS' prints one
 * number, and of how many round trips or full frames it is. Raw frames need no namespace;
 * a stream does, or it would never leave the kernel.
 */
#define _GNU_SOURCE /* unshare() */
#include "test.h"

#include <arpa/inet.h>
#include <linux/if_packet.h>
#include <net/ethernet.h>
#include <net/if.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <time.h>

#define FIRST "52:54:00:6b:63:01"
#define SECOND "52:54:00:6b:63:02"
#define LEAST 60 /* bytes: 64 on a wire with its checksum */
#define DATAGRAM 1472 /* a frame of 1514 bytes */
#define SEGMENT 1448 /* the same, by TCP with timestamps */
#define TIMES (1 << 20) /* that are kept, of round trips */

static double now(void)
{
	struct timespec time;

	clock_gettime(CLOCK_MONOTONIC, &time);
	return time.tv_sec + time.tv_nsec / 1e9;
}

/* The NIC's name by its MAC; NULL: there is none. */
static const char *name_of(const char *mac)
{
	static char name[64];
	char file[96];

	for (int i = 0; i < 8; i++) {
		snprintf(name, sizeof(name), "eth%d", i);
		snprintf(file, sizeof(file), "/sys/class/net/%s/address", name);
		if (!strcmp(kc_get(file), mac))
			return name;
	}
	return NULL;
}

static bool run(const char *format, const char *name, int number)
{
	char command[256];

	snprintf(command, sizeof(command), format, name, number);
	return name && !system(command);
}

static int raw(const char *mac)
{
	const char *name = name_of(mac);
	struct sockaddr_ll at = {.sll_family = AF_PACKET, .sll_protocol = htons(ETHER_TYPE)};
	int fd = socket(AF_PACKET, SOCK_RAW, htons(ETHER_TYPE));

	if (!run("ip link set %s up", name, 0))
		return -1;
	at.sll_ifindex = if_nametoindex(name);
	net_give_room(fd);
	return bind(fd, (struct sockaddr *)&at, sizeof(at)) ? -1 : fd;
}

static void write_header(uint8_t *frame)
{
	struct ether_header *header = (struct ether_header *)frame;

	memset(frame, 0, LEAST);
	memset(header->ether_dhost, 0xff, ETHER_ADDR_LEN);
	header->ether_shost[0] = 2;
	header->ether_type = htons(ETHER_TYPE);
}

static int by_value(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;

	return x < y ? -1 : x > y;
}

static double took[TIMES];

static int tell_median(size_t count)
{
	qsort(took, count, sizeof(*took), by_value);
	printf("median %.1f us of %zu\n", took[count / 2], count);
	return !count;
}

static bool wait_frame(int fd, uint8_t *frame)
{
	struct pollfd poll_fd = {fd, POLLIN, 0};

	return poll(&poll_fd, 1, 10000) == 1 && recv(fd, frame, LEAST, 0) == LEAST;
}

/* There and back, one at a time: its median in microseconds. */
static int round_trips(int a, int b, double seconds)
{
	uint8_t frame[LEAST];
	double end = now() + seconds;
	size_t count = 0;

	write_header(frame);
	for (double begin; (begin = now()) < end && count < TIMES; count++) {
		if (send(a, frame, LEAST, 0) != LEAST || !wait_frame(b, frame) ||
		    send(b, frame, LEAST, 0) != LEAST || !wait_frame(a, frame)) {
			puts("# a frame was lost");
			return 1;
		}
		took[count] = (now() - begin) * 1e6;
	}
	return tell_median(count);
}

static volatile bool over;

static void *count_frames(void *data)
{
	static unsigned long count;
	uint8_t frame[LEAST];
	struct pollfd fd = {*(int *)data, POLLIN, 0};

	while (!over)
		if (poll(&fd, 1, 100) == 1)
			while (recv(fd.fd, frame, LEAST, MSG_DONTWAIT) == LEAST)
				count++;
	return &count;
}

static int packets(int a, int b, double seconds)
{
	double begin = now();
	uint8_t frame[LEAST];
	pthread_t counter;
	void *count;

	write_header(frame);
	pthread_create(&counter, NULL, count_frames, &b);
	while (now() - begin < seconds)
		for (int i = 0; i < 32; i++)
			send(a, frame, LEAST, 0);
	over = true;
	seconds = now() - begin;
	pthread_join(counter, &count);
	printf("packets %.0f /s of %lu\n", *(unsigned long *)count / seconds,
	       *(unsigned long *)count);
	return !*(unsigned long *)count;
}

static bool set_up(const char *name, const char *address)
{
	char command[128];

	snprintf(command, sizeof(command), "ip addr add %s/24 dev %.15s && ip link set %.15s up",
		 address, name, name);
	return !system(command);
}

/* What the second NIC's side has received, in memory that both sides see */
static volatile unsigned long *received;

static int listener(int type)
{
	struct sockaddr_in at = {.sin_family = AF_INET, .sin_port = htons(PORT)};
	int fd = socket(AF_INET, type, 0);

	if (type == SOCK_DGRAM)
		net_give_room(fd);
	if (bind(fd, (struct sockaddr *)&at, sizeof(at)) || (type == SOCK_STREAM && listen(fd, 1)))
		_exit(1);
	return fd;
}

/* The second NIC's side, in a namespace of its own: sysfs still shows the first's. */
static void sink(int ready, const char *name, const char *kind)
{
	static char data[65536];
	int type = !strcmp(kind, "udp") ? SOCK_DGRAM : SOCK_STREAM, fd;
	ssize_t n;

	if (unshare(CLONE_NEWNET) || write(ready, "n", 1) != 1)
		_exit(1);
	for (int i = 0; i < KC_TEST_PATIENCE && !if_nametoindex(name); i++)
		usleep(100000);
	if (!set_up(name, "10.0.4.2"))
		_exit(1);
	fd = listener(type);
	if (type == SOCK_STREAM)
		fd = accept(fd, NULL, NULL);
	while ((n = recv(fd, data, sizeof(data), 0)) > 0) {
		*received += n;
		if (!strcmp(kind, "requests") && send(fd, data, n, MSG_NOSIGNAL) != n)
			break;
	}
	_exit(0);
}

static int connection(int type)
{
	struct sockaddr_in to = {.sin_family = AF_INET, .sin_port = htons(PORT)};
	int fd = socket(AF_INET, type, 0), on = 1;

	inet_pton(AF_INET, "10.0.4.2", &to.sin_addr);
	for (int i = 0; connect(fd, (struct sockaddr *)&to, sizeof(to)); i++) {
		if (i > 100) {
			puts("# the other side does not answer");
			exit(1);
		}
		usleep(100000);
		close(fd);
		fd = socket(AF_INET, type, 0);
	}
	if (type == SOCK_STREAM)
		setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
	return fd;
}

static int send_stream(double seconds)
{
	static char data[65536];
	int fd = connection(SOCK_STREAM);
	double begin, bytes = 0;

	for (begin = now(); now() - begin < seconds;) {
		ssize_t n = send(fd, data, sizeof(data), MSG_NOSIGNAL);

		if (n <= 0)
			return 1;
		bytes += n;
	}
	printf("stream %.2f MB/s of %.0f\n", bytes / 1e6 / (now() - begin), bytes / SEGMENT);
	return 0;
}

/* Full frames, as many as come */
static int send_datagrams(double seconds)
{
	static char data[DATAGRAM];
	int fd = connection(SOCK_DGRAM);
	unsigned long before;
	double begin;

	/* Until the first comes the other side has no address yet. */
	for (int i = 0; i < KC_TEST_PATIENCE && !*received; i++) {
		send(fd, data, sizeof(data), 0);
		usleep(100000);
	}
	before = *received;
	for (begin = now(); now() - begin < seconds;)
		send(fd, data, sizeof(data), 0);
	seconds = now() - begin;
	printf("udp %.2f MB/s of %lu\n", (*received - before) / 1e6 / seconds,
	       (*received - before) / DATAGRAM);
	return *received == before;
}

/* A byte there, a byte back, by TCP */
static int send_requests(double seconds)
{
	int fd = connection(SOCK_STREAM);
	double end = now() + seconds;
	size_t count = 0;
	char byte = 0;

	for (double begin; (begin = now()) < end && count < TIMES; count++) {
		if (send(fd, &byte, 1, MSG_NOSIGNAL) != 1 || recv(fd, &byte, 1, 0) != 1)
			return 1;
		took[count] = (now() - begin) * 1e6;
	}
	return tell_median(count);
}

static int between_namespaces(const char *kind, double seconds)
{
	const char *name = name_of(SECOND);
	char second[64], byte;
	int ready[2], status = 1;
	pid_t other;

	received = mmap(NULL, sizeof(*received), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS,
			-1, 0);
	if (!name || pipe(ready) || received == MAP_FAILED)
		return 1;
	snprintf(second, sizeof(second), "%s", name);
	other = fork();
	if (!other) {
		close(ready[0]);
		sink(ready[1], second, kind);
	}
	close(ready[1]);
	if (read(ready[0], &byte, 1) != 1) {
		puts("# no namespace of the network's (CONFIG_NET_NS)");
		return 1;
	}
	if (run("ip link set %s netns %d", second, other) && set_up(name_of(FIRST), "10.0.4.1"))
		status = !strcmp(kind, "udp")	     ? send_datagrams(seconds)
			 : !strcmp(kind, "requests") ? send_requests(seconds)
						     : send_stream(seconds);
	kill(other, SIGKILL);
	return status;
}

int speed_main(const char *kind, double seconds)
{
	int a, b;

	if (!strcmp(kind, "stream") || !strcmp(kind, "udp") || !strcmp(kind, "requests"))
		return between_namespaces(kind, seconds);
	a = raw(FIRST);
	b = raw(SECOND);
	if (a < 0 || b < 0 || !kc_shows("/sys/class/net/eth0/carrier", "1") ||
	    !kc_shows("/sys/class/net/eth1/carrier", "1")) {
		puts("# no loop of two NICs");
		return 1;
	}
	return !strcmp(kind, "packets") ? packets(a, b, seconds) : round_trips(a, b, seconds);
}
