// SPDX-License-Identifier: GPL-2.0-only
/*
 * Traffic while a test does something to the NIC: streams, whose bytes TCP sees to,
 * and frames with numbers, of which a network may lose some and invent none.
 */
#include "test.h"

#include <errno.h>
#include <linux/if_ether.h>
#include <poll.h>
#include <pthread.h>
#include <sys/socket.h>

#define FRAMES (1 << 20)
#define UNDER_WAY 32 /* sent, and not back */
#define FRAME 300
#define STREAM (1 << 20)
#define NUMBER_AT ETH_HLEN
#define SILENCE_MS 500 /* after which no more frames are awaited */
#define BEGIN 50 /* frames that are back before anything happens */

static struct {
	pthread_t frames, streams;
	bool stream;
	int silence_ms;
	volatile bool over;
	bool wrong;
	unsigned sent, whole; /* frames, streams */
	volatile unsigned back;
	uint8_t header[ETH_HLEN]; /* of all: files of sysfs are for one thread alone */
	uint8_t seen[FRAMES];
} flow;

static void send_frame(int fd)
{
	uint8_t frame[FRAME];

	net_fill(frame, sizeof(frame), flow.sent);
	memcpy(frame, flow.header, sizeof(flow.header));
	memcpy(frame + NUMBER_AT, &flow.sent, sizeof(flow.sent));
	if (send(fd, frame, sizeof(frame), MSG_DONTWAIT) == FRAME)
		flow.sent++;
}

static void take_frame(int fd)
{
	uint8_t frame[FRAME + 1];
	unsigned number;

	if (recv(fd, frame, sizeof(frame), MSG_DONTWAIT) < 0)
		return;
	memcpy(&number, frame + NUMBER_AT, sizeof(number));
	if (number >= flow.sent || flow.seen[number]++) {
		printf("# frame %u came twice, or was never sent\n", number);
		flow.wrong = true;
		return;
	}
	net_fill(frame, NUMBER_AT + sizeof(number), number);
	flow.wrong |= !net_is(frame, FRAME, number);
	flow.back++;
}

/* A network that loses a frame must not end the flow: after a while more are sent. */
static void *send_frames(void *data)
{
	struct pollfd fd = {.fd = (intptr_t)data, .events = POLLIN};
	unsigned lost = 0;

	while (!flow.over) {
		for (unsigned i = flow.sent - flow.back - lost; i < UNDER_WAY; i++)
			if (flow.sent < FRAMES)
				send_frame(fd.fd);
		if (poll(&fd, 1, 200) > 0)
			take_frame(fd.fd);
		else
			lost = flow.sent - flow.back;
		if (flow.sent - flow.back < lost)
			lost = flow.sent - flow.back;
	}
	/* What is missing may still be on its way, on a busy host for long. */
	while (poll(&fd, 1, flow.back < flow.sent ? flow.silence_ms : SILENCE_MS) > 0 &&
	       !(fd.revents & POLLERR))
		take_frame(fd.fd);
	close(fd.fd);
	return NULL;
}

static void *send_streams(void *data)
{
	(void)data;
	while (!flow.over) {
		if (!net_stream(STREAM))
			flow.wrong = true;
		else
			flow.whole++;
	}
	return NULL;
}

bool flow_begin(bool stream)
{
	intptr_t fd = net_raw();

	memset(&flow, 0, sizeof(flow));
	net_give_room(fd);
	flow.stream = stream;
	net_write_frame(flow.header, sizeof(flow.header), 0);
	if (fd < 0 || !test_udp() || pthread_create(&flow.frames, NULL, send_frames, (void *)fd))
		return false;
	if (stream && pthread_create(&flow.streams, NULL, send_streams, NULL))
		return false;
	for (int i = 0; i < KC_TEST_PATIENCE && flow.back < BEGIN; i++)
		usleep(100000);
	if (flow.back < BEGIN)
		puts("# no frames come back");
	return flow.back >= BEGIN;
}

bool flow_end(void)
{
	return flow_end_after(SILENCE_MS);
}

bool flow_end_after(int silence_ms)
{
	flow.silence_ms = silence_ms;
	flow.over = true;
	pthread_join(flow.frames, NULL);
	if (flow.stream)
		pthread_join(flow.streams, NULL);
	printf("# %u frames sent, %u back, %u lost; %u streams\n", flow.sent, flow.back,
	       flow.sent - flow.back, flow.whole);
	return !flow.wrong && (!flow.stream || flow.whole);
}
