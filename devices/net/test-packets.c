// SPDX-License-Identifier: GPL-2.0-only
/* Packets of every size go to the peer and back, and each byte is looked at. */
#include "test.h"

#include <arpa/inet.h>
#include <errno.h>
#include <linux/if_packet.h>
#include <net/ethernet.h>
#include <net/if.h>
#include <pthread.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/time.h>

#define UDP_MAX 65507
#define STREAM_BYTES (4 << 20) /* of test_tcp() */
#define BURST 64
#define BURST_BYTES 1200
#define BURSTS 20
#define DEFAULT_ROOM 212992 /* net.core.rmem_default */
#define TRIES 20 /* until the peer has an address and listens */

const char *net_name(void)
{
	static char name[64];
	const char *path = kc_find("/sys/class/net/e*");

	if (!path)
		return NULL;
	snprintf(name, sizeof(name), "%s", strrchr(path, '/') + 1);
	return name;
}

void net_mac(uint8_t *mac)
{
	unsigned byte[ETHER_ADDR_LEN] = {0};

	sscanf(kc_get("/sys/class/net/e*/address"), "%x:%x:%x:%x:%x:%x", &byte[0], &byte[1],
	       &byte[2], &byte[3], &byte[4], &byte[5]);
	for (int i = 0; i < ETHER_ADDR_LEN; i++)
		mac[i] = byte[i];
}

/* A generator of one multiplication: neighbours and other seeds differ. */
static uint8_t byte_at(size_t i, uint32_t seed)
{
	uint32_t x = (uint32_t)(i + 1) * 2654435761u ^ seed * 40503u;

	return x >> 24 ^ x >> 11;
}

void net_fill(uint8_t *data, size_t size, uint32_t seed)
{
	for (size_t i = 0; i < size; i++)
		data[i] = byte_at(i, seed);
}

bool net_is(const uint8_t *data, size_t size, uint32_t seed)
{
	for (size_t i = 0; i < size; i++)
		if (data[i] != byte_at(i, seed)) {
			printf("# byte %zu of %zu (%u) is %02x, not %02x\n", i, size, seed, data[i],
			       byte_at(i, seed));
			return false;
		}
	return true;
}

void net_give_room(int fd)
{
	int bytes = 4 << 20;

	setsockopt(fd, SOL_SOCKET, SO_RCVBUFFORCE, &bytes, sizeof(bytes));
}

static int with_patience(int fd)
{
	struct timeval limit = {.tv_sec = PATIENCE_SECONDS};

	setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof(limit));
	setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &limit, sizeof(limit));
	return fd;
}

static int frames_of_type(int type)
{
	const char *name = net_name();
	struct sockaddr_ll at = {.sll_family = AF_PACKET, .sll_protocol = htons(type)};
	int fd = socket(AF_PACKET, SOCK_RAW, htons(type));

	at.sll_ifindex = name ? if_nametoindex(name) : 0;
	if (fd < 0 || !at.sll_ifindex || bind(fd, (struct sockaddr *)&at, sizeof(at))) {
		close(fd);
		return -1;
	}
	return with_patience(fd);
}

int net_raw(void)
{
	return frames_of_type(ETHER_TYPE);
}

int net_tap(void)
{
	return frames_of_type(ETH_P_ALL);
}

static const char *peer = PEER;

void net_go_by(const char *address)
{
	peer = address;
}

static int to_peer(int type)
{
	struct sockaddr_in to = {.sin_family = AF_INET, .sin_port = htons(PORT)};
	int fd = -1;

	inet_pton(AF_INET, peer, &to.sin_addr);
	for (int i = 0; i < TRIES; i++) {
		fd = with_patience(socket(AF_INET, type, 0));
		if (!connect(fd, (struct sockaddr *)&to, sizeof(to)))
			return fd;
		close(fd);
		sleep(1);
	}
	printf("# the peer does not answer: %s\n", strerror(errno));
	return -1;
}

/* Asks once a second until the first answer: a peer may come up later. */
static int datagrams_to_peer(void)
{
	int fd = to_peer(SOCK_DGRAM);
	struct timeval second = {.tv_sec = 1};
	char answer;

	setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &second, sizeof(second));
	for (int i = 0; fd >= 0 && i < TRIES * 3; i++) {
		send(fd, "?", 1, 0);
		if (recv(fd, &answer, 1, 0) != 1)
			continue;
		/* Of those that were asked too early, too */
		while (recv(fd, &answer, 1, 0) == 1)
			;
		net_give_room(fd);
		return with_patience(fd);
	}
	puts("# the peer does not answer");
	close(fd);
	return -1;
}

static size_t frame_limit(void)
{
	char file[128];

	snprintf(file, sizeof(file), "/sys/class/net/%s/mtu", net_name());
	return atoi(kc_get(file)) + ETHER_HDR_LEN;
}

void net_write_frame(uint8_t *frame, size_t size, uint32_t seed)
{
	struct ether_header *header = (struct ether_header *)frame;

	net_fill(frame, size, seed);
	memset(header->ether_dhost, 0xff, ETHER_ADDR_LEN);
	net_mac(header->ether_shost);
	header->ether_type = htons(ETHER_TYPE);
}

