// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * What the block device says of itself: features, configuration, the cache
 * that is the driver's to choose, a disk that grows, the lifetime of storage
 * that has one; and which properties it refuses.
 */
#include "../unit.h"
#include "../../devices/blk/abi.h"
#include "blk-chain.h"
#include "blk-machine.h"

#include <string.h>

#define SOUND "driver=raw,file=file"
#define BIT(n) (1ull << (n))
#define LOOKS 2000

static struct chain chain;

static guint64 start(const char *properties, const char *drive, guint64 without)
{
	machine_start(OURS, properties, drive);
	chain = (struct chain){.qtest = &machine.qtest, .ring = RING_SPLIT};
	return chain_start(&chain, without);
}

static struct craft_blk_config config(void)
{
	struct craft_blk_config config;

	chain_config(&chain, 0, &config, sizeof(config));
	return config;
}

static void defaults(void **state)
{
	struct craft_blk_config is;
	guint64 offered;

	(void)state;
	offered = start("", SOUND, 0);
	assert_int_equal(offered & 0xffffff,
			 BIT(CRAFT_BLK_F_SEG_MAX) | BIT(CRAFT_BLK_F_GEOMETRY) |
				 BIT(CRAFT_BLK_F_BLOCK_SIZE) | BIT(CRAFT_BLK_F_FLUSH) |
				 BIT(CRAFT_BLK_F_TOPOLOGY) | BIT(CRAFT_BLK_F_CONFIG_WCE) |
				 BIT(CRAFT_BLK_F_DISCARD) | BIT(CRAFT_BLK_F_WRITE_ZEROES) |
				 BIT(CRAFT_BLK_F_FUA));
	is = config();
	assert_int_equal(GUINT64_FROM_LE(is.capacity), DISK_SECTORS);
	assert_int_equal(GUINT32_FROM_LE(is.seg_max), 254);
	assert_int_equal(GUINT32_FROM_LE(is.block_size), SECTOR);
	assert_int_equal(is.writeback, 1);
	assert_int_equal(GUINT16_FROM_LE(is.num_queues), 1);
	assert_int_equal(GUINT32_FROM_LE(is.discard.max_sectors), G_MAXINT32 / SECTOR);
	assert_int_equal(GUINT32_FROM_LE(is.discard.max_ranges), 16);
	assert_int_equal(GUINT32_FROM_LE(is.discard_alignment), 1);
	assert_int_equal(is.write_zeroes_may_unmap, 1);
	assert_int_equal(is.unused0, 0);
	assert_int_equal(is.unused1[0] | is.unused1[1] | is.unused1[2], 0);
}

static void properties(void **state)
{
	struct craft_blk_config is;
	guint64 offered;

	(void)state;
	offered = start(",size-max=4096,num-queues=3,queue-size=64,logical_block_size=4096,"
			"physical_block_size=8192,min_io_size=8192,opt_io_size=65536,discard=off,"
			"max-write-zeroes-sectors=800,config-wce=off,fua=off",
			SOUND, 0);
	assert_int_equal(offered & 0xffffff,
			 BIT(CRAFT_BLK_F_SIZE_MAX) | BIT(CRAFT_BLK_F_SEG_MAX) |
				 BIT(CRAFT_BLK_F_GEOMETRY) | BIT(CRAFT_BLK_F_BLOCK_SIZE) |
				 BIT(CRAFT_BLK_F_FLUSH) | BIT(CRAFT_BLK_F_TOPOLOGY) |
				 BIT(CRAFT_BLK_F_MQ) | BIT(CRAFT_BLK_F_WRITE_ZEROES));
	is = config();
	assert_int_equal(GUINT32_FROM_LE(is.size_max), 4096);
	assert_int_equal(GUINT32_FROM_LE(is.seg_max), 62);
	assert_int_equal(GUINT32_FROM_LE(is.block_size), 4096);
	assert_int_equal(is.topology.physical_block_exp, 1);
	assert_int_equal(GUINT16_FROM_LE(is.topology.min_io_size), 2);
	assert_int_equal(GUINT32_FROM_LE(is.topology.opt_io_size), 16);
	assert_int_equal(GUINT16_FROM_LE(is.num_queues), 3);
	assert_int_equal(is.discard.max_sectors, 0);
	assert_int_equal(GUINT32_FROM_LE(is.write_zeroes.max_sectors), 800);
}

static void set_writeback(guint8 writeback, guint8 expected)
{
	chain_set_config(&chain, offsetof(struct craft_blk_config, writeback), &writeback, 1);
	assert_int_equal(config().writeback, expected);
}

