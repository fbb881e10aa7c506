/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A driver that lies to the devices, in the ring and in the registers. A device
 * may answer, or ask for a reset; QEMU lives on, and after a reset a request
 * goes as if nothing had been.
 */
#include "qtest-rig.h"

#include <signal.h>
#include <stdlib.h>

#include <linux/virtio_config.h>
#include <linux/virtio_mmio.h>

#include "../../devices/echo/abi.h"
#include "../unit.h"

/* Lies: what is in the ring when the device is kicked */

static void loops(struct rig *rig)
{
	out(rig, 0, 4, 1);
	out(rig, 1, 4, 0);
	offer(rig, 0);
}

static void follows_itself(struct rig *rig)
{
	out(rig, 0, 4, 0);
	offer(rig, 0);
}

static void empty(struct rig *rig)
{
	out(rig, 0, 0, 1);
	in(rig, 1, 64);
	offer(rig, 0);
}

static void all_of_memory(struct rig *rig)
{
	out(rig, 0, UINT32_MAX, 1);
	in(rig, 1, UINT32_MAX);
	offer(rig, 0);
}

static void out_of_memory(struct rig *rig)
{
	describe(rig, DESC, 0, NOWHERE, rig->device->out_len, VRING_DESC_F_NEXT, 1);
	describe(rig, DESC, 1, NOWHERE, rig->device->in_len, VRING_DESC_F_WRITE, 0);
	offer(rig, 0);
}

static void wraps_around(struct rig *rig)
{
	describe(rig, DESC, 0, UINT64_MAX - 3, rig->device->out_len, VRING_DESC_F_NEXT, 1);
	describe(rig, DESC, 1, UINT64_MAX, rig->device->in_len, VRING_DESC_F_WRITE, 0);
	offer(rig, 0);
}

static void next_beyond(struct rig *rig)
{
	out(rig, 0, rig->device->out_len, NUM);
	offer(rig, 0);
}

static void head_beyond(struct rig *rig)
{
	offer(rig, NUM);
}

static void head_far_beyond(struct rig *rig)
{
	offer(rig, UINT16_MAX);
}

static void read_after_written(struct rig *rig)
{
	describe(rig, DESC, 0, IN, 64, VRING_DESC_F_WRITE | VRING_DESC_F_NEXT, 1);
	describe(rig, DESC, 1, OUT, 64, 0, 0);
	offer(rig, 0);
}

static void nothing_to_write(struct rig *rig)
{
	describe(rig, DESC, 0, OUT, rig->device->out_len, 0, 0);
	offer(rig, 0);
}

static void nothing_to_read(struct rig *rig)
{
	in(rig, 0, rig->device->in_len);
	offer(rig, 0);
}

static void short_of_room(struct rig *rig)
{
	request(rig);
	out(rig, 0, rig->device->out_len, 1);
	in(rig, 1, rig->device->in_len - 1);
	offer(rig, 0);
}

static void one_byte(struct rig *rig)
{
	out(rig, 0, 1, 1);
	in(rig, 1, 1);
	offer(rig, 0);
}

static void very_long(struct rig *rig)
{
	out(rig, 0, 0x10000, 1);
	in(rig, 1, 0x10000);
	offer(rig, 0);
}

static void far_ahead(struct rig *rig)
{
	loops(rig);
	set_index(rig, 1000);
}

/* Each entry of the ring is a healthy one, over and over. */
static void far_ahead_and_healthy(struct rig *rig)
{
	request(rig);
	out(rig, 0, rig->device->out_len, 1);
	in(rig, 1, rig->device->in_len);
	set_index(rig, UINT16_MAX);
}

static void indirect(struct rig *rig, uint64_t table, uint32_t len, uint16_t flags)
{
	describe(rig, DESC, 0, table, len, VRING_DESC_F_INDIRECT | flags, 1);
	offer(rig, 0);
}

static void odd_table(struct rig *rig)
{
	indirect(rig, TABLE, 17, 0);
}

static void empty_table(struct rig *rig)
{
	indirect(rig, TABLE, 0, 0);
}

static void table_nowhere(struct rig *rig)
{
	indirect(rig, NOWHERE, 32, 0);
}

