// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * What virtio-blk devices make of chains of every shape, legal and not: QEMU's
 * own and ours are asked the same, in all kinds of rings. Where the two differ
 * the table says what the stock one answers, and a comment why ours does not.
 */
#include "../unit.h"
#include "../../devices/blk/abi.h"
#include "blk-chain.h"
#include "blk-machine.h"

#include <string.h>

#define SECTORS DISK_SECTORS
#define DRIVE "driver=raw,file=file"
#define SERIAL "KC-0123456789-ABCDEF" /* as long as may be, with no end */
#define BARRIER 0x80000000u

enum { OK = CRAFT_BLK_S_OK, IOERR = CRAFT_BLK_S_IOERR, UNSUPP = CRAFT_BLK_S_UNSUPP };

struct request {
	const char *name;
	struct chain_cuts cuts;
	guint32 type;
	guint64 sector;
	struct craft_blk_range ranges[2];
	guint16 expected;
	guint16 stock; /* where it is another: that, plus 1 */
};

#define HEADER 16
#define FAR (G_MAXUINT64 / SECTOR)

static const struct request requests[] = {
	/* Any shape */
	{"read", {{16}, {512, 1}}, CRAFT_BLK_T_IN, .sector = 3},
	{"read with the status behind the data", {{16}, {513}}, CRAFT_BLK_T_IN, .sector = 3},
	{"read in pieces", {{16}, {1, 511, 300, 213}}, CRAFT_BLK_T_IN, .sector = 5},
	{"read a header in pieces", {{1, 3, 4, 7, 1}, {512, 1}}, CRAFT_BLK_T_IN, .sector = 3},
	{"write", {{16, 512}, {1}}, CRAFT_BLK_T_OUT, .sector = 7},
	{"write in one", {{528}, {1}}, CRAFT_BLK_T_OUT, .sector = 7},
	{"write a header in pieces", {{5, 5, 7, 511, 512}, {1}}, CRAFT_BLK_T_OUT, .sector = 8},
	{"write, and bytes before the status", {{16, 512}, {5, 5}}, CRAFT_BLK_T_OUT, .sector = 9},
	{"write two sectors", {{17, 1023}, {1}}, CRAFT_BLK_T_OUT, .sector = SECTORS - 2},
	{"read, with bytes behind the header", {{20}, {512, 1}}, CRAFT_BLK_T_IN, .sector = 3},
	{"read nothing", {{16}, {1}}, CRAFT_BLK_T_IN, .sector = 3},
	{"flush", {{16}, {1}}, CRAFT_BLK_T_FLUSH, .sector = 0},
	{"flush with data", {{16, 512}, {1}}, CRAFT_BLK_T_FLUSH, .sector = 0},
	{"get id", {{16}, {20, 1}}, CRAFT_BLK_T_GET_ID, .sector = 0},
	{"get id in pieces", {{16}, {7, 14}}, CRAFT_BLK_T_GET_ID, .sector = 0},
	{"get id with little room", {{16}, {5, 1}}, CRAFT_BLK_T_GET_ID, .sector = 0},
	/* Beyond, or not in sectors */
	{"read at the end", {{16}, {512, 1}}, CRAFT_BLK_T_IN, .sector = SECTORS, .expected = IOERR},
	{"read across the end",
	 {{16}, {1024, 1}},
	 CRAFT_BLK_T_IN,
	 .sector = SECTORS - 1,
	 .expected = IOERR},
	{"read far beyond", {{16}, {512, 1}}, CRAFT_BLK_T_IN, .sector = FAR, .expected = IOERR},
	{"read at -1", {{16}, {512, 1}}, CRAFT_BLK_T_IN, .sector = G_MAXUINT64, .expected = IOERR},
	{"read half a sector", {{16}, {256, 1}}, CRAFT_BLK_T_IN, .sector = 3, .expected = IOERR},
	{"read a byte too many", {{16}, {513, 1}}, CRAFT_BLK_T_IN, .sector = 3, .expected = IOERR},
	{"write beyond", {{16, 512}, {1}}, CRAFT_BLK_T_OUT, .sector = SECTORS, .expected = IOERR},
	{"write half a sector", {{16, 256}, {1}}, CRAFT_BLK_T_OUT, .sector = 3, .expected = IOERR},
	/* Not known */
	/* The stock device looks at the room first, though it has no zones. */
	{"report zones", {{16}, {64, 1}}, 16, .expected = UNSUPP, .stock = CHAIN_BROKEN + 1},
	{"open a zone", {{16}, {1}}, 18, .expected = UNSUPP},
	{"close a zone", {{16}, {1}}, 20, .expected = UNSUPP},
	{"finish a zone", {{16}, {1}}, 22, .expected = UNSUPP},
	{"reset a zone", {{16}, {1}}, 24, .expected = UNSUPP},
	{"reset all zones", {{16}, {1}}, 26, .expected = UNSUPP},
	{"append to a zone", {{16, 512}, {9}}, 15, .expected = UNSUPP},
	{"type 6", {{16}, {512, 1}}, 6, .expected = UNSUPP},
	{"type 0x7777", {{16}, {1}}, 0x7777, .expected = UNSUPP},
	{"lifetime", {{16}, {6, 1}}, CRAFT_BLK_T_GET_LIFETIME, .expected = UNSUPP},
	{"secure erase",
	 {{32}, {1}},
	 CRAFT_BLK_T_SECURE_ERASE,
	 .ranges = {{0, 1, 0}},
	 .expected = UNSUPP},
	/* Legacy: bit 31 asked for a barrier once, which the stock device still overlooks. */
	{"barrier", {{16}, {512, 1}}, BARRIER, .sector = 3, .expected = UNSUPP, .stock = OK + 1},
	{"a flush that is odd", {{16}, {1}}, 5, .expected = UNSUPP, .stock = OK + 1},
	/* Ranges */
	{"discard", {{32}, {1}}, CRAFT_BLK_T_DISCARD, .ranges = {{20, 4, 0}}},
	{"discard in pieces", {{15, 2, 15}, {1}}, CRAFT_BLK_T_DISCARD, .ranges = {{20, 4, 0}}},
	{"discard nothing", {{32}, {1}}, CRAFT_BLK_T_DISCARD, .ranges = {{20, 0, 0}}},
	{"discard beyond",
	 {{32}, {1}},
	 CRAFT_BLK_T_DISCARD,
	 .ranges = {{SECTORS - 1, 2, 0}},
	 .expected = IOERR},
	{"discard at -1",
	 {{32}, {1}},
	 CRAFT_BLK_T_DISCARD,
	 .ranges = {{G_MAXUINT64, 1, 0}},
	 .expected = IOERR},
	{"discard and unmap",
	 {{32}, {1}},
	 CRAFT_BLK_T_DISCARD,
	 .ranges = {{20, 4, 1}},
	 .expected = UNSUPP},
	{"discard with a flag",
	 {{32}, {1}},
	 CRAFT_BLK_T_DISCARD,
	 .ranges = {{20, 4, 1u << 31}},
	 .expected = UNSUPP},
	{"zeroes with a flag",
	 {{32}, {1}},
	 CRAFT_BLK_T_WRITE_ZEROES,
	 .ranges = {{20, 4, 2}},
	 .expected = UNSUPP},
	{"zeroes", {{32}, {1}}, CRAFT_BLK_T_WRITE_ZEROES, .ranges = {{24, 4, 0}}},
	{"zeroes and unmap", {{32}, {1}}, CRAFT_BLK_T_WRITE_ZEROES, .ranges = {{28, 4, 1}}},
	/* The stock device takes one range only, and breaks at what is not whole. */
	{"zero two ranges",
	 {{48}, {1}},
	 CRAFT_BLK_T_WRITE_ZEROES,
	 .ranges = {{32, 2, 0}, {36, 1, 1}},
	 .stock = UNSUPP + 1},
	{"zero two, the second with a flag",
	 {{48}, {1}},
	 CRAFT_BLK_T_WRITE_ZEROES,
	 .ranges = {{40, 2, 0}, {44, 1, 4}},
	 .expected = UNSUPP},
	{"half a range",
	 {{24}, {1}},
	 CRAFT_BLK_T_DISCARD,
	 .ranges = {{20, 4, 0}},
	 .expected = IOERR,
	 .stock = CHAIN_BROKEN + 1},
	{"no range",
	 {{16}, {1}},
	 CRAFT_BLK_T_DISCARD,
	 .expected = IOERR,
	 .stock = CHAIN_BROKEN + 1},
	/* What cannot be answered */
	{"no header", {{}, {513}}, .expected = CHAIN_BROKEN},
	{"half a header", {{15}, {513}}, .expected = CHAIN_BROKEN},
	{"no status", {{16}, {}}, .expected = CHAIN_BROKEN},
	{"a write with no status", {{16, 512}, {}}, CRAFT_BLK_T_OUT, .expected = CHAIN_BROKEN},
	/* Ours */
	{"forced write", {{528}, {1}}, CRAFT_BLK_T_OUT_FUA, .sector = 50, .stock = UNSUPP + 1},
	{"forced write beyond",
	 {{528}, {1}},
	 CRAFT_BLK_T_OUT_FUA,
	 SECTORS,
	 .expected = IOERR,
	 .stock = UNSUPP + 1},
};

