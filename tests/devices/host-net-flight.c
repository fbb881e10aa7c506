// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Packets in flight while the network takes no more of them, and the device is
 * then moved, or reset: each comes out once at most, and all of them where the
 * driver did not take them back. And rings and packets by dice, after which it
 * works as before. A failure names its seed.
 */
#include "../unit.h"
#include "../../devices/net/abi.h"
#include "net-machine.h"
#include "net-packet.h"

#include <string.h>
#include <unistd.h>

#define BIT(n) (1ull << (n))
#define SOON 20000
#define SHORTLY 100
#define MANY 30 /* packets of 60 KB, which no socket holds; of two descriptors each */
#define ROLLS 150
#define SOAK_ROLLS 3000
#define MEMORY 0x10000ull
#define RARP 0x8035

static struct packet packet;
static guint8 got[NET_ROOM];

static const char *properties(enum vq_ring ring)
{
	return ring == VQ_PACKED || ring == VQ_PACKED_INDIRECT ? ",packed=on" : "";
}

static void start(enum vq_ring ring)
{
	net_start(NET_OURS, properties(ring), NULL);
	net_driver(ring, 0, 1);
}

/* Packet @n, which is one frame of 60 KB, or 42 of them; each has its number. */
static void send_numbered(unsigned n, bool cut)
{
	packet = (struct packet){.udp = true, .payload = 60000, .gso_size = cut ? 1460 : 0};
	packet_make(&packet, true);
	packet.bytes[PACKET_HDR + packet.l4] = n;
	net_send(0, packet.bytes, packet.len, 2);
}

static unsigned fill_the_wire(bool cut)
{
	guint32 len;
	unsigned n = 0;

	for (; n < MANY; n++)
		send_numbered(n, cut);
	g_usleep(300 * 1000);
	while (vq_get(&net.tx[0], &len))
		continue;
	assert_in_range(net.tx[0].used, 1, MANY - 2);
	return n;
}

/* The frames of @wire, which go on at frame *@frame of all; returns how many */
static unsigned drain(int wire, bool cut, unsigned *frame, int limit_ms)
{
	unsigned per = cut ? 42 : 1, count = 0;

	while (net_get_frame(wire, got, limit_ms) > 0) {
		/* QEMU's own, which says where the machine is now */
		if (packet_get(got + 12, 2) == RARP)
			continue;
		assert_int_equal(got[packet.l4], *frame / per);
		if (cut)
			assert_int_equal(packet_get(got + packet.l3 + 4, 2),
					 (0xfffe + *frame % per) & 0xffff);
		++*frame;
		count++;
	}
	return count;
}

static void await_all(unsigned count)
{
	guint32 len;

	while (net.tx[0].used < count)
		assert_true(net_is_sent(0, &len));
}

struct how {
	enum vq_ring ring;
	bool cut;
};

static void the_network_is_slow(void **state)
{
	const struct how *how = *state;
	unsigned frame = 0, count;

	start(how->ring);
	count = fill_the_wire(how->cut);
	drain(net.wire, how->cut, &frame, 500);
	assert_int_equal(frame, count * (how->cut ? 42 : 1));
	await_all(count);
}

/* Of the frame that the old netdev had begun, its peer sees the begin alone. */
static void moved(void **state)
{
	const struct how *how = *state;
	unsigned frame = 0, count;
	int wire;

	start(how->ring);
	count = fill_the_wire(how->cut);
	net_move(NET_OURS, properties(how->ring), &wire);
	drain(wire, how->cut, &frame, SHORTLY);
	close(wire);
	assert_in_range(frame, 1, count * (how->cut ? 42 : 1) - 1);
	drain(net.wire, how->cut, &frame, 500);
	assert_int_equal(frame, count * (how->cut ? 42 : 1));
	await_all(count);
}

static void must_go_well(const char *what, unsigned seed)
{
	guint8 small[PACKET_HDR + 77] = {0};
	guint32 len;

	for (unsigned i = 0; i < 20; i++) {
		small[PACKET_HDR] = 0x77;
		small[PACKET_HDR + 1] = i;
		net_send(0, small, sizeof(small), 1);
		do {
			if (net_get_frame(net.wire, got, SOON) < 0)
				fail_msg("%s, seed %u: nothing is sent after it", what, seed);
		} while (got[0] != 0x77 || got[1] != i);
		assert_true(net_is_sent(0, &len));
	}
	net_put_frame(small + PACKET_HDR, 77);
	do {
		net_add_room(0, 0, NET_ROOM);
		len = net_received(0, 0, got, SOON);
		if ((int)len < 0)
			fail_msg("%s, seed %u: nothing is received after it", what, seed);
	} while (len != sizeof(small)); /* what came before it */
}

static void reset_meanwhile(void **state)
{
	const struct how *how = *state;

	start(how->ring);
	fill_the_wire(how->cut);
	net_driver(how->ring, 0, 1);
	must_go_well("reset", 0);
}