static void huge_table(struct rig *rig)
{
	for (unsigned i = 0; i < 64; i++)
		describe(rig, TABLE, i, OUT, 4, VRING_DESC_F_NEXT, i + 1);
	indirect(rig, TABLE, UINT32_MAX & ~15u, 0);
}

static void looping_table(struct rig *rig)
{
	describe(rig, TABLE, 0, OUT, 4, VRING_DESC_F_NEXT, 1);
	describe(rig, TABLE, 1, OUT, 4, VRING_DESC_F_NEXT, 0);
	indirect(rig, TABLE, 32, 0);
}

static void table_in_table(struct rig *rig)
{
	describe(rig, TABLE, 0, TABLE, 32, VRING_DESC_F_INDIRECT, 0);
	indirect(rig, TABLE, 32, 0);
}

static void table_and_next(struct rig *rig)
{
	describe(rig, TABLE, 0, OUT, 4, 0, 0);
	in(rig, 1, 64);
	indirect(rig, TABLE, 16, VRING_DESC_F_NEXT);
}

/* What the device writes goes to its own registers: a kick in an answer. */
static void own_registers(struct rig *rig)
{
	request(rig);
	out(rig, 0, rig->device->out_len, 1);
	describe(rig, DESC, 1, rig->base + VIRTIO_MMIO_QUEUE_NOTIFY, rig->device->in_len,
		 VRING_DESC_F_WRITE, 0);
	offer(rig, 0);
}

static void own_registers_read(struct rig *rig)
{
	describe(rig, DESC, 0, rig->base, rig->device->out_len, VRING_DESC_F_NEXT, 1);
	in(rig, 1, rig->device->in_len);
	offer(rig, 0);
}

/* Lies in the registers */

static void rings_nowhere(struct rig *rig)
{
	negotiate(rig);
	set_queue(rig, 0, NOWHERE, NOWHERE, NOWHERE);
	go(rig);
	put(rig, VIRTIO_MMIO_QUEUE_NOTIFY, 0);
}

static void rings_in_one_place(struct rig *rig)
{
	negotiate(rig);
	set_queue(rig, 0, DESC, DESC, DESC);
	go(rig);
	ask(rig, "memset 0x%x 0x100 0x41", DESC);
	put(rig, VIRTIO_MMIO_QUEUE_NOTIFY, 0);
}

static void rings_in_registers(struct rig *rig)
{
	negotiate(rig);
	set_queue(rig, 0, rig->base, rig->base, rig->base);
	go(rig);
	put(rig, VIRTIO_MMIO_QUEUE_NOTIFY, 0);
}

static void odd_sizes(struct rig *rig)
{
	static const uint32_t sizes[] = {0, 3, 7, 1025, 65535, 65536, UINT32_MAX};

	for (size_t i = 0; i < G_N_ELEMENTS(sizes); i++) {
		negotiate(rig);
		set_queue(rig, 0, DESC, AVAIL, USED);
		put(rig, VIRTIO_MMIO_QUEUE_NUM, sizes[i]);
		go(rig);
		offer(rig, 0);
	}
}

static void no_such_queue(struct rig *rig)
{
	set_queue(rig, 1000, DESC, AVAIL, USED);
	put(rig, VIRTIO_MMIO_QUEUE_NOTIFY, 1000);
	put(rig, VIRTIO_MMIO_QUEUE_NOTIFY, UINT32_MAX);
}

static void not_ready(struct rig *rig)
{
	put(rig, VIRTIO_MMIO_STATUS, 0);
	offer(rig, 0);
	go(rig);
	put(rig, VIRTIO_MMIO_QUEUE_NOTIFY, 0);
}

static void without_version_1(struct rig *rig)
{
	put(rig, VIRTIO_MMIO_STATUS, 0);
	put(rig, VIRTIO_MMIO_STATUS, VIRTIO_CONFIG_S_ACKNOWLEDGE | VIRTIO_CONFIG_S_DRIVER);
	set_queue(rig, 0, DESC, AVAIL, USED);
	go(rig);
	offer(rig, 0);
}

