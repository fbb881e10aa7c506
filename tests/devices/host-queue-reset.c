// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * A single queue is reset (VIRTIO_F_RING_RESET), which only virtio-pci can, and
 * which no driver of Linux' does to ours: the device forgets what it has taken
 * from it, and goes on where the driver puts the rings next.
 */
#include "qtest-rig.h"

#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <linux/virtio_config.h>
#include <linux/virtio_pci.h>

#include "../../devices/echo/abi.h"
#include "../../devices/hello/abi.h"
#include "../unit.h"

/* microvm's, see QEMU's include/hw/i386/microvm.h */
#define ECAM 0xe0000000u
#define BAR 0xc0000000u
#define SLOTS 32
#define VENDOR 0x1af4u

/* Where QEMU has them in the BAR */
#define NOTIFY 0x3000u

#define FAR 0x8000 /* from the first rings to the second ones */
#define HELD 3

static const struct device pci[] = {
	[HELLO] = {"virtio-hello-pci", VIRTIO_ID_HELLO, "68656c6c6f", "48454c4c4f", 5, 5},
	[ECHO] = {"virtio-echo-pci", VIRTIO_ID_ECHO, "0100000005000000070000000000000068656c6c6f",
		  "0000000005000000070000000000000048454c4c4f", 21, 21},
};

/* Reads a sector of zeroes: from a disk that answers at once, or in half a minute. */
#define BLK_READ "00000000000000000300000000000000"
#define BLK_SLOW(properties)                                                   \
	"craft-blk-pci,drive=d" properties                                     \
	" -object iothread,id=t -object throttle-group,id=slow,x-bps-total=16" \
	" -blockdev driver=throttle,node-name=d,throttle-group=slow,"          \
	"file.driver=null-co,file.read-zeroes=on"

#define NO_LIMIT                                                                  \
	"{\"execute\": \"qom-set\", \"arguments\": {\"path\": \"/objects/slow\"," \
	" \"property\": \"limits\", \"value\": {\"bps-total\": 0}}}"

static char zeroes[2 * 513 + 1];
static const struct device blk = {
	"craft-blk-pci,drive=d -blockdev driver=null-co,node-name=d,read-zeroes=on",
	2,
	BLK_READ,
	zeroes,
	16,
	513};
static const struct device slow_blk = {BLK_SLOW(""), 2, BLK_READ, zeroes, 16, 513};
static const struct device slow_blk_thread = {
	BLK_SLOW(",iothread=t"), 2, BLK_READ, zeroes, 16, 513};

static uint32_t look(struct rig *rig, char width, uint32_t address)
{
	return strtoul(ask(rig, "read%c 0x%x", width, address), NULL, 0);
}

static void put16(struct rig *rig, uint32_t reg, uint32_t value)
{
	ask(rig, "writew 0x%x 0x%x", rig->base + reg, value);
}

static void set_status(struct rig *rig, uint32_t status)
{
	ask(rig, "writeb 0x%x 0x%x", rig->base + VIRTIO_PCI_COMMON_STATUS, status);
}

/* Does what firmware would: gives the BAR an address, and lets the device at memory. */
static void find_device(struct rig *rig)
{
	uint32_t id = (0x1040 + rig->device->id) << 16 | VENDOR;
	uint32_t at = ECAM;

	while (look(rig, 'l', at) != id) {
		at += 1 << 15;
		if (rig->dead || at == ECAM + (SLOTS << 15))
			fail_msg("%s: on no slot of the bus", rig->device->name);
	}
	ask(rig, "writel 0x%x 0x%x", at + 0x20, BAR);
	ask(rig, "writel 0x%x 0", at + 0x24);
	ask(rig, "writew 0x%x 6", at + 4);
	rig->base = BAR;
}

static void place_queue(struct rig *rig, uint32_t queue, uint32_t num, uint32_t off)
{
	put16(rig, VIRTIO_PCI_COMMON_Q_SELECT, queue);
	put16(rig, VIRTIO_PCI_COMMON_Q_SIZE, num);
	put(rig, VIRTIO_PCI_COMMON_Q_DESCLO, DESC + off);
	put(rig, VIRTIO_PCI_COMMON_Q_AVAILLO, AVAIL + off);
	put(rig, VIRTIO_PCI_COMMON_Q_USEDLO, USED + off);
	put16(rig, VIRTIO_PCI_COMMON_Q_ENABLE, 1);
}

