// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * What its driver can tell the network device by the control queue, and what
 * that changes in which packets come, to which queue, and when an interrupt
 * tells of them.
 */
#include "../unit.h"
#include "../../devices/net/abi.h"
#include "net-machine.h"
#include "net-packet.h"

#include <linux/virtio_mmio.h>
#include <string.h>

#define BIT(n) (1ull << (n))
#define SOON 20000
#define BROKEN 256

static guint8 got[NET_ROOM];
static struct packet packet;

static void start(const char *properties, unsigned pairs)
{
	net_start(NET_OURS, properties, NULL);
	net_driver(VQ_SPLIT, 0, pairs);
}

static struct craft_net_config config(void)
{
	struct craft_net_config is;

	net_config(0, &is, sizeof(is));
	return is;
}

/* A command of @len bytes behind its class and number */
static unsigned command(guint8 class, guint8 number, const void *data, size_t len)
{
	guint8 bytes[1024] = {class, number};

	memcpy(bytes + 2, data, len);
	return net_command(bytes, len + 2, NULL, 0);
}

static void must(guint8 class, guint8 number, const void *data, size_t len)
{
	if (command(class, number, data, len) != CRAFT_NET_ACK_OK)
		fail_msg("command %u of class %u fails", number, class);
}

static void rx_mode(guint8 number, guint8 on)
{
	must(CRAFT_NET_CTRL_RX, number, &on, 1);
}

/* Whether a frame to @mac is received */
static bool passes(const char *mac, unsigned vlan)
{
	guint8 frame[64] = {0};
	bool passed;

	memcpy(frame, mac, 6);
	memcpy(frame + 12, vlan ? "\x81\0\x20\0" : "\x08\0\0\0", 4);
	frame[15] = vlan;
	net_put_frame(frame, sizeof(frame));
	/* The one behind it always passes, and says that there was nothing before it */
	memcpy(frame, config().mac, 6);
	memcpy(frame + 12, "\x12\x34", 2);
	net_put_frame(frame, sizeof(frame));
	net_add_room(0, 0, NET_ROOM);
	assert_int_equal(net_received(0, 0, got, SOON), 76);
	passed = got[PACKET_HDR + 12] != 0x12;
	if (passed) {
		net_add_room(0, 0, NET_ROOM);
		assert_int_equal(net_received(0, 0, got, SOON), 76);
	}
	return passed;
}

#define OWN "\x52\x54\0\0\0\x01"
#define OTHER "\x52\x54\0\0\0\x09"
#define ALL "\xff\xff\xff\xff\xff\xff"
#define MULTI "\x01\0\x5e\0\0\x05"
#define MULTI6 "\x33\x33\0\0\0\x06"

static void receive_modes(void **state)
{
	(void)state;
	start("", 1);
	assert_true(passes(OTHER, 0) && passes(MULTI, 0));
	rx_mode(CRAFT_NET_CTRL_RX_PROMISC, 0);
	assert_false(passes(OTHER, 0));
	assert_false(passes(MULTI, 0));
	assert_true(passes(ALL, 0) && passes(OWN, 0));
	rx_mode(CRAFT_NET_CTRL_RX_ALLMULTI, 1);
	assert_true(passes(MULTI, 0));
	rx_mode(CRAFT_NET_CTRL_RX_NOMULTI, 1);
	assert_false(passes(MULTI, 0));
	assert_true(passes(ALL, 0));
	rx_mode(CRAFT_NET_CTRL_RX_NOBCAST, 1);
	assert_false(passes(ALL, 0));
	rx_mode(CRAFT_NET_CTRL_RX_ALLUNI, 1);
	assert_true(passes(OTHER, 0));
	rx_mode(CRAFT_NET_CTRL_RX_PROMISC, 1);
	assert_true(passes(ALL, 0));
	net_driver(VQ_SPLIT, 0, 1);
	assert_true(passes(MULTI, 0));
}