static const struct {
	const char *name;
	void (*tell)(struct rig *rig);
	enum outcome expected;
} lies[] = {
	{"a chain that loops", loops, BROKEN},
	{"a descriptor that follows itself", follows_itself, BROKEN},
	{"an empty descriptor", empty, BROKEN},
	{"all of memory, and more", all_of_memory, BROKEN},
	{"where no memory is", out_of_memory, EITHER},
	{"addresses that wrap around", wraps_around, EITHER},
	{"a link out of the table", next_beyond, BROKEN},
	{"a head out of the table", head_beyond, BROKEN},
	{"a head far out of the table", head_far_beyond, BROKEN},
	{"readable behind writable", read_after_written, BROKEN},
	{"nothing to write to", nothing_to_write, BROKEN},
	{"nothing to read from", nothing_to_read, BROKEN},
	{"one byte short of room", short_of_room, EITHER},
	{"one byte each way", one_byte, EITHER},
	{"a message of 64 KiB", very_long, EITHER},
	{"an index far ahead, of loops", far_ahead, BROKEN},
	{"an index far ahead", far_ahead_and_healthy, EITHER},
	{"a table of odd length", odd_table, BROKEN},
	{"a table of nothing", empty_table, BROKEN},
	{"a table where no memory is", table_nowhere, BROKEN},
	{"a table of 4 GiB", huge_table, EITHER},
	{"a table that loops", looping_table, BROKEN},
	{"a table in a table", table_in_table, EITHER},
	{"a table and a link", table_and_next, EITHER},
	{"an answer into the device's registers", own_registers, ANY},
	{"a request out of the device's registers", own_registers_read, ANY},
	{"rings where no memory is", rings_nowhere, ANY},
	{"rings in one place", rings_in_one_place, ANY},
	{"rings in the device's registers", rings_in_registers, ANY},
	{"rings of odd sizes", odd_sizes, ANY},
	{"queues that are not there", no_such_queue, ANY},
	{"a kick before all else", not_ready, ANY},
	{"no VERSION_1", without_version_1, ANY},
};

static void each_lie_is_survived(void **state)
{
	const struct device *device = *state;
	struct rig rig;

	set_up(&rig, device, "");
	must_go_well(&rig, "nothing");
	for (size_t i = 0; i < G_N_ELEMENTS(lies); i++) {
		enum outcome outcome;

		initialize(&rig);
		lies[i].tell(&rig);
		outcome = await(&rig, lies[i].expected);
		if (!(outcome & lies[i].expected))
			fail_msg("%s, '%s': %s", device->name, lies[i].name,
				 rig.dead	      ? "QEMU has ended"
				 : outcome == NOTHING ? "nothing happened"
				 : outcome == BROKEN  ? "it asked for a reset"
						      : "it answered");
		must_go_well(&rig, lies[i].name);
	}
	tear_down(&rig);
}

static uint64_t any_of(GRand *random, const uint64_t *values, size_t count)
{
	return values[g_rand_int_range(random, 0, count)];
}

/* Descriptors of what is near a border, in any order: always the same ones */
static void chance_is_survived(void **state)
{
	static const uint64_t places[] = {OUT,	   IN,	     TABLE, DESC,	USED,
					  NOWHERE, 64 << 20, MMIO,  UINT64_MAX, (64 << 20) - 3};
	static const uint64_t sizes[] = {0, 1, 5, 8, 16, 21, 32, 4096, 4097, 65536, UINT32_MAX};
	const struct device *device = *state;
	g_autoptr(GRand) random = g_rand_new_with_seed(63);
	struct rig rig;

	set_up(&rig, device, "");
	for (int round = 0; round < 200 && !rig.dead; round++) {
		initialize(&rig);
		request(&rig);
		for (unsigned i = 0; i < NUM; i++)
			describe(&rig, i % 2 ? TABLE : DESC, i,
				 any_of(random, places, G_N_ELEMENTS(places)),
				 any_of(random, sizes, G_N_ELEMENTS(sizes)),
				 g_rand_int_range(random, 0, 8), g_rand_int_range(random, 0, NUM));
		for (unsigned i = 0; i < NUM; i++)
			offer(&rig, g_rand_int_range(random, 0, NUM + 1));
		await(&rig, ANY);
	}
	must_go_well(&rig, "chance");
	tear_down(&rig);
}