static void reset_queue(struct rig *rig, uint32_t queue)
{
	put16(rig, VIRTIO_PCI_COMMON_Q_SELECT, queue);
	put16(rig, VIRTIO_PCI_COMMON_Q_RESET, 1);
	assert_int_equal(look(rig, 'w', rig->base + VIRTIO_PCI_COMMON_Q_RESET), 0);
	assert_int_equal(look(rig, 'w', rig->base + VIRTIO_PCI_COMMON_Q_ENABLE), 0);
}

static void start_driver(struct rig *rig)
{
	const uint32_t high = 1u << (VIRTIO_F_VERSION_1 - 32) | 1u << (VIRTIO_F_RING_RESET - 32);
	uint32_t status = VIRTIO_CONFIG_S_ACKNOWLEDGE | VIRTIO_CONFIG_S_DRIVER;

	find_device(rig);
	set_status(rig, 0);
	set_status(rig, status);
	put(rig, VIRTIO_PCI_COMMON_DFSELECT, 1);
	assert_int_equal(get(rig, VIRTIO_PCI_COMMON_DF) & high, high);
	put(rig, VIRTIO_PCI_COMMON_GFSELECT, 1);
	put(rig, VIRTIO_PCI_COMMON_GF, high);
	put(rig, VIRTIO_PCI_COMMON_GFSELECT, 0);
	put(rig, VIRTIO_PCI_COMMON_GF, 1u << VIRTIO_ECHO_F_TRANSFORM | 1u << VIRTIO_ECHO_F_EVENT);
	set_status(rig, status |= VIRTIO_CONFIG_S_FEATURES_OK);
	place_queue(rig, 0, NUM, 0);
	set_status(rig, status | VIRTIO_CONFIG_S_DRIVER_OK);
}

/* @count times the same request, in rings that are @off from the first ones */
static void ask_for(struct rig *rig, unsigned count, uint32_t off)
{
	request(rig);
	ask(rig, "memset 0x%x 0x%x 0", IN, rig->device->in_len);
	describe(rig, DESC + off, 0, OUT, rig->device->out_len, VRING_DESC_F_NEXT, 1);
	describe(rig, DESC + off, 1, IN, rig->device->in_len, VRING_DESC_F_WRITE, 0);
	ask(rig, "memset 0x%x 0x%x 0", AVAIL + off, 4 + 2 * NUM);
	ask(rig, "writew 0x%x 0x%x", AVAIL + off + 2, count);
	ask(rig, "writew 0x%x 0", BAR + NOTIFY);
}

/* Until the device has done @count; its clock is set forward for those that it holds. */
static void expect_used(struct rig *rig, unsigned count, uint32_t off)
{
	g_autofree char *answer = NULL;
	int looks = LOOKS_CERTAIN;

	while (look(rig, 'w', USED + off + 2) != count && looks-- && !rig->dead) {
		ask(rig, "clock_step 2000000000");
		usleep(2000);
	}
	assert_false(rig->dead);
	assert_int_equal(look(rig, 'w', USED + off + 2), count);
	answer = g_strdup(ask(rig, "read 0x%x 0x%x", IN, rig->device->in_len));
	assert_string_equal(answer + 2, rig->device->in);
	assert_int_equal(look(rig, 'b', rig->base + VIRTIO_PCI_COMMON_STATUS) &
				 VIRTIO_CONFIG_S_NEEDS_RESET,
			 0);
}

static void it_goes_on_elsewhere(void **state)
{
	struct rig rig;

	power_on(&rig, *state, "");
	start_driver(&rig);
	ask_for(&rig, 2, 0);
	expect_used(&rig, 2, 0);
	for (int round = 1; round <= 3; round++) {
		reset_queue(&rig, 0);
		ask(&rig, "memset 0x%x 0x8000 0", DESC + FAR * (round % 2));
		place_queue(&rig, 0, NUM / 2, FAR * (round % 2));
		ask_for(&rig, 3, FAR * (round % 2));
		expect_used(&rig, 3, FAR * (round % 2));
	}
	tear_down(&rig);
}