static void addresses(void **state)
{
	static const guint8 table[] = {1, 0, 0, 0,    0x52, 0x54, 0, 0,	   0,	 9, 2, 0, 0,
				       0, 1, 0, 0x5e, 0,    0,	  5, 0x33, 0x33, 0, 0, 0, 6};
	static const guint8 empty[8];
	guint8 many[4 + 65 * 6 + 4] = {65};

	(void)state;
	start("", 1);
	rx_mode(CRAFT_NET_CTRL_RX_PROMISC, 0);
	must(CRAFT_NET_CTRL_MAC, CRAFT_NET_CTRL_MAC_TABLE_SET, table, sizeof(table));
	assert_true(passes(OTHER, 0));
	assert_true(passes(MULTI, 0) && passes(MULTI6, 0));
	must(CRAFT_NET_CTRL_MAC, CRAFT_NET_CTRL_MAC_TABLE_SET, empty, sizeof(empty));
	assert_false(passes(OTHER, 0) || passes(MULTI6, 0));
	must(CRAFT_NET_CTRL_MAC, CRAFT_NET_CTRL_MAC_TABLE_SET, many, sizeof(many));
	assert_true(passes(OTHER, 0));
	assert_false(passes(MULTI, 0));
	must(CRAFT_NET_CTRL_MAC, CRAFT_NET_CTRL_MAC_TABLE_SET, empty, sizeof(empty));
	must(CRAFT_NET_CTRL_MAC, CRAFT_NET_CTRL_MAC_ADDR_SET, OTHER, 6);
	assert_memory_equal(config().mac, OTHER, 6);
	assert_true(passes(OTHER, 0));
	net_driver(VQ_SPLIT, 0, 1);
	assert_memory_equal(config().mac, OWN, 6);
}

static void vlans(void **state)
{
	guint16 id = GUINT16_TO_LE(5), beyond = GUINT16_TO_LE(4096);

	(void)state;
	start("", 1);
	rx_mode(CRAFT_NET_CTRL_RX_PROMISC, 0);
	assert_false(passes(OWN, 5));
	must(CRAFT_NET_CTRL_VLAN, CRAFT_NET_CTRL_VLAN_ADD, &id, 2);
	assert_true(passes(OWN, 5));
	assert_false(passes(OWN, 6));
	must(CRAFT_NET_CTRL_VLAN, CRAFT_NET_CTRL_VLAN_DEL, &id, 2);
	assert_false(passes(OWN, 5));
	assert_int_equal(command(CRAFT_NET_CTRL_VLAN, CRAFT_NET_CTRL_VLAN_ADD, &beyond, 2),
			 CRAFT_NET_ACK_ERR);
	net_driver(VQ_SPLIT, BIT(CRAFT_NET_F_CTRL_VLAN), 1);
	rx_mode(CRAFT_NET_CTRL_RX_PROMISC, 0);
	assert_true(passes(OWN, 5));
}

/* A reply goes to the queue that its flow was sent by; all else to some that is in use. */
static void steering(void **state)
{
	guint16 pairs = GUINT16_TO_LE(4), none = 0, more = GUINT16_TO_LE(5);
	guint32 len;

	(void)state;
	start(",queue-pairs=4", 4);
	assert_int_equal(command(CRAFT_NET_CTRL_MQ, 0, &none, 2), CRAFT_NET_ACK_ERR);
	assert_int_equal(command(CRAFT_NET_CTRL_MQ, 0, &more, 2), CRAFT_NET_ACK_ERR);
	must(CRAFT_NET_CTRL_MQ, CRAFT_NET_CTRL_MQ_PAIRS_SET, &pairs, 2);
	for (unsigned i = 0; i < 8; i++) {
		guint8 *frame = packet.bytes + PACKET_HDR;

		packet.payload = 10;
		packet.ipv6 = i % 2;
		packet_make(&packet, false);
		frame[packet.l4 + 1] = i;
		net_send(i % 4, packet.bytes, packet.len, 1);
		assert_true(net_is_sent(i % 4, &len));
		assert_int_equal(net_get_frame(net.wire, got, SOON), packet.len - PACKET_HDR);
		/* The other way round */
		memcpy(frame + packet.l4 + 2, got + packet.l4, 2);
		memcpy(frame + packet.l4, got + packet.l4 + 2, 2);
		net_add_room(i % 4, i, NET_ROOM);
		net_put_frame(frame, packet.len - PACKET_HDR);
		assert_int_equal(net_received(i % 4, i, got, SOON), packet.len);
	}
}

static void bad_scaling(guint8 *rss, size_t len)
{
	rss[8] = 4; /* no such queue */
	assert_int_equal(command(CRAFT_NET_CTRL_MQ, 1, rss, len), CRAFT_NET_ACK_ERR);
	rss[8] = 3;
	rss[4] = 2; /* three entries */
	assert_int_equal(command(CRAFT_NET_CTRL_MQ, 1, rss, len), CRAFT_NET_ACK_ERR);
	rss[4] = 3;
	assert_int_equal(command(CRAFT_NET_CTRL_MQ, 1, rss, len - 1), CRAFT_NET_ACK_ERR);
}