static const struct {
	const char *name;
	uint32_t op, len, room, status;
} refusals[] = {
	{"an unknown operation", 3, 5, 21, VIRTIO_ECHO_S_BAD_OP},
	{"all operations", UINT32_MAX, 5, 21, VIRTIO_ECHO_S_BAD_OP},
	{"more than the chain has", 0, 6, 64, VIRTIO_ECHO_S_BAD_LEN},
	{"more than there can be", 0, UINT32_MAX, 21, VIRTIO_ECHO_S_BAD_LEN},
	{"an answer without room", 0, 5, 20, VIRTIO_ECHO_S_NO_ROOM},
};

static uint32_t number(struct rig *rig, const char *command, uint32_t address)
{
	return strtoul(ask(rig, "%s 0x%x", command, address), NULL, 0);
}

static void bad_requests_are_refused(void **state)
{
	struct rig rig;

	(void)state;
	set_up(&rig, &devices[ECHO], "");
	for (size_t i = 0; i < G_N_ELEMENTS(refusals); i++) {
		initialize(&rig);
		request(&rig);
		ask(&rig, "writel 0x%x 0x%x", OUT, refusals[i].op);
		ask(&rig, "writel 0x%x 0x%x", OUT + 4, refusals[i].len);
		out(&rig, 0, 21, 1);
		in(&rig, 1, refusals[i].room);
		offer(&rig, 0);
		assert_int_equal(await(&rig, ANSWERED), ANSWERED);
		assert_int_equal(number(&rig, "readl", IN), refusals[i].status);
		assert_int_equal(number(&rig, "readl", USED + 8), sizeof(struct virtio_echo_resp));
	}
	must_go_well(&rig, "refusals");
	tear_down(&rig);
}

/*
 * Linux does not negotiate IN_ORDER, so no guest shows whether a device that
 * was migrated still knows in which order it took what it has in its hands.
 */
static void order_outlives_migration(void **state)
{
	static const unsigned heads[] = {4, 0, 2};
	struct rig rig;

	(void)state;
	set_up(&rig, &devices[ECHO], ",in_order=on,latency-us=1000000");
	rig.in_order = true;
	initialize(&rig);
	request(&rig);
	for (size_t i = 0; i < G_N_ELEMENTS(heads); i++) {
		out(&rig, heads[i], rig.device->out_len, heads[i] + 1);
		in(&rig, heads[i] + 1, rig.device->in_len);
		offer(&rig, heads[i]);
	}
	/* Its clock stands still: it takes them and holds them. */
	assert_int_equal(await(&rig, ANY), NOTHING);
	migrate(&rig);
	assert_int_equal(await(&rig, ANY), NOTHING);
	ask(&rig, "clock_step 2000000000");
	assert_int_equal(await(&rig, ANSWERED), ANSWERED);
	assert_int_equal(number(&rig, "readw", USED + 2), G_N_ELEMENTS(heads));
	for (size_t i = 0; i < G_N_ELEMENTS(heads); i++)
		assert_int_equal(number(&rig, "readl", USED + 4 + 8 * i), heads[i]);
	ask(&rig, "clock_step 2000000000");
	tear_down(&rig);
}

/* The detector: a device that ends QEMU is seen to. */
static void an_end_of_qemu_is_seen(void **state)
{
	struct rig rig;

	(void)state;
	set_up(&rig, &devices[FAULT], ",fault=abort");
	initialize(&rig);
	request(&rig);
	out(&rig, 0, rig.device->out_len, 1);
	in(&rig, 1, rig.device->in_len);
	offer(&rig, 0);
	await(&rig, ANSWERED);
	assert_true(rig.dead);
	tear_down(&rig);
}

#define ON(test, device, name) unit_named(#test " (" name ")", test, NULL, &devices[device])
#define EACH(test) ON(test, HELLO, "hello"), ON(test, ECHO, "echo"), ON(test, FAULT, "fault")

int main(void)
{
	const struct CMUnitTest tests[] = {
		EACH(each_lie_is_survived),
		EACH(chance_is_survived),
		cmocka_unit_test(bad_requests_are_refused),
		cmocka_unit_test(order_outlives_migration),
		cmocka_unit_test(an_end_of_qemu_is_seen),
	};

	signal(SIGPIPE, SIG_IGN);
	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests_name("host-qtest", tests, NULL, NULL);
}
