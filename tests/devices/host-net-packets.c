// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Packets each way through the network device, byte for byte: in any ring and
 * cut in any way, summed and cut into frames by the device, over one receive
 * buffer or many. What both devices do is asked of QEMU's own, too.
 */
#include "../unit.h"
#include "../../devices/net/abi.h"
#include "net-machine.h"
#include "net-packet.h"

#include <string.h>

#define BIT(n) (1ull << (n))
#define SOON 20000
#define SHORTLY 200

static struct packet packet;
static guint8 got[NET_ROOM];

struct how {
	const char *device;
	enum vq_ring ring;
};

static void start(const struct how *how, guint64 without)
{
	bool packed = how->ring == VQ_PACKED || how->ring == VQ_PACKED_INDIRECT;

	net_start(how->device, packed ? ",packed=on" : "", NULL);
	net_driver(how->ring, without, 1);
}

static void fill(size_t len)
{
	memset(packet.bytes, 0, PACKET_HDR);
	for (size_t i = 0; i < len; i++)
		packet.bytes[PACKET_HDR + i] = i * 11 + (i >> 7);
}

static void must_be_sent(void)
{
	guint32 len;

	assert_true(net_is_sent(0, &len));
	assert_int_equal(len, 0);
}

static void must_come_out(size_t len)
{
	assert_int_equal(net_get_frame(net.wire, got, SOON), len);
	assert_memory_equal(got, packet.bytes + PACKET_HDR, len);
	must_be_sent();
}

static const size_t sizes[] = {14, 15, 59, 60, 61, 127, 1513, 1514, 4096, 9014, 65549};

/* More than a ring's worth of them, so that it wraps */
static void sent_as_it_is(void **state)
{
	start(*state, 0);
	for (size_t i = 0; i < 3 * G_N_ELEMENTS(sizes); i++) {
		size_t len = sizes[i % G_N_ELEMENTS(sizes)];

		fill(len);
		net_send(0, packet.bytes, PACKET_HDR + len, 1 + i % 9);
		must_come_out(len);
	}
}

static void must_be_received(const guint8 *frame, size_t len, guint8 flags)
{
	struct craft_net_hdr hdr;

	assert_int_equal(net_received(0, 0, got, SOON), PACKET_HDR + len);
	memcpy(&hdr, got, sizeof(hdr));
	assert_int_equal(GUINT16_FROM_LE(hdr.num_buffers), 1);
	assert_int_equal(hdr.flags, flags);
	assert_int_equal(hdr.gso_type, CRAFT_NET_GSO_NONE);
	assert_memory_equal(got + PACKET_HDR, frame, len);
}

static void received_as_it_is(void **state)
{
	start(*state, 0);
	for (size_t i = 0; i < 7 * G_N_ELEMENTS(sizes); i++) {
		size_t len = MAX(sizes[i % G_N_ELEMENTS(sizes)], 60);

		fill(len);
		/* The netdev keeps it until there is room */
		if (i % 2)
			net_put_frame(packet.bytes + PACKET_HDR, len);
		net_add_room(0, 0, NET_ROOM);
		if (i % 2 == 0)
			net_put_frame(packet.bytes + PACKET_HDR, len);
		must_be_received(packet.bytes + PACKET_HDR, len, 0);
	}
}

static void over_many_buffers(void **state)
{
	static const size_t room[] = {300, 100, 500, 64, 2000, 5000};
	struct craft_net_hdr hdr;
	unsigned n = 0;

	start(*state, 0);
	fill(6000);
	for (size_t i = 0; i < G_N_ELEMENTS(room); i++)
		net_add_room(0, i, room[i]);
	net_put_frame(packet.bytes + PACKET_HDR, 6000);
	for (size_t at = 0; at < PACKET_HDR + 6000; n++) {
		int len = net_received(0, n, got + at, SOON);

		assert_int_equal(len, MIN(room[n], PACKET_HDR + 6000 - at));
		at += len;
	}
	memcpy(&hdr, got, sizeof(hdr));
	assert_int_equal(GUINT16_FROM_LE(hdr.num_buffers), n);
	assert_int_equal(n, G_N_ELEMENTS(room));
	assert_memory_equal(got + PACKET_HDR, packet.bytes + PACKET_HDR, 6000);
}

