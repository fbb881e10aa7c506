// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Single queues of the network device are reset (VIRTIO_F_RING_RESET) and enabled
 * again, which only virtio-pci can: what becomes of packets, of buffers that the
 * device had taken, and of what the driver had set.
 */
#include "../unit.h"
#include "../../devices/net/abi.h"
#include "net-machine.h"
#include "net-packet.h"
#include "virtqueue-pci.h"

#include <linux/virtio_config.h>
#include <string.h>

#define BIT(n) (1ull << (n))
#define SOON 20000
#define FRAME 60

static guint8 got[NET_ROOM];

static void start(enum vq_ring ring, const char *properties, unsigned pairs)
{
	g_autofree char *all = g_strconcat(ring == VQ_PACKED ? ",packed=on" : "", properties, NULL);

	net_start(NET_OURS_PCI, all, NULL);
	net_driver(ring, 0, pairs);
	assert_true(net.has & BIT(VIRTIO_F_RING_RESET));
	assert_int_equal(!(net.has & BIT(VIRTIO_F_RING_PACKED)), ring != VQ_PACKED);
}

static void enable_again(struct vq *vq)
{
	vq_pci_set_up(vq, &net.qtest, net.ring, vq->index);
}

static void must(guint8 class, guint8 number, const void *data, size_t len)
{
	guint8 bytes[128] = {class, number};

	memcpy(bytes + 2, data, len);
	assert_int_equal(net_command(bytes, len + 2, NULL, 0), CRAFT_NET_ACK_OK);
}

static void use_pairs(guint16 pairs)
{
	pairs = GUINT16_TO_LE(pairs);
	must(CRAFT_NET_CTRL_MQ, CRAFT_NET_CTRL_MQ_PAIRS_SET, &pairs, sizeof(pairs));
}

/* A frame that is told from others by @mark; not IP, so that it is of no flow. */
static void put_frame(guint8 mark)
{
	guint8 frame[FRAME];

	memset(frame, 0xff, 12);
	memset(frame + 12, mark, sizeof(frame) - 12);
	net_put_frame(frame, sizeof(frame));
}

static void must_come(unsigned pair, unsigned n, guint8 mark)
{
	assert_int_equal(net_received(pair, n, got, SOON), PACKET_HDR + FRAME);
	assert_int_equal(got[PACKET_HDR + FRAME - 1], mark);
}

/* The driver has its buffers back: what comes later is not written there. */
static void buffers_are_left_alone(void **state)
{
	const enum vq_ring *ring = *state;
	guint32 len;

	start(*ring, "", 1);
	for (unsigned round = 1; round <= 3; round++) {
		net_add_room(0, 0, NET_ROOM);
		put_frame(10 * round);
		must_come(0, 0, 10 * round);
		for (unsigned i = 1; i < 4; i++)
			net_add_room(0, i, NET_ROOM);
		vq_pci_reset(&net.rx[0]);
		enable_again(&net.rx[0]);
		net_add_room(0, 4, NET_ROOM);
		put_frame(10 * round + 1);
		must_come(0, 4, 10 * round + 1);
		assert_false(vq_get(&net.rx[0], &len));
	}
}

/* One that waits for room is no reason to keep what was taken for it. */
static void room_is_given_back(void **state)
{
	const enum vq_ring *ring = *state;
	guint8 frame[1000];

	start(*ring, "", 1);
	memset(frame, 0xff, sizeof(frame));
	net_add_room(0, 0, 100);
	net_put_frame(frame, sizeof(frame));
	net_await_read();
	vq_pci_reset(&net.rx[0]);
	enable_again(&net.rx[0]);
	net_add_room(0, 1, NET_ROOM);
	assert_int_equal(net_received(0, 1, got, SOON), PACKET_HDR + sizeof(frame));
	assert_memory_equal(got + PACKET_HDR, frame, sizeof(frame));
}

static void sending_goes_on(void **state)
{
	const enum vq_ring *ring = *state;
	guint8 packet[PACKET_HDR + FRAME] = {0};
	guint32 len;

	start(*ring, "", 1);
	for (unsigned round = 0; round < 4; round++) {
		packet[PACKET_HDR] = round;
		net_send(0, packet, sizeof(packet), 2);
		assert_true(net_is_sent(0, &len));
		assert_int_equal(net_get_frame(net.wire, got, SOON), FRAME);
		assert_int_equal(got[0], round);
		vq_pci_reset(&net.tx[0]);
		enable_again(&net.tx[0]);
	}
	assert_int_equal(net_get_frame(net.wire, got, 20), -1);
}

static void another_queue_takes_it(void **state)
{
	(void)state;
	start(VQ_SPLIT, ",queue-pairs=2", 2);
	use_pairs(2);
	net_add_room(0, 0, NET_ROOM);
	net_add_room(1, 1, NET_ROOM);
	vq_pci_reset(&net.rx[0]);
	put_frame(1);
	must_come(1, 1, 1);
}

static void dropped_if_all_are_reset(void **state)
{
	(void)state;
	start(VQ_SPLIT, ",queue-pairs=2", 2);
	use_pairs(2);
	for (unsigned i = 0; i < 2; i++)
		vq_pci_reset(&net.rx[i]);
	put_frame(1);
	net_await_read();
	for (unsigned i = 0; i < 2; i++) {
		enable_again(&net.rx[i]);
		net_add_room(i, i, NET_ROOM);
	}
	put_frame(2);
	must_come(0, 0, 2);
}

