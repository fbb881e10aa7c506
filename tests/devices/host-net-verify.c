// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * What a driver must not do, and the device can live with: with -d guest_errors it is told,
 * each breach as what it is, and of a driver that breaks nothing nothing is told.
 */
#include "../unit.h"
#include "../../devices/net/abi.h"
#include "net-machine.h"
#include "net-packet.h"

#include <string.h>
#include <unistd.h>

#define BIT(n) (1ull << (n))
#define CUTS                                                                                   \
	(BIT(CRAFT_NET_F_HOST_TSO4) | BIT(CRAFT_NET_F_HOST_TSO6) | BIT(CRAFT_NET_F_HOST_USO) | \
	 BIT(CRAFT_NET_F_HOST_ECN))

struct breach {
	const char *words; /* NULL: it is none */
	struct craft_net_hdr hdr;
	guint64 without; /* features */
	size_t len; /* of the frame */
};

#define NEEDS CRAFT_NET_HDR_NEEDS_CSUM
#define SUM .csum_start = 34, .csum_offset = 16

static const struct breach breaches[] = {
	{NULL, {0}, 0, 1414},
	{NULL, {0}, 0, 1418},
	{NULL, {0}, BIT(CRAFT_NET_F_MTU), 1600},
	{NULL, {.flags = NEEDS, SUM}, 0, 60},
	{NULL, {.flags = NEEDS, .gso_type = 1, .gso_size = 1000, SUM}, 0, 3000},
	{NULL, {.flags = NEEDS, .gso_type = 4, .gso_size = 1000, SUM}, 0, 3000},
	{NULL, {.flags = NEEDS, .gso_type = 5, .gso_size = 1000, SUM}, 0, 3000},
	{NULL, {.flags = NEEDS, .gso_type = 0x81, .gso_size = 1000, SUM}, 0, 3000},
	{"larger than the MTU", {0}, 0, 1419},
	{"larger than the MTU", {.flags = NEEDS, SUM}, 0, 1500},
	{"num_buffers is not 0", {.num_buffers = 1}, 0, 60},
	{"a flag is not the driver's", {.flags = CRAFT_NET_HDR_DATA_VALID}, 0, 60},
	{"a flag is not the driver's", {.flags = NEEDS | 4, SUM}, 0, 60},
	{"NEEDS_CSUM without CSUM", {.flags = NEEDS, SUM}, CUTS | BIT(CRAFT_NET_F_CSUM), 60},
	{"was not negotiated", {.flags = NEEDS, .gso_type = 1, SUM}, CUTS, 60},
	{"was not negotiated", {.flags = NEEDS, .gso_type = 4, SUM}, CUTS, 60},
	{"was not negotiated", {.flags = NEEDS, .gso_type = 5, SUM}, CUTS, 60},
	{"was not negotiated", {.flags = NEEDS, .gso_type = 3, SUM}, 0, 60},
	{"was not negotiated", {.flags = NEEDS, .gso_type = 0x80, SUM}, 0, 60},
	{"was not negotiated", {.flags = NEEDS, .gso_type = 0x85, SUM}, 0, 60},
	{"was not negotiated",
	 {.flags = NEEDS, .gso_type = 0x81, SUM},
	 BIT(CRAFT_NET_F_HOST_ECN),
	 60},
	{"gso_type without NEEDS_CSUM", {.gso_type = 1, .gso_size = 1000}, 0, 3000},
	{"gso_type without gso_size", {.flags = NEEDS, .gso_type = 1, SUM}, 0, 3000},
};

static char *folder, *said;

static void monitor(const char *line)
{
	GError *error = NULL;
	char *text = qmp_monitor(net.qtest.qmp, line, &error);

	if (!text || *text)
		fail_msg("%s: %s", line, text ? text : error->message);
	g_free(text);
}

/* QEMU's log goes to @said from here on. */
static void begin(guint64 without)
{
	g_autofree char *line = g_strdup_printf("logfile %s", said);

	net_start(NET_OURS, ",host_mtu=1400", NULL);
	unlink(said);
	monitor(line);
	monitor("log guest_errors");
	net_driver(VQ_SPLIT, without, 1);
}

/* Once the log is closed, all is in the file. */
static char *what_was_said(void)
{
	char *text = NULL;

	monitor("log none");
	if (!g_file_get_contents(said, &text, NULL, NULL))
		return g_strdup("");
	return text;
}

static void send_with(const struct breach *breach)
{
	static guint8 bytes[PACKET_MAX];
	struct craft_net_hdr hdr = breach->hdr;
	guint32 len;

	hdr.gso_size = GUINT16_TO_LE(hdr.gso_size);
	hdr.num_buffers = GUINT16_TO_LE(hdr.num_buffers);
	hdr.csum_start = GUINT16_TO_LE(hdr.csum_start);
	hdr.csum_offset = GUINT16_TO_LE(hdr.csum_offset);
	memcpy(bytes, &hdr, sizeof(hdr));
	net_send(0, bytes, sizeof(hdr) + breach->len, 1);
	assert_true(net_is_sent(0, &len));
}

static void told(void **state)
{
	g_autofree char *text = NULL;

	(void)state;
	for (size_t i = 0; i < G_N_ELEMENTS(breaches); i++) {
		const char *words = breaches[i].words;

		begin(breaches[i].without);
		send_with(&breaches[i]);
		text = what_was_said();
		if (words ? !strstr(text, words) : *text)
			fail_msg("%zu: \"%s\" is said, not \"%s\"", i, text, words ? words : "");
		g_clear_pointer(&text, g_free);
		net_tear_down(NULL);
	}
}

static void commands(void **state)
{
	static const guint8 good[] = {0, 0, 1}, bad[] = {0, 0}, unknown[] = {77, 1};
	g_autofree char *text = NULL;

	(void)state;
	begin(0);
	assert_int_equal(net_command(good, sizeof(good), NULL, 0), CRAFT_NET_ACK_OK);
	assert_int_equal(net_command(bad, sizeof(bad), NULL, 0), CRAFT_NET_ACK_ERR);
	assert_int_equal(net_command(unknown, sizeof(unknown), NULL, 0), CRAFT_NET_ACK_ERR);
	text = what_was_said();
	assert_string_equal(text, "craft-net: command 0 of class 0 with 0 bytes is refused\n"
				  "craft-net: command 1 of class 77 with 0 bytes is refused\n");
}

static void no_receive_modes(void **state)
{
	static const guint8 mac[] = {1, 1, 2, 4, 6, 8, 10, 12};
	g_autofree char *text = NULL;

	(void)state;
	begin(BIT(CRAFT_NET_F_CTRL_RX));
	assert_int_equal(net_command(mac, sizeof(mac), NULL, 0), CRAFT_NET_ACK_OK);
	text = what_was_said();
	assert_string_equal(text, "craft-net: command 1 of class 1 without CTRL_RX\n");
}

static int set_up(void **state)
{
	folder = g_dir_make_tmp("kc-verify-XXXXXX", NULL);
	said = g_build_filename(folder, "said", NULL);
	return net_set_up(state);
}

static int drop(void **state)
{
	void *path = folder;

	g_free(said);
	unit_folder_drop(&path);
	return net_drop(state);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_teardown(told, net_tear_down),
		cmocka_unit_test_teardown(commands, net_tear_down),
		cmocka_unit_test_teardown(no_receive_modes, net_tear_down),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, set_up, drop);
}