static void start(const char *device, bool packed, const char *drive)
{
	g_autofree char *properties = g_strdup_printf(",serial=" SERIAL ",in_order=on,packed=%s",
						      packed ? "on" : "off");

	machine_start(device, properties, drive);
}

static bool is_ours(const char *device)
{
	return g_str_has_prefix(device, "craft-");
}

static unsigned total(const guint16 *cuts)
{
	unsigned n = 0;

	for (unsigned i = 0; i < CHAIN_PARTS; i++)
		n += cuts[i];
	return n;
}

static void fill(struct chain *chain, const struct request *request)
{
	chain_header(chain, request->type, request->sector);
	if (request->type == CRAFT_BLK_T_OUT || request->type == CRAFT_BLK_T_OUT_FUA)
		for (unsigned i = 0; i < 2 * SECTOR; i++)
			chain->sent[HEADER + i] = i * 7 + request->sector;
	else
		for (unsigned i = 0; i < G_N_ELEMENTS(request->ranges); i++) {
			struct craft_blk_range range = {
				GUINT64_TO_LE(request->ranges[i].sector),
				GUINT32_TO_LE(request->ranges[i].num_sectors),
				GUINT32_TO_LE(request->ranges[i].flags)};

			memcpy(chain->sent + HEADER + i * sizeof(range), &range, sizeof(range));
		}
}