/* As the specification, and the Windows documents that it names, have it for these */
static void scaling(void **state)
{
	static const guint8 key[40] = {0x6d, 0x5a, 0x56, 0xda, 0x25, 0x5b, 0x0e, 0xc2, 0x41, 0x67,
				       0x25, 0x3d, 0x43, 0xa3, 0x8f, 0xb0, 0xd0, 0xca, 0x2b, 0xcb,
				       0xae, 0x7b, 0x30, 0xb4, 0x77, 0xcb, 0x2d, 0xa3, 0x80, 0x30,
				       0xf2, 0x0c, 0x6a, 0x42, 0xb7, 0x3b, 0xbe, 0xac, 0x01, 0xfa};
	guint8 rss[8 + 8 + 2 + 1 + 40] = {CRAFT_NET_HASH_IPV4 | CRAFT_NET_HASH_TCPV4,
					  0,
					  0,
					  0,
					  3,
					  0,
					  2,
					  0, /* mask, unclassified */
					  3,
					  0,
					  1,
					  0,
					  0,
					  0,
					  2,
					  0,
					  4,
					  0,
					  40};
	guint8 *frame = packet.bytes + PACKET_HDR;

	(void)state;
	start(",queue-pairs=4,rss=on", 4);
	memcpy(rss + 19, key, 40);
	must(CRAFT_NET_CTRL_MQ, CRAFT_NET_CTRL_MQ_RSS_CONFIG, rss, sizeof(rss));
	packet = (struct packet){.payload = 10};
	packet_make(&packet, false);
	/* 66.9.149.187:2794 to 161.142.100.80:1766 is 0x51ccc178: entry 0 */
	memcpy(frame + packet.l3 + 12, "\x42\x09\x95\xbb\xa1\x8e\x64\x50\x0a\xea\x06\xe6", 8);
	memcpy(frame + packet.l4, "\x0a\xea\x06\xe6", 4);
	for (unsigned i = 0; i < 4; i++)
		net_add_room(i, i, NET_ROOM);
	net_put_frame(frame, packet.len - PACKET_HDR);
	assert_int_equal(net_received(3, 3, got, SOON), packet.len);
	/* Of the addresses alone it is 0x323e8fc2: entry 2 */
	frame[packet.l3 + 9] = 1;
	net_put_frame(frame, packet.len - PACKET_HDR);
	assert_int_equal(net_received(0, 0, got, SOON), packet.len);
	memcpy(frame + 12, "\x12\x34", 2);
	net_put_frame(frame, packet.len - PACKET_HDR);
	assert_int_equal(net_received(2, 2, got, SOON), packet.len);
	bad_scaling(rss, sizeof(rss));
}

static void receive_one(void)
{
	static const guint8 frame[60];

	net_add_room(0, 0, NET_ROOM);
	net_put_frame(frame, sizeof(frame));
	assert_int_equal(net_received(0, 0, got, SOON), 72);
}

static void set_coal(guint32 packets, guint32 usecs)
{
	const guint32 coal[] = {GUINT32_TO_LE(packets), GUINT32_TO_LE(usecs)};

	must(CRAFT_NET_CTRL_COAL, CRAFT_NET_CTRL_COAL_RX_SET, coal, sizeof(coal));
	vq_interrupts(&net.qtest);
}

static bool is_told(void)
{
	return vq_interrupts(&net.qtest) & VIRTIO_MMIO_INT_VRING;
}

static void coalescing(void **state)
{
	(void)state;
	start("", 1);
	set_coal(3, 1000);
	receive_one();
	receive_one();
	assert_false(is_told());
	receive_one();
	assert_true(is_told());
	receive_one();
	assert_false(is_told());
	qtest_pass_time(&net.qtest, 900 * 1000);
	assert_false(is_told());
	qtest_pass_time(&net.qtest, 200 * 1000);
	assert_true(is_told());
	set_coal(0, 1000);
	receive_one();
	assert_true(is_told());
	set_coal(3, 1000);
	net_driver(VQ_SPLIT, 0, 1);
	receive_one();
	assert_true(is_told());
}