static bool holds(struct rig *rig, int count)
{
	g_autofree char *words = g_strdup_printf("\"return\": %d}", count);

	return qmp_says(rig,
			"{\"execute\": \"qom-get\", \"arguments\": {\"property\": \"in-flight\","
			" \"path\": \"/machine/peripheral/d/virtio-backend\"}}",
			words);
}

/* The clock stands still meanwhile, so that it has them until it is set forward. */
static void let_it_hold(struct rig *rig, int count)
{
	int looks = LOOKS_CERTAIN;

	power_on(rig, &pci[ECHO], ",id=d,latency-us=1000000");
	assert_true(qmp_says(rig, "{\"execute\": \"qmp_capabilities\"}", "return"));
	start_driver(rig);
	ask_for(rig, count, 0);
	while (!holds(rig, count)) {
		assert_true(looks--);
		usleep(2000);
	}
}

static void what_it_held_is_forgotten(void **state)
{
	struct rig rig;

	(void)state;
	let_it_hold(&rig, HELD);
	reset_queue(&rig, 0);
	assert_true(holds(&rig, 0));
	ask(&rig, "memset 0x%x 0x100 0xaa", USED);
	ask(&rig, "clock_step 5000000000");
	assert_int_equal(look(&rig, 'l', USED), 0xaaaaaaaa);
	assert_int_equal(look(&rig, 'l', IN), 0);

	ask(&rig, "memset 0x%x 0x8000 0", DESC + FAR);
	place_queue(&rig, 0, NUM, FAR);
	ask_for(&rig, 1, FAR);
	expect_used(&rig, 1, FAR);
	ask(&rig, "clock_step 5000000000");
	assert_int_equal(look(&rig, 'w', USED + FAR + 2), 1);
	assert_int_equal(look(&rig, 'l', USED), 0xaaaaaaaa);
	tear_down(&rig);
}

/* What a disk has begun is done before the reset is; after it the rings are the driver's. */
static void what_a_disk_held_is_done(void **state)
{
	struct rig rig;

	power_on(&rig, *state, "");
	start_driver(&rig);
	ask_for(&rig, HELD, 0);
	usleep(50000);
	assert_int_equal(look(&rig, 'w', USED + 2), 0);
	reset_queue(&rig, 0);
	ask(&rig, "memset 0x%x 0x100 0xaa", USED);
	ask(&rig, "memset 0x%x 0x100 0xaa", IN);
	assert_true(qmp_says(&rig, "{\"execute\": \"qmp_capabilities\"}", "return"));
	assert_true(qmp_says(&rig, NO_LIMIT, "return"));
	usleep(50000);
	assert_int_equal(look(&rig, 'l', USED), 0xaaaaaaaa);
	assert_int_equal(look(&rig, 'l', IN), 0xaaaaaaaa);

	ask(&rig, "memset 0x%x 0x8000 0", DESC + FAR);
	place_queue(&rig, 0, NUM, FAR);
	ask_for(&rig, 2, FAR);
	expect_used(&rig, 2, FAR);
	assert_int_equal(look(&rig, 'l', USED), 0xaaaaaaaa);
	tear_down(&rig);
}

/* The events' queue is another one: what is held of requests stays. */
static void the_other_queue_stays(void **state)
{
	struct rig rig;

	(void)state;
	let_it_hold(&rig, HELD);
	reset_queue(&rig, 1);
	assert_true(holds(&rig, HELD));
	expect_used(&rig, HELD, 0);
	tear_down(&rig);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		{"it goes on elsewhere (hello)", it_goes_on_elsewhere, NULL, NULL,
		 (void *)&pci[HELLO]},
		{"it goes on elsewhere (echo)", it_goes_on_elsewhere, NULL, NULL,
		 (void *)&pci[ECHO]},
		{"it goes on elsewhere (blk)", it_goes_on_elsewhere, NULL, NULL, (void *)&blk},
		cmocka_unit_test(what_it_held_is_forgotten),
		{"what a disk held is done", what_a_disk_held_is_done, NULL, NULL,
		 (void *)&slow_blk},
		{"what a disk held is done, iothread", what_a_disk_held_is_done, NULL, NULL,
		 (void *)&slow_blk_thread},
		cmocka_unit_test(the_other_queue_stays),
	};

	memset(zeroes, '0', sizeof(zeroes) - 1);
	signal(SIGPIPE, SIG_IGN);
	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests_name("host-queue-reset", tests, NULL, NULL);
}