/* What the driver set goes along, a buffer that was too small for a packet, too. */
static void settings_are_moved(void **state)
{
	static const guint8 promisc[] = {0, 0, 0}, mac[] = {1, 1, 2, 4, 6, 8, 10, 12};
	static const guint8 frame[1600] = {2, 4, 6, 8, 10, 12}, other[60] = {2, 9};
	static const guint8 get[] = {6, 3, 0, 0, 0, 0}, coal[] = {6, 1, 5, 0, 0, 0, 7, 0, 0, 0};
	guint8 answer[8];
	int wire;

	(void)state;
	net_start(NET_OURS, "", NULL);
	net_driver(VQ_SPLIT, BIT(CRAFT_NET_F_MRG_RXBUF), 1);
	assert_int_equal(net_command(promisc, sizeof(promisc), NULL, 0), 0);
	assert_int_equal(net_command(mac, sizeof(mac), NULL, 0), 0);
	assert_int_equal(net_command(coal, sizeof(coal), NULL, 0), 0);
	net_add_room(0, 0, 1526);
	net_put_frame(frame, sizeof(frame));
	assert_int_equal(net_received(0, 0, got, SHORTLY), -1);
	net_move(NET_OURS, "", &wire);
	close(wire);
	net_put_frame(other, sizeof(other));
	net_put_frame(frame, 60);
	assert_int_equal(net_received(0, 0, got, SOON), 72);
	assert_memory_equal(got + PACKET_HDR, frame, 60);
	assert_int_equal(net_command(get, sizeof(get), answer, 8), 0);
	assert_memory_equal(answer, coal + 2, 8);
}

/* Descriptors, rings and tables of all queues by dice, and kicks; packets arrive meanwhile. */
static void scramble(GRand *dice)
{
	guint8 junk[0x400], frame[60] = {0};

	for (unsigned i = 0; i < 12; i++) {
		guint64 at = MEMORY + g_rand_int_range(dice, 0, 3) * 0x8000ull +
			     g_rand_int_range(dice, 0, 5) * 0x1000ull;

		for (unsigned byte = 0; byte < sizeof(junk); byte++)
			junk[byte] = g_rand_int_range(dice, 0, 3) ? 0 : g_rand_int(dice);
		qtest_write(&net.qtest, at, junk, sizeof(junk));
		qtest_set(&net.qtest, 0xfeb00050, g_rand_int_range(dice, 0, 4));
		if (i % 4 == 0)
			net_put_frame(frame, sizeof(frame));
	}
}

static void rings(void **state)
{
	const struct how *how = *state;
	unsigned rolls = g_getenv("SOAK") ? SOAK_ROLLS : ROLLS;
	g_autoptr(GRand) dice = g_rand_new();

	start(how->ring);
	for (unsigned seed = 0; seed < rolls; seed++) {
		g_rand_set_seed(dice, seed);
		scramble(dice);
		net_driver(how->ring, 0, 1);
		if (seed % 50 == 49) {
			/* What QEMU says of each fits a pipe that nobody reads */
			must_go_well("ring", seed);
			net_tear_down(NULL);
			start(how->ring);
		}
	}
}

/* Headers and the begin of frames by dice: each packet is returned, whatever comes of it. */
static void packets(void **state)
{
	const struct how *how = *state;
	unsigned rolls = g_getenv("SOAK") ? SOAK_ROLLS : ROLLS;
	g_autoptr(GRand) dice = g_rand_new();
	guint32 len;

	start(how->ring);
	for (unsigned seed = 0; seed < rolls; seed++) {
		g_rand_set_seed(dice, seed);
		packet = (struct packet){.udp = g_rand_boolean(dice),
					 .ipv6 = g_rand_boolean(dice),
					 .payload = g_rand_int_range(dice, 0, 3000),
					 .gso_size = g_rand_int_range(dice, 0, 1500)};
		packet_make(&packet, true);
		for (int changes = g_rand_int_range(dice, 0, 4); changes >= 0; changes--)
			packet.bytes[g_rand_int_range(dice, 0, 70)] = g_rand_int(dice);
		net_send(0, packet.bytes, g_rand_int_range(dice, PACKET_HDR, packet.len + 1), 3);
		while (net_get_frame(net.wire, got, 2) >= 0)
			continue;
		if (!net_is_sent(0, &len))
			fail_msg("seed %u: it is not returned", seed);
	}
	must_go_well("packets", rolls);
}

#define HOW(ring, cut) (&(const struct how){ring, cut})
#define IN_RING(test, ring, cut) \
	unit_named(#test " " #ring " " #cut, test, net_tear_down, HOW(ring, cut))

int main(void)
{
	const struct CMUnitTest tests[] = {
		IN_RING(the_network_is_slow, VQ_SPLIT, false),
		IN_RING(the_network_is_slow, VQ_PACKED, true),
		IN_RING(moved, VQ_SPLIT, false),
		IN_RING(moved, VQ_SPLIT, true),
		IN_RING(moved, VQ_PACKED, false),
		IN_RING(moved, VQ_PACKED_INDIRECT, true),
		IN_RING(reset_meanwhile, VQ_SPLIT, true),
		IN_RING(reset_meanwhile, VQ_PACKED, false),
		IN_RING(settings_are_moved, VQ_SPLIT, false),
		IN_RING(rings, VQ_SPLIT, false),
		IN_RING(rings, VQ_PACKED, false),
		IN_RING(packets, VQ_SPLIT, true),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, net_set_up, net_drop);
}
