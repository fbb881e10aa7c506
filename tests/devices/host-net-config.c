// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * What the network device says of itself: features, the configuration, the
 * link; which properties it refuses; and that it asks to be announced.
 */
#include "../unit.h"
#include "../../devices/net/abi.h"
#include "net-machine.h"
#include "net-packet.h"

#include <linux/virtio_mmio.h>
#include <string.h>

#define BIT(n) (1ull << (n))
#define SOON 20000
#define SHORTLY 60

static guint8 got[NET_ROOM];

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

static guint64 own(guint64 features)
{
	return features & (BIT(24) - 1 + (~0ull << 50)) & ~BIT(CRAFT_NET_F_MAC);
}

static const guint64 basic = BIT(CRAFT_NET_F_CSUM) | BIT(CRAFT_NET_F_GUEST_CSUM) |
			     BIT(CRAFT_NET_F_CTRL_GUEST_OFFLOADS) | BIT(CRAFT_NET_F_HOST_TSO4) |
			     BIT(CRAFT_NET_F_HOST_TSO6) | BIT(CRAFT_NET_F_HOST_ECN) |
			     BIT(CRAFT_NET_F_HOST_USO) | BIT(CRAFT_NET_F_MRG_RXBUF) |
			     BIT(CRAFT_NET_F_STATUS) | BIT(CRAFT_NET_F_CTRL_VQ) |
			     BIT(CRAFT_NET_F_CTRL_RX) | BIT(CRAFT_NET_F_CTRL_VLAN) |
			     BIT(CRAFT_NET_F_CTRL_RX_EXTRA) | BIT(CRAFT_NET_F_GUEST_ANNOUNCE) |
			     BIT(CRAFT_NET_F_CTRL_MAC_ADDR) | BIT(CRAFT_NET_F_NOTF_COAL) |
			     BIT(CRAFT_NET_F_VQ_NOTF_COAL);

/* The netdev takes no header: nobody joins packets for the driver. */
static void defaults(void **state)
{
	(void)state;
	start("", 1);
	assert_true(net.offered & BIT(CRAFT_NET_F_MAC));
	assert_int_equal(own(net.offered), basic);
	assert_memory_equal(config().mac, "\x52\x54\0\0\0\x01", 6);
	assert_int_equal(GUINT16_FROM_LE(config().status), CRAFT_NET_S_LINK_UP);
	assert_int_equal(GUINT16_FROM_LE(config().max_pairs), 1);
	assert_int_equal(config().rss_max_key_size, 0);
}

static void properties(void **state)
{
	struct craft_net_config is;

	(void)state;
	start(",queue-pairs=4,host_mtu=1400,speed=1000,duplex=full,rss=on,hash=on,csum=off,"
	      "guest_csum=off,notf_coal=off",
	      4);
	is = config();
	assert_int_equal(
		own(net.offered),
		(basic | BIT(CRAFT_NET_F_MTU) | BIT(CRAFT_NET_F_MQ) | BIT(CRAFT_NET_F_RSS) |
		 BIT(CRAFT_NET_F_HASH_REPORT) | BIT(CRAFT_NET_F_SPEED_DUPLEX)) &
			~(BIT(CRAFT_NET_F_CSUM) | BIT(CRAFT_NET_F_HOST_TSO4) |
			  BIT(CRAFT_NET_F_HOST_TSO6) | BIT(CRAFT_NET_F_HOST_ECN) |
			  BIT(CRAFT_NET_F_HOST_USO) | BIT(CRAFT_NET_F_GUEST_CSUM) |
			  BIT(CRAFT_NET_F_CTRL_GUEST_OFFLOADS) | BIT(CRAFT_NET_F_NOTF_COAL)));
	assert_int_equal(GUINT16_FROM_LE(is.max_pairs), 4);
	assert_int_equal(GUINT16_FROM_LE(is.mtu), 1400);
	assert_int_equal(GUINT32_FROM_LE(is.speed), 1000);
	assert_int_equal(is.duplex, CRAFT_NET_DUPLEX_FULL);
	assert_int_equal(is.rss_max_key_size, 40);
	assert_int_equal(GUINT16_FROM_LE(is.rss_max_table_length), 128);
}