/* Without FLUSH it cannot be written back; without CONFIG_WCE it is as the drive has it. */
static void cache_modes(void **state)
{
	(void)state;
	start("", SOUND, BIT(CRAFT_BLK_F_FLUSH));
	assert_int_equal(config().writeback, 0);
	set_writeback(1, 0);
	chain_start(&chain, BIT(CRAFT_BLK_F_CONFIG_WCE));
	assert_int_equal(config().writeback, 1);
	set_writeback(0, 1);
	chain_start(&chain, 0);
	set_writeback(0, 0);
	set_writeback(1, 1);
	set_writeback(0, 0);
	chain_start(&chain, 0);
	assert_int_equal(config().writeback, 1);
	machine_tear_down(NULL);
	start(",write-cache=off", SOUND, 0);
	assert_int_equal(config().writeback, 0);
}

/* Nothing else of the configuration can be written. */
static void read_only_fields(void **state)
{
	struct craft_blk_config before, after, junk;

	(void)state;
	start("", SOUND, 0);
	before = config();
	memset(&junk, 0xff, sizeof(junk));
	chain_set_config(&chain, 0, &junk, sizeof(junk));
	after = config();
	assert_memory_equal(&before, &after, sizeof(before));
}

/*
 * A disk that cannot flush, below a node that cannot force a write either, so
 * that the block layer flushes after it: what must be stable fails, nothing else.
 */
#define NO_FLUSH                                                                                      \
	"driver=blkverify,raw.driver=null-co,raw.size=65536,raw.read-zeroes=on,test.driver=blkdebug," \
	"test.image.driver=null-co,test.image.size=65536,test.image.read-zeroes=on,"                  \
	"test.inject-error.0.event=none,test.inject-error.0.iotype=flush,"                            \
	"test.inject-error.0.errno=5"

struct stable {
	guint64 without;
	guint8 writeback;
	guint32 type;
	unsigned expected;
};

static const struct stable stables[] = {
	{0, 1, CRAFT_BLK_T_OUT, CRAFT_BLK_S_OK},
	{0, 1, CRAFT_BLK_T_OUT_FUA, CRAFT_BLK_S_IOERR},
	{0, 1, CRAFT_BLK_T_FLUSH, CRAFT_BLK_S_IOERR},
	{0, 0, CRAFT_BLK_T_OUT, CRAFT_BLK_S_IOERR},
	{0, 0, CRAFT_BLK_T_OUT_FUA, CRAFT_BLK_S_IOERR},
	{BIT(CRAFT_BLK_F_CONFIG_WCE), 1, CRAFT_BLK_T_OUT, CRAFT_BLK_S_OK},
	{BIT(CRAFT_BLK_F_FLUSH), 1, CRAFT_BLK_T_OUT, CRAFT_BLK_S_IOERR},
	{BIT(CRAFT_BLK_F_FLUSH) | BIT(CRAFT_BLK_F_CONFIG_WCE), 1, CRAFT_BLK_T_OUT,
	 CRAFT_BLK_S_IOERR},
};

static void stable_writes(void **state)
{
	static const struct chain_cuts cuts = {{16, 512}, {1}};

	(void)state;
	start("", NO_FLUSH, 0);
	chain.cuts = &cuts;
	for (size_t i = 0; i < G_N_ELEMENTS(stables); i++) {
		const struct stable *stable = &stables[i];

		chain_start(&chain, stable->without);
		chain_set_config(&chain, offsetof(struct craft_blk_config, writeback),
				 &stable->writeback, 1);
		chain_header(&chain, stable->type, 0);
		chain_submit(&chain);
		if (chain_await(&chain) != stable->expected)
			fail_msg("case %zu is not %u", i, stable->expected);
	}
}

static void cache_is_saved(void **state)
{
	g_autofree char *uri = g_strconcat("file:", machine.disk, ".saved", NULL);

	(void)state;
	start("", SOUND, 0);
	set_writeback(0, 0);
	qtest_command(&machine.qtest, "migrate", "uri", uri);
	machine_await("postmigrate");
	qtest_end(&machine.qtest);
	machine_resume(OURS, "", SOUND, uri);
	machine_await("running");
	assert_int_equal(config().writeback, 0);
}

static void resize(gint64 bytes)
{
	JsonObject *arguments = json_object_new();
	g_autoptr(JsonNode) node = NULL;
	GError *error = NULL;

	json_object_set_string_member(arguments, "node-name", "d");
	json_object_set_int_member(arguments, "size", bytes);
	node = qmp_call(machine.qtest.qmp, "block_resize", arguments, &error);
	if (!node)
		fail_msg("block_resize: %s", error->message);
}