/* What was read, or what the disk has now. */
static void check_data(const struct chain *chain, const struct request *request)
{
	unsigned len = total(request->cuts.in) - 1;
	guint8 expected[CHAIN_BYTES] = {};

	if (request->type == CRAFT_BLK_T_IN) {
		for (unsigned i = 0; i < len; i++)
			expected[i] = request->sector + i / SECTOR + 1;
		assert_memory_equal(chain->got, expected, len);
	} else if (request->type == CRAFT_BLK_T_GET_ID) {
		assert_memory_equal(chain->got, SERIAL, len);
	} else if (request->type == CRAFT_BLK_T_WRITE_ZEROES) {
		for (unsigned i = 0; i < G_N_ELEMENTS(request->ranges); i++)
			machine_check_disk(request->name, request->ranges[i].sector, expected,
					   request->ranges[i].num_sectors * SECTOR);
	} else if (request->type == CRAFT_BLK_T_OUT || request->type == CRAFT_BLK_T_OUT_FUA) {
		machine_check_disk(request->name, request->sector, chain->sent + HEADER,
				   total(request->cuts.out) - HEADER);
	}
}

static void ask_all(const char *device, enum chain_ring ring)
{
	struct chain chain = {.qtest = &machine.qtest, .ring = ring};
	bool ours = is_ours(device);

	for (size_t i = 0; i < G_N_ELEMENTS(requests); i++) {
		const struct request *request = &requests[i];
		unsigned expected = !ours && request->stock ? request->stock - 1u
							    : request->expected;
		unsigned status;

		chain.cuts = &request->cuts;
		chain_start(&chain, 0);
		fill(&chain, request);
		chain_submit(&chain);
		status = chain_await(&chain);
		if (status != expected)
			fail_msg("%s, ring %d: '%s' ended with %u, not %u", device, ring,
				 request->name, status, expected);
		if (status < CHAIN_BROKEN && chain.used_len != total(request->cuts.in))
			fail_msg("%s, ring %d: '%s' used %u bytes", device, ring, request->name,
				 chain.used_len);
		if (status == OK && !(request->type & BARRIER) && request->type != 5)
			check_data(&chain, request);
	}
}