/* Without MRG_RXBUF what does not fit is dropped; the buffer is there for the next. */
static void too_large_for_a_buffer(void **state)
{
	start(*state, BIT(CRAFT_NET_F_MRG_RXBUF));
	net_add_room(0, 0, 1526);
	fill(2000);
	net_put_frame(packet.bytes + PACKET_HDR, 1515);
	net_put_frame(packet.bytes + PACKET_HDR, 2000);
	net_put_frame(packet.bytes + PACKET_HDR, 1514);
	must_be_received(packet.bytes + PACKET_HDR, 1514, 0);
}

/* What all buffers of the ring do not hold is dropped, and nothing waits for it to fit. */
static void larger_than_the_ring(void **state)
{
	start(*state, 0);
	fill(VQ_NUM * 100);
	for (unsigned i = 0; i < VQ_NUM; i++)
		net_add_room(0, i, 100);
	net_put_frame(packet.bytes + PACKET_HDR, VQ_NUM * 100);
	net_put_frame(packet.bytes + PACKET_HDR, 80);
	must_be_received(packet.bytes + PACKET_HDR, 80, 0);
}

struct shape {
	bool ipv6, udp, vlan;
	unsigned payload;
	guint16 gso_size;
};

static void make(const struct shape *shape, bool partial)
{
	packet.ipv6 = shape->ipv6;
	packet.udp = shape->udp;
	packet.vlan = shape->vlan;
	packet.payload = shape->payload;
	packet.gso_size = shape->gso_size;
	packet_make(&packet, partial);
}

static const struct shape whole[] = {
	{false, false, false, 0, 0}, {false, true, false, 1, 0},   {true, false, false, 1400, 0},
	{true, true, true, 33, 0},   {false, true, true, 9000, 0}, {false, false, true, 999, 0},
};

static void summed(void **state)
{
	start(*state, 0);
	for (size_t i = 0; i < G_N_ELEMENTS(whole); i++) {
		unsigned len;

		make(&whole[i], true);
		len = packet.len - PACKET_HDR;
		net_send(0, packet.bytes, packet.len, 1 + i % 4);
		assert_int_equal(net_get_frame(net.wire, got, SOON), len);
		assert_int_equal(packet_l4_sum(&packet, got, len), 0);
		assert_memory_equal(got + packet.headers,
				    packet.bytes + packet.len - packet.payload, packet.payload);
		must_be_sent();
	}
}

static const struct shape cuts[] = {
	{false, false, false, 64000, 1460}, {true, false, false, 64000, 1440},
	{false, true, false, 60000, 1472},  {true, true, true, 5000, 1232},
	{false, false, true, 2921, 1460},   {false, false, false, 1000, 1460},
	{false, false, false, 2000, 1},	    {true, false, false, 0, 100},
	{false, false, false, 2920, 1460},
};

static void check_tcp(const guint8 *tcp, unsigned i, bool last)
{
	guint8 flags = 0x10 | (i ? 0 : 0x80) | (last ? 0x08 | 0x01 : 0);

	assert_int_equal(packet_get(tcp + 4, 4), (guint32)(0xffffff00 + i * packet.gso_size));
	assert_int_equal(tcp[13], flags);
}

static void check_frame(unsigned i, unsigned at, unsigned bytes)
{
	const guint8 *ip = got + packet.l3, *l4 = got + packet.l4;

	if (packet.ipv6) {
		assert_int_equal(packet_get(ip + 4, 2), packet.headers - packet.l4 + bytes);
	} else {
		assert_int_equal(packet_get(ip + 2, 2), packet.headers - packet.l3 + bytes);
		assert_int_equal(packet_get(ip + 4, 2), (0xfffe + i) & 0xffff);
	}
	assert_int_equal(packet_ip_sum(&packet, got), 0);
	assert_int_equal(packet_l4_sum(&packet, got, packet.headers + bytes), 0);
	if (packet.udp)
		assert_int_equal(packet_get(l4 + 4, 2), 8 + bytes);
	else
		check_tcp(l4, i, at + bytes == packet.payload);
	assert_memory_equal(got + packet.headers, packet.bytes + PACKET_HDR + packet.headers + at,
			    bytes);
}