static void coalescing_of_a_queue(void **state)
{
	guint8 set[] = {CRAFT_NET_CTRL_COAL,
			CRAFT_NET_CTRL_COAL_VQ_SET,
			0,
			0,
			0xff,
			0xff,
			7,
			0,
			0,
			0,
			9,
			0,
			0,
			0};
	guint8 get[] = {CRAFT_NET_CTRL_COAL, CRAFT_NET_CTRL_COAL_VQ_GET, 0, 0, 0, 0};
	guint8 answer[8];

	(void)state;
	start("", 1);
	assert_int_equal(net_command(set, sizeof(set), NULL, 0), CRAFT_NET_ACK_OK);
	assert_int_equal(net_command(get, sizeof(get), answer, 8), CRAFT_NET_ACK_OK);
	assert_memory_equal(answer, set + 6, 8);
	get[2] = 1;
	assert_int_equal(net_command(get, sizeof(get), answer, 8), CRAFT_NET_ACK_OK);
	assert_int_equal(answer[0] | answer[4], 0);
	/* The control queue, and none at all */
	for (guint8 i = 2; i < 4; i++) {
		set[2] = get[2] = i;
		assert_int_equal(net_command(set, sizeof(set), NULL, 0), CRAFT_NET_ACK_ERR);
		assert_int_equal(net_command(get, sizeof(get), answer, 8), CRAFT_NET_ACK_ERR);
	}
}

struct wrong {
	guint8 class, number;
	unsigned len;
};

static const struct wrong wrongs[] = {
	{CRAFT_NET_CTRL_RX, 0, 0},
	{CRAFT_NET_CTRL_RX, 0, 2},
	{CRAFT_NET_CTRL_RX, 6, 1},
	{CRAFT_NET_CTRL_MAC, 0, 0},
	{CRAFT_NET_CTRL_MAC, 0, 4},
	{CRAFT_NET_CTRL_MAC, 0, 9},
	{CRAFT_NET_CTRL_MAC, 1, 5},
	{CRAFT_NET_CTRL_MAC, 1, 7},
	{CRAFT_NET_CTRL_MAC, 2, 6},
	{CRAFT_NET_CTRL_VLAN, 0, 1},
	{CRAFT_NET_CTRL_VLAN, 2, 2},
	{CRAFT_NET_CTRL_ANNOUNCE, 0, 1},
	{CRAFT_NET_CTRL_ANNOUNCE, 1, 0},
	{CRAFT_NET_CTRL_MQ, 0, 2},
	{CRAFT_NET_CTRL_MQ, 1, 60},
	{CRAFT_NET_CTRL_MQ, 2, 60},
	{CRAFT_NET_CTRL_OFFLOADS, 0, 7},
	{CRAFT_NET_CTRL_OFFLOADS, 1, 8},
	{CRAFT_NET_CTRL_COAL, 0, 7},
	{CRAFT_NET_CTRL_COAL, 2, 8},
	{CRAFT_NET_CTRL_COAL, 4, 8},
	{7, 0, 0},
	{255, 255, 200},
};

/* All zeroes behind what each says that it is; then it goes on. */
static void wrong_commands(void **state)
{
	static const guint8 zeroes[256];
	guint64 offloads = GUINT64_TO_LE(BIT(CRAFT_NET_F_GUEST_TSO4));
	guint8 macs[] = {0xff, 0xff, 0xff, 0xff, 0, 0, 0, 0};

	(void)state;
	start("", 1);
	for (size_t i = 0; i < G_N_ELEMENTS(wrongs); i++)
		if (command(wrongs[i].class, wrongs[i].number, zeroes, wrongs[i].len) !=
		    CRAFT_NET_ACK_ERR)
			fail_msg("case %zu is not refused", i);
	assert_int_equal(command(CRAFT_NET_CTRL_OFFLOADS, 0, &offloads, 8), CRAFT_NET_ACK_ERR);
	assert_int_equal(command(CRAFT_NET_CTRL_MAC, 0, macs, sizeof(macs)), CRAFT_NET_ACK_ERR);
	rx_mode(CRAFT_NET_CTRL_RX_PROMISC, 0);
	assert_int_equal(net_command(zeroes, 1, NULL, 0), BROKEN);
	net_driver(VQ_SPLIT, 0, 1);
	rx_mode(CRAFT_NET_CTRL_RX_PROMISC, 0);
}

#define TEST(name) cmocka_unit_test_teardown(name, net_tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(receive_modes),
		TEST(addresses),
		TEST(vlans),
		TEST(steering),
		TEST(scaling),
		TEST(coalescing),
		TEST(coalescing_of_a_queue),
		TEST(wrong_commands),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, net_set_up, net_drop);
}