static void no_control_queue(void **state)
{
	(void)state;
	start(",ctrl_vq=off,queue-pairs=2", 2);
	assert_int_equal(own(net.offered) & ~BIT(CRAFT_NET_F_STATUS) & ~BIT(CRAFT_NET_F_MRG_RXBUF),
			 BIT(CRAFT_NET_F_CSUM) | BIT(CRAFT_NET_F_GUEST_CSUM) |
				 BIT(CRAFT_NET_F_HOST_TSO4) | BIT(CRAFT_NET_F_HOST_TSO6) |
				 BIT(CRAFT_NET_F_HOST_ECN) | BIT(CRAFT_NET_F_HOST_USO));
}

struct refusal {
	const char *properties, *words;
};

static const struct refusal refusals[] = {
	{",queue-pairs=600", "queue-pairs is 600, it must be 1 to 511"},
	{",rx_queue_size=8", "rx_queue_size is 8, it must be a power of two, 16 to 1024"},
	{",tx_queue_size=100", "tx_queue_size is 100"},
	{",host_mtu=60", "host_mtu is 60, it must be 0 for none, or 68 to 65535"},
	{",speed=-2", "speed is -2"},
	{",duplex=both", "duplex is 'both', it must be half or full"},
	{",x-txburst=0", "x-txburst is 0"},
};

static void bad_properties(void **state)
{
	(void)state;
	for (size_t i = 0; i < G_N_ELEMENTS(refusals); i++) {
		g_autofree char *said = NULL;

		net_start(NET_OURS, refusals[i].properties, NULL);
		assert_int_equal(qtest_wait(&net.qtest, &said), 1);
		if (!strstr(said, refusals[i].words))
			fail_msg("'%s' lacks '%s'", said, refusals[i].words);
		net_tear_down(NULL);
	}
}

static void set_link(const char *up)
{
	JsonObject *arguments = json_object_new();
	g_autoptr(JsonNode) node = NULL;

	json_object_set_string_member(arguments, "name", "n");
	json_object_set_boolean_member(arguments, "up", *up == '1');
	node = qmp_call(net.qtest.qmp, "set_link", arguments, NULL);
	assert_non_null(node);
}

/* With the link down nothing goes either way, and nothing waits. */
static void link_changes(void **state)
{
	guint8 frame[PACKET_HDR + 60] = {0};
	guint32 len;

	(void)state;
	start("", 1);
	vq_interrupts(&net.qtest);
	set_link("0");
	assert_true(vq_interrupts(&net.qtest) & VIRTIO_MMIO_INT_CONFIG);
	assert_int_equal(GUINT16_FROM_LE(config().status), 0);
	net_send(0, frame, sizeof(frame), 1);
	assert_true(net_is_sent(0, &len));
	assert_int_equal(net_get_frame(net.wire, got, SHORTLY), -1);
	set_link("1");
	assert_true(vq_interrupts(&net.qtest) & VIRTIO_MMIO_INT_CONFIG);
	assert_int_equal(GUINT16_FROM_LE(config().status), CRAFT_NET_S_LINK_UP);
	net_send(0, frame, sizeof(frame), 1);
	assert_int_equal(net_get_frame(net.wire, got, SOON), 60);
}

static void announcement(void **state)
{
	static const guint8 ack[] = {CRAFT_NET_CTRL_ANNOUNCE, CRAFT_NET_CTRL_ANNOUNCE_ACK};
	JsonObject *arguments = json_object_new();
	g_autoptr(JsonNode) node = NULL;

	(void)state;
	start("", 1);
	vq_interrupts(&net.qtest);
	json_object_set_int_member(arguments, "initial", 1);
	json_object_set_int_member(arguments, "max", 1);
	json_object_set_int_member(arguments, "rounds", 1);
	json_object_set_int_member(arguments, "step", 1);
	node = qmp_call(net.qtest.qmp, "announce-self", arguments, NULL);
	assert_non_null(node);
	for (int i = 0; !(GUINT16_FROM_LE(config().status) & CRAFT_NET_S_ANNOUNCE); i++) {
		assert_int_not_equal(i, SOON);
		g_usleep(1000);
	}
	assert_true(vq_interrupts(&net.qtest) & VIRTIO_MMIO_INT_CONFIG);
	assert_int_equal(net_command(ack, sizeof(ack), NULL, 0), CRAFT_NET_ACK_OK);
	assert_int_equal(GUINT16_FROM_LE(config().status), CRAFT_NET_S_LINK_UP);
}

#define TEST(name) cmocka_unit_test_teardown(name, net_tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(defaults),	      TEST(properties),	  TEST(no_control_queue),
		TEST(bad_properties), TEST(link_changes), TEST(announcement),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, net_set_up, net_drop);
}