bool net_frame_returns(int fd, size_t size)
{
	static uint8_t frame[FRAME_MAX];
	ssize_t n;

	net_write_frame(frame, size, size);
	if (send(fd, frame, size, 0) != (ssize_t)size) {
		printf("# cannot send %zu bytes: %s\n", size, strerror(errno));
		return false;
	}
	memset(frame, 0, sizeof(frame));
	n = recv(fd, frame, sizeof(frame), 0);
	if (n != (ssize_t)size) {
		printf("# %zd bytes came back, not %zu: %s\n", n, size,
		       n < 0 ? strerror(errno) : "");
		return false;
	}
	net_fill(frame, ETHER_HDR_LEN, size);
	return net_is(frame, size, size);
}

bool test_raw(void)
{
	int warm = datagrams_to_peer(), fd = net_raw();
	size_t limit = frame_limit();
	bool ok = warm >= 0 && fd >= 0;

	for (size_t size = ETH_ZLEN; ok && size <= limit; size++)
		ok = net_frame_returns(fd, size);
	close(fd);
	close(warm);
	return ok;
}

static bool datagram_returns(int fd, size_t size)
{
	static uint8_t data[65536];
	ssize_t n;

	net_fill(data, size, size);
	if (send(fd, data, size, 0) != (ssize_t)size) {
		printf("# cannot send %zu bytes: %s\n", size, strerror(errno));
		return false;
	}
	memset(data, 0, sizeof(data));
	n = recv(fd, data, sizeof(data), 0);
	if (n != (ssize_t)size) {
		printf("# %zd bytes came back, not %zu\n", n, size);
		return false;
	}
	return net_is(data, size, size);
}

/* One packet, one and a bit, and up to the largest, which is some forty. */
bool test_udp(void)
{
	int fd = datagrams_to_peer();
	bool ok = fd >= 0;

	for (size_t size = 1; ok && size <= UDP_MAX; size += size < 3000 ? 13 : 1499)
		ok = datagram_returns(fd, size);
	ok = ok && datagram_returns(fd, UDP_MAX);
	close(fd);
	return ok;
}

static bool burst_returns(int fd, uint32_t first)
{
	static uint8_t data[BURST_BYTES];
	bool seen[BURST] = {false};

	for (uint32_t i = 0; i < BURST; i++) {
		net_fill(data, sizeof(data), first + i);
		memcpy(data, &(uint32_t){first + i}, sizeof(uint32_t));
		if (send(fd, data, sizeof(data), 0) != BURST_BYTES)
			return false;
	}
	for (int i = 0; i < BURST; i++) {
		uint32_t number;

		if (recv(fd, data, sizeof(data), 0) != BURST_BYTES) {
			printf("# %d of %d came back\n", i, BURST);
			return false;
		}
		memcpy(&number, data, sizeof(number));
		net_fill(data, sizeof(number), number);
		if (number - first >= BURST || seen[number - first]) {
			printf("# packet %u came twice, or was never sent\n", number);
			return false;
		}
		seen[number - first] = true;
		if (!net_is(data, sizeof(data), number))
			return false;
	}
	return true;
}

/* Many in flight: none is lost, none comes twice. */
static bool bursts_return(int fd)
{
	bool ok = fd >= 0;

	for (int i = 0; ok && i < BURSTS; i++)
		ok = burst_returns(fd, i * BURST);
	close(fd);
	return ok;
}

bool test_burst(void)
{
	return bursts_return(datagrams_to_peer());
}

/* With the room that sockets have by default: a driver's buffers must not take all of it. */
bool test_room(void)
{
	int fd = datagrams_to_peer(), bytes = DEFAULT_ROOM / 2; /* the kernel doubles it */

	return !setsockopt(fd, SOL_SOCKET, SO_RCVBUFFORCE, &bytes, sizeof(bytes)) &&
	       bursts_return(fd);
}

struct stream {
	int fd;
	size_t bytes;
};

static void *write_stream(void *data)
{
	const struct stream *stream = data;
	uint8_t chunk[32768];

	for (size_t done = 0; done < stream->bytes;) {
		/* Writes of all lengths, so that segments begin and end anywhere */
		size_t size = 1 + (done * 7919) % sizeof(chunk);

		if (size > stream->bytes - done)
			size = stream->bytes - done;
		for (size_t i = 0; i < size; i++)
			chunk[i] = byte_at(done + i, 1);
		for (size_t sent = 0; sent < size;) {
			ssize_t n = send(stream->fd, chunk + sent, size - sent, MSG_NOSIGNAL);

			if (n <= 0)
				return NULL;
			sent += n;
		}
		done += size;
	}
	shutdown(stream->fd, SHUT_WR);
	return NULL;
}

static bool read_stream(const struct stream *stream)
{
	uint8_t chunk[32768];
	size_t done = 0;
	ssize_t n;

	while ((n = recv(stream->fd, chunk, sizeof(chunk), 0)) > 0) {
		for (ssize_t i = 0; i < n; i++)
			if (chunk[i] != byte_at(done + i, 1)) {
				printf("# byte %zu of the stream is wrong\n", done + i);
				return false;
			}
		done += n;
	}
	if (done == stream->bytes)
		return true;
	printf("# %zu bytes of %zu came: %s\n", done, stream->bytes,
	       n < 0 ? strerror(errno) : "end");
	return false;
}

bool net_stream(size_t bytes)
{
	struct stream stream = {to_peer(SOCK_STREAM), bytes};
	pthread_t writer;
	bool ok;

	if (stream.fd < 0 || pthread_create(&writer, NULL, write_stream, &stream))
		return false;
	ok = read_stream(&stream);
	shutdown(stream.fd, SHUT_RDWR);
	pthread_join(writer, NULL);
	close(stream.fd);
	return ok;
}

bool test_tcp(void)
{
	return net_stream(STREAM_BYTES);
}