static void cut_into_frames(void **state)
{
	start(*state, 0);
	for (size_t i = 0; i < G_N_ELEMENTS(cuts); i++) {
		unsigned frame = 0, at = 0;

		make(&cuts[i], true);
		net_send(0, packet.bytes, packet.len, 1 + i % 9);
		do {
			unsigned bytes = MIN(packet.gso_size, packet.payload - at);

			assert_int_equal(net_get_frame(net.wire, got, SOON),
					 packet.headers + bytes);
			check_frame(frame++, at, bytes);
			at += bytes;
		} while (at < packet.payload);
		must_be_sent();
	}
}

/* What is wrong with a packet; nothing of it may come out. */
struct fault {
	const char *name;
	struct shape shape;
	size_t at; /* in header and frame */
	guint16 value; /* big-endian */
	unsigned shorten;
};

#define HDR(field) offsetof(struct craft_net_hdr, field)
#define TSO false, false, false, 5000, 1000
#define CSUM false, false, false, 100, 0

static const struct fault faults[] = {
	{"sum behind the end", {CSUM}, HDR(csum_start), 0xff00, 0},
	{"sum far behind it", {CSUM}, HDR(csum_offset), 0xffff, 0},
	{"cut by nothing", {TSO}, HDR(gso_size), 0, 0},
	{"cut, not summed", {TSO}, HDR(flags), CRAFT_NET_GSO_TCPV4, 0},
	{"cut of a kind unknown", {TSO}, HDR(flags), 0x0177, 0},
	{"cut as IPv6", {TSO}, HDR(flags), 0x0104, 0},
	{"sum before IP", {TSO}, HDR(csum_start), 0x0400, 0},
	{"sum within IP", {TSO}, HDR(csum_start), 0x1400, 0},
	{"TCP of no length", {TSO}, PACKET_HDR + 14 + 24 + 12, 0x0010, 0},
	{"TCP of more than there is", {false, false, false, 8, 4}, PACKET_HDR + 50, 0xf010, 0},
	{"not IP", {TSO}, PACKET_HDR + 12, 0x1234, 0},
	{"no Ethernet", {CSUM}, 0, 0, 14 + 24 + 32 + 100 - 13},
	{"nothing", {CSUM}, 0, 0, 14 + 24 + 32 + 100},
	{"too many frames", {false, false, false, 60000, 1}, 0, 0x0101, 0},
};

static void bad_packets(void **state)
{
	start(*state, 0);
	for (size_t i = 0; i < G_N_ELEMENTS(faults); i++) {
		const struct fault *fault = &faults[i];
		guint32 len;

		make(&fault->shape, true);
		packet.bytes[fault->at] = fault->value >> 8;
		packet.bytes[fault->at + 1] = fault->value;
		net_send(0, packet.bytes, packet.len - fault->shorten, 2);
		if (!net_is_sent(0, &len))
			fail_msg("%s: it is not returned", fault->name);
		if (net_get_frame(net.wire, got, 20) != -1)
			fail_msg("%s: it comes out", fault->name);
	}
	fill(60);
	net_send(0, packet.bytes, PACKET_HDR + 60, 1);
	must_come_out(60);
}

static void no_header(void **state)
{
	guint32 len;

	start(*state, 0);
	net_send(0, packet.bytes, PACKET_HDR - 1, 1);
	assert_false(net_is_sent(0, &len));
	assert_true(vq_is_broken(&net.qtest));
	net_driver(net.ring, 0, 1);
	fill(60);
	net_send(0, packet.bytes, PACKET_HDR + 60, 1);
	must_come_out(60);
}

