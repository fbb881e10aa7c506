// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Chains and rings by dice. Whatever a driver puts there, the device answers or
 * breaks, and works again after a reset; the disk changes only where a write,
 * a discard or zeroes may have changed it. A failure names its seed.
 */
#include "../unit.h"
#include "../../devices/blk/abi.h"
#include "blk-chain.h"
#include "blk-machine.h"

#include <stdlib.h>
#include <string.h>

#define SOUND "driver=raw,file=file"
#define CHAINS 150
#define SOAK_CHAINS 900
#define READ_ONLY SOUND ",read-only=on"

static const guint32 types[] = {CRAFT_BLK_T_IN,		  CRAFT_BLK_T_OUT,
				CRAFT_BLK_T_FLUSH,	  CRAFT_BLK_T_GET_ID,
				CRAFT_BLK_T_GET_LIFETIME, CRAFT_BLK_T_DISCARD,
				CRAFT_BLK_T_WRITE_ZEROES, CRAFT_BLK_T_SECURE_ERASE,
				CRAFT_BLK_T_OUT_FUA,	  0xffffffff};
static const guint16 sizes[] = {1, 7, 15, 16, 17, 32, 48, 100, 512, 513, 1024};

static struct chain chain;
static struct chain_cuts cuts;
static GRand *dice;

static unsigned rounds(void)
{
	return g_getenv("SOAK") ? SOAK_CHAINS : CHAINS;
}

/* What QEMU says of each chain fits a pipe that nobody reads, until the next start. */
static bool is_full(guint32 seed)
{
	return seed && seed % CHAINS == 0;
}

static void cut(guint16 *to)
{
	unsigned parts = g_rand_int_range(dice, 0, 8), total = 0;

	memset(to, 0, CHAIN_PARTS * sizeof(*to));
	for (unsigned i = 0; i < parts; i++) {
		unsigned size = sizes[g_rand_int_range(dice, 0, G_N_ELEMENTS(sizes))];

		if (total + size > CHAIN_BYTES)
			return;
		to[i] = size;
		total += size;
	}
}

static guint64 some_sector(void)
{
	switch (g_rand_int_range(dice, 0, 4)) {
	case 0:
		return (guint64)g_rand_int(dice) << 32 | g_rand_int(dice);
	case 1:
		return DISK_SECTORS - g_rand_int_range(dice, 0, 3);
	default:
		return g_rand_int_range(dice, 0, DISK_SECTORS);
	}
}

static void roll_request(void)
{
	chain_header(&chain, types[g_rand_int_range(dice, 0, G_N_ELEMENTS(types))], some_sector());
	for (unsigned i = 16; i < CHAIN_BYTES; i += sizeof(struct craft_blk_range)) {
		struct craft_blk_range range = {
			GUINT64_TO_LE(some_sector()),
			GUINT32_TO_LE(g_rand_int(dice) >> g_rand_int_range(dice, 0, 32)),
			GUINT32_TO_LE(g_rand_int_range(dice, 0, 8) ? 0 : g_rand_int(dice))};

		memcpy(chain.sent + i, &range, sizeof(range));
	}
	cut(cuts.out);
	cut(cuts.in);
	if (!cuts.out[0] && !cuts.in[0])
		cuts.in[0] = 1;
}

static void start(const char *drive, enum chain_ring ring, const char *properties)
{
	bool packed = ring == RING_PACKED || ring == RING_PACKED_INDIRECT;
	g_autofree char *all = g_strconcat(",in_order=on", packed ? ",packed=on" : "", properties,
					   NULL);

	machine_start(OURS, all, drive);
	chain = (struct chain){.qtest = &machine.qtest, .ring = ring, .cuts = &cuts};
	chain_start(&chain, 0);
}

static void must_go_well(guint32 seed)
{
	static const struct chain_cuts read = {{16}, {512, 1}};
	unsigned status;

	chain.cuts = &read;
	chain_start(&chain, 0);
	chain_header(&chain, CRAFT_BLK_T_IN, 3);
	chain_submit(&chain);
	status = chain_await(&chain);
	if (status != CRAFT_BLK_S_OK)
		fail_msg("seed %u: a healthy request ends with %u", seed, status);
	chain.cuts = &cuts;
}

static void chains(void **state)
{
	static const enum chain_ring rings[] = {RING_SPLIT, RING_INDIRECT, RING_IN_ORDER,
						RING_PACKED, RING_PACKED_INDIRECT};

	for (size_t ring = 0; ring < G_N_ELEMENTS(rings); ring++) {
		start(SOUND, rings[ring], *state);
		for (guint32 seed = 0; seed < rounds(); seed++) {
			unsigned status;

			if (is_full(seed)) {
				qtest_end(&machine.qtest);
				start(SOUND, rings[ring], *state);
			}
			g_rand_set_seed(dice, seed);
			roll_request();
			chain_start(&chain, 0);
			chain_submit(&chain);
			status = chain_await(&chain);
			if (status == CHAIN_SILENT ||
			    (status > CRAFT_BLK_S_UNSUPP && status != CHAIN_BROKEN))
				fail_msg("ring %d, seed %u: ends with %u", rings[ring], seed,
					 status);
		}
		must_go_well(G_MAXUINT32);
		qtest_end(&machine.qtest);
	}
}

/* Descriptors, the available ring and the table of indirect ones: any bytes, and a kick. */
static void rings(void **state)
{
	(void)state;
	for (unsigned packed = 0; packed < 2; packed++) {
		start(READ_ONLY, packed ? RING_PACKED : RING_SPLIT, "");
		for (guint32 seed = 0; seed < rounds(); seed++) {
			if (is_full(seed)) {
				qtest_end(&machine.qtest);
				start(READ_ONLY, packed ? RING_PACKED : RING_SPLIT, "");
			}
			g_rand_set_seed(dice, seed);
			chain_start(&chain, 0);
			chain_scramble(&chain, dice);
			must_go_well(seed);
		}
		qtest_end(&machine.qtest);
	}
}

/* What cannot be written is as it was. */
static void nothing_is_written(void **state)
{
	guint8 disk[DISK_SECTORS * SECTOR];

	(void)state;
	for (size_t i = 0; i < sizeof(disk); i++)
		disk[i] = i / SECTOR + 1;
	start(READ_ONLY, RING_SPLIT, "");
	for (guint32 seed = 0; seed < rounds(); seed++) {
		if (is_full(seed)) {
			machine_check_disk("a read-only disk", 0, disk, sizeof(disk));
			qtest_end(&machine.qtest);
			start(READ_ONLY, RING_SPLIT, "");
		}
		g_rand_set_seed(dice, seed);
		roll_request();
		chain_start(&chain, 0);
		chain_submit(&chain);
		chain_await(&chain);
	}
	machine_check_disk("a read-only disk", 0, disk, sizeof(disk));
	qtest_end(&machine.qtest);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		{"chains", chains, NULL, machine_tear_down, ""},
		{"chains, iothread", chains, NULL, machine_tear_down, ",iothread=thread"},
		cmocka_unit_test_teardown(rings, machine_tear_down),
		cmocka_unit_test_teardown(nothing_is_written, machine_tear_down),
	};

	dice = g_rand_new();
	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, machine_set_up, machine_drop);
}