static void it_grows_and_shrinks(void **state)
{
	static const guint64 sectors[] = {2 * DISK_SECTORS, DISK_SECTORS / 2};
	static const struct chain_cuts cuts = {{16}, {512, 1}};

	start(*state, SOUND, 0);
	chain.cuts = &cuts;
	for (size_t i = 0; i < G_N_ELEMENTS(sectors); i++) {
		resize(sectors[i] * SECTOR);
		for (unsigned look = 0; !chain_config_changed(&chain); g_usleep(2000))
			assert_int_not_equal(look++, LOOKS);
		assert_int_equal(GUINT64_FROM_LE(config().capacity), sectors[i]);
		chain_header(&chain, CRAFT_BLK_T_IN, sectors[i] - 1);
		chain_submit(&chain);
		assert_int_equal(chain_await(&chain), CRAFT_BLK_S_OK);
		chain_header(&chain, CRAFT_BLK_T_IN, sectors[i]);
		chain_submit(&chain);
		assert_int_equal(chain_await(&chain), CRAFT_BLK_S_IOERR);
	}
}

static void put(const char *name, const char *text)
{
	g_autofree char *folder = g_path_get_dirname(machine.disk);
	g_autofree char *path = g_build_filename(folder, name, NULL);

	assert_true(g_file_set_contents(path, text, -1, NULL));
}

static unsigned lifetime(guint16 *eol, guint16 *a, guint16 *b)
{
	static const struct chain_cuts cuts = {{16}, {6, 1}};
	struct craft_blk_lifetime is;
	unsigned status;

	chain.cuts = &cuts;
	chain_header(&chain, CRAFT_BLK_T_GET_LIFETIME, 0);
	chain_submit(&chain);
	status = chain_await(&chain);
	memcpy(&is, chain.got, sizeof(is));
	*eol = GUINT16_FROM_LE(is.pre_eol_info);
	*a = GUINT16_FROM_LE(is.estimate_a);
	*b = GUINT16_FROM_LE(is.estimate_b);
	return status;
}

/* Files as an eMMC has them below /sys; values that the specification reserves are not passed on. */
static void it_has_a_lifetime(void **state)
{
	g_autofree char *folder = g_path_get_dirname(machine.disk);
	g_autofree char *option = g_strconcat(",lifetime=", folder, NULL);
	guint16 eol, a, b;

	(void)state;
	put("pre_eol_info", "0x02\n");
	put("life_time", "0x01 0x0b\n");
	assert_true(start(option, SOUND, 0) & BIT(CRAFT_BLK_F_LIFETIME));
	assert_int_equal(lifetime(&eol, &a, &b), CRAFT_BLK_S_OK);
	assert_int_equal(eol, CRAFT_BLK_EOL_WARNING);
	assert_int_equal(a, 1);
	assert_int_equal(b, 11);
	put("pre_eol_info", "0x04\n");
	put("life_time", "0x0c 0xff\n");
	assert_int_equal(lifetime(&eol, &a, &b), CRAFT_BLK_S_OK);
	assert_int_equal(eol | a | b, 0);
	put("life_time", "nonsense\n");
	assert_int_equal(lifetime(&eol, &a, &b), CRAFT_BLK_S_UNSUPP);
	machine_tear_down(NULL);
	assert_false(start(option, SOUND, 0) & BIT(CRAFT_BLK_F_LIFETIME));
}

struct refusal {
	const char *properties, *words;
};

static const struct refusal refusals[] = {
	{",num-queues=0", "num-queues is 0, it must be 1 to 1023"},
	{",queue-size=3", "queue-size is 3, it must be a power of two, 4 to 1024"},
	{",queue-size=2048", "queue-size is 2048"},
	{",size-max=100", "size-max is 100"},
	{",max-discard-sectors=0", "max-discard-sectors is 0, it must be 1 to 4194303"},
	{",max-write-zeroes-sectors=4194304", "max-write-zeroes-sectors is 4194304"},
	{",logical_block_size=1000", "logical_block_size"},
};

static void bad_properties(void **state)
{
	(void)state;
	for (size_t i = 0; i < G_N_ELEMENTS(refusals); i++) {
		g_autofree char *said = NULL;

		machine_start(OURS, refusals[i].properties, SOUND);
		assert_int_equal(qtest_wait(&machine.qtest, &said), 1);
		if (!strstr(said, refusals[i].words))
			fail_msg("'%s' lacks '%s'", said, refusals[i].words);
		qtest_end(&machine.qtest);
	}
}

#define TEST(name) cmocka_unit_test_teardown(name, machine_tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(defaults),
		TEST(properties),
		TEST(cache_modes),
		TEST(stable_writes),
		TEST(read_only_fields),
		TEST(cache_is_saved),
		{"resize", it_grows_and_shrinks, NULL, machine_tear_down, ""},
		{"resize, iothread", it_grows_and_shrinks, NULL, machine_tear_down,
		 ",iothread=thread"},
		TEST(it_has_a_lifetime),
		TEST(bad_properties),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, machine_set_up, machine_drop);
}