/* It says that a sum is good only where it is, and only to a driver that asked. */
static void judged(void **state)
{
	start(*state, 0);
	for (size_t i = 0; i < 3 * G_N_ELEMENTS(whole); i++) {
		bool bad = i % 3 == 1, padded = i % 3 == 2;
		unsigned len;

		make(&whole[i / 3], false);
		packet.bytes[packet.len - 1] ^= bad;
		len = packet.len - PACKET_HDR + (padded ? 10 : 0);
		net_add_room(0, 0, NET_ROOM);
		net_put_frame(packet.bytes + PACKET_HDR, len);
		must_be_received(packet.bytes + PACKET_HDR, len,
				 bad ? 0 : CRAFT_NET_HDR_DATA_VALID);
	}
	net_driver(net.ring, BIT(CRAFT_NET_F_GUEST_CSUM), 1);
	net_add_room(0, 0, NET_ROOM);
	net_put_frame(packet.bytes + PACKET_HDR, packet.len - PACKET_HDR);
	must_be_received(packet.bytes + PACKET_HDR, packet.len - PACKET_HDR, 0);
}

/* A tag does not count. */
static void larger_than_the_mtu(void **state)
{
	const struct how *how = *state;

	net_start(how->device, ",host_mtu=1000", NULL);
	net_driver(how->ring, 0, 1);
	fill(1019);
	packet.bytes[PACKET_HDR + 12] = 0;
	net_put_frame(packet.bytes + PACKET_HDR, 1015);
	net_put_frame(packet.bytes + PACKET_HDR, 1014);
	net_add_room(0, 0, NET_ROOM);
	must_be_received(packet.bytes + PACKET_HDR, 1014, 0);
	memcpy(packet.bytes + PACKET_HDR + 12, "\x81", 2);
	net_put_frame(packet.bytes + PACKET_HDR, 1019);
	net_put_frame(packet.bytes + PACKET_HDR, 1018);
	net_add_room(0, 0, NET_ROOM);
	must_be_received(packet.bytes + PACKET_HDR, 1018, 0);
}

static void no_room_at_all(void **state)
{
	start(*state, BIT(CRAFT_NET_F_MRG_RXBUF));
	fill(60);
	net_put_frame(packet.bytes + PACKET_HDR, 60);
	assert_int_equal(net_received(0, 0, got, SHORTLY), -1);
	assert_false(vq_is_broken(&net.qtest));
}

#define HOW(device, ring) (&(const struct how){device, ring})
#define IN_RING(device, test, ring) \
	unit_named(device " " #test " " #ring, test, net_tear_down, HOW(device, ring))
#define IN_EACH_RING(device, test)                                         \
	IN_RING(device, test, VQ_SPLIT), IN_RING(device, test, VQ_PACKED), \
		IN_RING(device, test, VQ_INDIRECT), IN_RING(device, test, VQ_PACKED_INDIRECT)

int main(void)
{
	const struct CMUnitTest tests[] = {
		IN_EACH_RING(NET_OURS, sent_as_it_is),
		IN_EACH_RING(NET_OURS, received_as_it_is),
		IN_EACH_RING(NET_OURS, over_many_buffers),
		IN_EACH_RING(NET_OURS, larger_than_the_ring),
		IN_RING(NET_OURS, too_large_for_a_buffer, VQ_SPLIT),
		IN_RING(NET_OURS, too_large_for_a_buffer, VQ_PACKED),
		IN_RING(NET_OURS, summed, VQ_SPLIT),
		IN_RING(NET_OURS, summed, VQ_PACKED_INDIRECT),
		IN_RING(NET_OURS, cut_into_frames, VQ_SPLIT),
		IN_RING(NET_OURS, cut_into_frames, VQ_PACKED),
		IN_RING(NET_OURS, bad_packets, VQ_SPLIT),
		IN_RING(NET_OURS, no_header, VQ_SPLIT),
		IN_RING(NET_OURS, judged, VQ_SPLIT),
		IN_RING(NET_OURS, larger_than_the_mtu, VQ_SPLIT),
		IN_RING(NET_OURS, no_room_at_all, VQ_SPLIT),
		IN_RING(NET_STOCK, sent_as_it_is, VQ_SPLIT),
		IN_RING(NET_STOCK, received_as_it_is, VQ_PACKED),
		IN_RING(NET_STOCK, over_many_buffers, VQ_SPLIT),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, net_set_up, net_drop);
}