static void answers(void **state)
{
	const char *device = *state;

	start(device, false, DRIVE);
	ask_all(device, RING_SPLIT);
	ask_all(device, RING_INDIRECT);
	ask_all(device, RING_IN_ORDER);
	qtest_end(&machine.qtest);
	start(device, true, DRIVE);
	ask_all(device, RING_PACKED);
	ask_all(device, RING_PACKED_INDIRECT);
	qtest_end(&machine.qtest);
}

/* Nothing is written, whatever the driver asks for. */
static void read_only(void **state)
{
	static const guint32 types[] = {CRAFT_BLK_T_OUT, CRAFT_BLK_T_OUT_FUA, CRAFT_BLK_T_DISCARD,
					CRAFT_BLK_T_WRITE_ZEROES};
	struct request request = {.name = "read-only", .ranges = {{3, 1, 0}}, .sector = 3};
	struct chain chain = {.qtest = &machine.qtest, .ring = RING_SPLIT, .cuts = &request.cuts};
	guint8 sector[SECTOR];

	(void)state;
	memset(sector, 4, sizeof(sector));
	start(OURS, false, DRIVE ",read-only=on");
	for (size_t i = 0; i < G_N_ELEMENTS(types); i++) {
		request.type = types[i];
		request.cuts = (struct chain_cuts){{i < 2 ? HEADER + SECTOR : 2 * HEADER}, {1}};
		assert_true(chain_start(&chain, 0) & 1u << CRAFT_BLK_F_RO);
		fill(&chain, &request);
		chain_submit(&chain);
		assert_int_equal(chain_await(&chain), IOERR);
		machine_check_disk("read-only", 3, sector, sizeof(sector));
	}
	qtest_end(&machine.qtest);
}

/* What was not negotiated is not there. */
static void not_negotiated(void **state)
{
	static const struct {
		guint32 type, bit;
	} all[] = {{CRAFT_BLK_T_DISCARD, CRAFT_BLK_F_DISCARD},
		   {CRAFT_BLK_T_WRITE_ZEROES, CRAFT_BLK_F_WRITE_ZEROES},
		   {CRAFT_BLK_T_OUT_FUA, CRAFT_BLK_F_FUA}};
	struct request request = {.name = "not negotiated", .ranges = {{3, 1, 0}}, .sector = 3};
	struct chain chain = {.qtest = &machine.qtest, .ring = RING_SPLIT, .cuts = &request.cuts};

	(void)state;
	start(OURS, false, DRIVE);
	for (size_t i = 0; i < G_N_ELEMENTS(all); i++) {
		request.type = all[i].type;
		request.cuts = (struct chain_cuts){{i == 2 ? HEADER + SECTOR : 2 * HEADER}, {1}};
		assert_true(chain_start(&chain, 1u << all[i].bit) & 1u << all[i].bit);
		fill(&chain, &request);
		chain_submit(&chain);
		assert_int_equal(chain_await(&chain), UNSUPP);
	}
	qtest_end(&machine.qtest);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		{"ours answers as it should", answers, NULL, machine_tear_down, OURS},
		{"the stock one answers as it does", answers, NULL, machine_tear_down, STOCK},
		cmocka_unit_test_teardown(read_only, machine_tear_down),
		cmocka_unit_test_teardown(not_negotiated, machine_tear_down),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, machine_set_up, machine_drop);
}