/* By the table alone: not even where another queue has room. */
static void dropped_if_the_chosen_one_is_reset(void **state)
{
	guint8 rss[8 + 2 + 2 + 1 + 40] = {/* no hash: all is unclassified, for queue 1 */
					  0, 0, 0, 0, 0, 0, 1, 0,
					  /* a table of one entry, sending by two, a key */
					  0, 0, 2, 0, 40};

	(void)state;
	start(VQ_SPLIT, ",queue-pairs=2,rss=on", 2);
	must(CRAFT_NET_CTRL_MQ, CRAFT_NET_CTRL_MQ_RSS_CONFIG, rss, sizeof(rss));
	net_add_room(0, 0, NET_ROOM);
	net_add_room(1, 1, NET_ROOM);
	put_frame(1);
	must_come(1, 1, 1);
	vq_pci_reset(&net.rx[1]);
	put_frame(2);
	net_await_read();
	enable_again(&net.rx[1]);
	net_add_room(1, 1, NET_ROOM);
	put_frame(3);
	must_come(1, 1, 3);
	assert_int_equal(net_received(0, 0, got, 20), -1);
}

/* After a reset of the device: whatever flow it is of, and however many were used before */
static void the_first_takes_all(void **state)
{
	static struct packet packet;

	(void)state;
	start(VQ_SPLIT, ",queue-pairs=4", 4);
	use_pairs(4);
	net_driver(VQ_SPLIT, 0, 4);
	for (unsigned i = 1; i < 4; i++)
		net_add_room(i, i, NET_ROOM);
	for (unsigned i = 0; i < 8; i++) {
		packet = (struct packet){.payload = 10};
		packet_make(&packet, false);
		packet.bytes[PACKET_HDR + packet.l4 + 1] = i;
		net_add_room(0, 0, NET_ROOM);
		net_put_frame(packet.bytes + PACKET_HDR, packet.len - PACKET_HDR);
		assert_int_equal(net_received(0, 0, got, SOON), packet.len);
	}
}

struct coal {
	guint32 packets, usecs;
};

static void set_coal(guint8 number, struct coal coal)
{
	const guint32 data[] = {GUINT32_TO_LE(coal.packets), GUINT32_TO_LE(coal.usecs)};

	must(CRAFT_NET_CTRL_COAL, number, data, sizeof(data));
}

static void set_coal_of(const struct vq *vq, struct coal coal)
{
	const guint32 data[] = {GUINT32_TO_LE(vq->index), GUINT32_TO_LE(coal.packets),
				GUINT32_TO_LE(coal.usecs)};

	must(CRAFT_NET_CTRL_COAL, CRAFT_NET_CTRL_COAL_VQ_SET, data, sizeof(data));
}

static unsigned get_coal(const struct vq *vq, struct coal *coal)
{
	guint8 get[] = {CRAFT_NET_CTRL_COAL, CRAFT_NET_CTRL_COAL_VQ_GET, vq->index, 0, 0, 0};
	guint32 answer[2] = {0};
	unsigned ack = net_command(get, sizeof(get), answer, sizeof(answer));

	*coal = (struct coal){GUINT32_FROM_LE(answer[0]), GUINT32_FROM_LE(answer[1])};
	return ack;
}

static void must_coalesce(const struct vq *vq, struct coal wanted)
{
	struct coal coal;

	assert_int_equal(get_coal(vq, &coal), CRAFT_NET_ACK_OK);
	assert_int_equal(coal.packets, wanted.packets);
	assert_int_equal(coal.usecs, wanted.usecs);
}

/* What was set for all holds again, not what was set for it alone. */
static void coalescing_is_as_for_all(void **state)
{
	struct vq *queues[] = {&net.rx[0], &net.tx[0]};
	const struct coal all[] = {{7, 70}, {5, 50}};
	struct coal coal;

	(void)state;
	start(VQ_SPLIT, "", 1);
	set_coal(CRAFT_NET_CTRL_COAL_RX_SET, all[0]);
	set_coal(CRAFT_NET_CTRL_COAL_TX_SET, all[1]);
	for (unsigned i = 0; i < 2; i++) {
		must_coalesce(queues[i], all[i]);
		set_coal_of(queues[i], (struct coal){1, 1});
		must_coalesce(queues[i], (struct coal){1, 1});
		vq_pci_reset(queues[i]);
		assert_int_equal(get_coal(queues[i], &coal), CRAFT_NET_ACK_ERR);
		enable_again(queues[i]);
		must_coalesce(queues[i], all[i]);
	}
}

static struct CMUnitTest in_ring(const char *name, CMUnitTestFunction test,
				 const enum vq_ring *ring)
{
	return (struct CMUnitTest){name, test, NULL, net_tear_down, (void *)ring};
}

#define IN_RINGS(test)                                                     \
	in_ring(#test " VQ_SPLIT", test, &(const enum vq_ring){VQ_SPLIT}), \
		in_ring(#test " VQ_PACKED", test, &(const enum vq_ring){VQ_PACKED})
#define TEST(name) cmocka_unit_test_teardown(name, net_tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		IN_RINGS(buffers_are_left_alone), IN_RINGS(room_is_given_back),
		IN_RINGS(sending_goes_on),	  TEST(another_queue_takes_it),
		TEST(dropped_if_all_are_reset),	  TEST(dropped_if_the_chosen_one_is_reset),
		TEST(the_first_takes_all),	  TEST(coalescing_is_as_for_all),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, net_set_up, net_drop);
}
