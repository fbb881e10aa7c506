// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Requests in flight when the device is reset, the VM saved or the backend
 * fails: nothing is lost, and nothing is written that should not be. A drive
 * that is throttled holds them.
 */
#include "../unit.h"
#include "../../devices/blk/abi.h"
#include "blk-chain.h"
#include "blk-machine.h"

#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#define THROTTLED "driver=throttle,throttle-group=slow,file=file"
#define SOUND "driver=raw,file=file"
#define FAILS(error, more)                                                    \
	"driver=raw,file.driver=blkdebug,file.image=file,file.discard=unmap," \
	"file.inject-error.0.event=none,file.inject-error.0.iotype=write,"    \
	"file.inject-error.0.errno=" G_STRINGIFY(error) more
#define EIO_ALWAYS FAILS(5, "")
#define ENOSPC_ALWAYS FAILS(28, "")
#define ENOSPC_ONCE FAILS(28, ",file.inject-error.0.once=on")

#define HEADER 16
#define AT 60 /* the sector that is written */
#define DOUBT_US 50000

static const struct chain_cuts plain = {{16, 512}, {1}};
/* The data begins in the descriptor that the header is in. */
static const struct chain_cuts joined = {{200, 328}, {1}};
static const struct chain_cuts reads = {{16}, {512, 1}};

static struct chain chain;

static guint8 *data_of(struct chain *of)
{
	return of->sent + HEADER;
}

static void start(const char *device, const char *properties, const char *drive,
		  enum chain_ring ring)
{
	bool packed = ring == RING_PACKED || ring == RING_PACKED_INDIRECT;
	g_autofree char *all = g_strconcat(",in_order=on", packed ? ",packed=on" : "", properties,
					   NULL);

	machine_start(device, all, drive);
	chain = (struct chain){.qtest = &machine.qtest, .ring = ring, .cuts = &plain};
	chain_start(&chain, 0);
}

static void submit_write(const struct chain_cuts *cuts, guint8 with)
{
	chain.cuts = cuts;
	chain_header(&chain, CRAFT_BLK_T_OUT, AT);
	memset(data_of(&chain), with, SECTOR);
	chain_submit(&chain);
}

static void hold_write(void)
{
	guint8 before[SECTOR];

	memset(before, AT + 1, sizeof(before));
	submit_write(&plain, 0x40);
	g_usleep(DOUBT_US);
	assert_false(chain_is_used(&chain));
	machine_check_disk("a request that is held", AT, before, SECTOR);
}

static void overwrite(guint8 with)
{
	guint8 data[SECTOR];
	int fd = open(machine.disk, O_WRONLY);

	memset(data, with, sizeof(data));
	assert_int_equal(pwrite(fd, data, sizeof(data), AT * SECTOR), SECTOR);
	close(fd);
}

static void read_back(guint8 expected)
{
	guint8 data[SECTOR];

	memset(data, expected, sizeof(data));
	chain.cuts = &reads;
	chain_header(&chain, CRAFT_BLK_T_IN, AT);
	chain_submit(&chain);
	assert_int_equal(chain_await(&chain), CRAFT_BLK_S_OK);
	assert_memory_equal(chain.got, data, sizeof(data));
}

/* After it the memory and the disk are the driver's again. */
static void reset_in_flight(void **state)
{
	guint8 data[SECTOR];

	start(OURS, *state, THROTTLED, RING_SPLIT);
	hold_write();
	chain_reset(&chain);
	overwrite(0xaa);
	memset(data, 0xaa, sizeof(data));
	machine_speed_up();
	g_usleep(DOUBT_US);
	machine_check_disk("after a reset", AT, data, SECTOR);
	assert_false(chain_is_used(&chain));
	chain_start(&chain, 0);
	read_back(0xaa);
}

static char *save(void)
{
	g_autofree char *path = g_strconcat(machine.disk, ".saved", NULL);
	g_autofree char *uri = g_strconcat("file:", path, NULL);

	qtest_command(&machine.qtest, "migrate", "uri", uri);
	machine_await("postmigrate");
	return g_steal_pointer(&uri);
}

static void resume(const char *properties, const char *uri, const char *drive)
{
	bool packed = chain.ring == RING_PACKED || chain.ring == RING_PACKED_INDIRECT;
	g_autofree char *all = g_strconcat(",in_order=on", packed ? ",packed=on" : "", properties,
					   NULL);

	qtest_end(&machine.qtest);
	machine_resume(OURS, all, drive, uri);
}

/* What is in flight is done before the machine is saved, and the ring goes on. */
static void save_in_flight(void **state)
{
	g_autofree char *uri = NULL;

	start(OURS, *state, THROTTLED, RING_SPLIT);
	hold_write();
	uri = save();
	assert_int_equal(chain_await(&chain), CRAFT_BLK_S_OK);
	machine_check_disk("after it was saved", AT, data_of(&chain), SECTOR);
	resume(*state, uri, SOUND);
	machine_await("running");
	read_back(chain.sent[HEADER]);
}

static const enum chain_ring rings[] = {RING_SPLIT, RING_INDIRECT, RING_IN_ORDER, RING_PACKED,
					RING_PACKED_INDIRECT};

/* A full disk stops the VM; what could not be written is, once the VM runs again. */
static void failed_goes_on(void **state)
{
	for (size_t i = 0; i < 2 * G_N_ELEMENTS(rings); i++) {
		start(OURS, *state, ENOSPC_ONCE, rings[i / 2]);
		submit_write(i % 2 ? &plain : &joined, 0x55);
		machine_await("io-error");
		assert_false(chain_is_used(&chain));
		qtest_command(&machine.qtest, "cont", NULL, NULL);
		assert_int_equal(chain_await(&chain), CRAFT_BLK_S_OK);
		machine_check_disk("after a retry", AT, data_of(&chain), SECTOR);
		qtest_end(&machine.qtest);
	}
}

static void failed_is_saved(void **state)
{
	for (size_t i = 0; i < 2 * G_N_ELEMENTS(rings); i++) {
		g_autofree char *uri = NULL;

		start(OURS, *state, ENOSPC_ALWAYS, rings[i / 2]);
		submit_write(i % 2 ? &plain : &joined, 0x55);
		machine_await("io-error");
		uri = save();
		resume(*state, uri, SOUND);
		machine_await("io-error");
		qtest_command(&machine.qtest, "cont", NULL, NULL);
		assert_int_equal(chain_await(&chain), CRAFT_BLK_S_OK);
		machine_check_disk("of the machine that was saved", AT, data_of(&chain), SECTOR);
		qtest_end(&machine.qtest);
	}
}

/* A reset forgets what waits: it is not written when the VM runs again. */
static void failed_is_reset(void **state)
{
	guint8 data[SECTOR];

	memset(data, AT + 1, sizeof(data));
	start(OURS, *state, ENOSPC_ONCE, RING_SPLIT);
	submit_write(&plain, 0x55);
	machine_await("io-error");
	chain_reset(&chain);
	qtest_command(&machine.qtest, "cont", NULL, NULL);
	g_usleep(DOUBT_US);
	machine_check_disk("after a reset", AT, data, SECTOR);
	assert_false(chain_is_used(&chain));
	chain_start(&chain, 0);
	read_back(AT + 1);
}

struct policy {
	const char *properties, *drive;
	unsigned status; /* CHAIN_SILENT: the VM stops */
};

static const struct policy policies[] = {
	{"", EIO_ALWAYS, CRAFT_BLK_S_IOERR},
	{"", ENOSPC_ALWAYS, CHAIN_SILENT},
	{",werror=report", ENOSPC_ALWAYS, CRAFT_BLK_S_IOERR},
	{",werror=ignore", EIO_ALWAYS, CRAFT_BLK_S_OK},
	{",werror=stop", EIO_ALWAYS, CHAIN_SILENT},
	{",werror=enospc", EIO_ALWAYS, CRAFT_BLK_S_IOERR},
};

static void policies_are_followed(void **state)
{
	for (size_t i = 0; i < G_N_ELEMENTS(policies); i++) {
		start(*state, policies[i].properties, policies[i].drive, RING_SPLIT);
		submit_write(&plain, 0x55);
		if (policies[i].status == CHAIN_SILENT)
			machine_await("io-error");
		else
			assert_int_equal(chain_await(&chain), policies[i].status);
		qtest_end(&machine.qtest);
	}
}

/* The driver's own mistake is its own to hear of, and stops nothing. */
static void mistakes_stop_nothing(void **state)
{
	(void)state;
	start(OURS, ",werror=stop,rerror=stop", SOUND, RING_SPLIT);
	chain_header(&chain, CRAFT_BLK_T_OUT, DISK_SECTORS);
	chain_submit(&chain);
	assert_int_equal(chain_await(&chain), CRAFT_BLK_S_IOERR);
	machine_await("running");
}

#define THREAD ",iothread=thread"
#define WITH(state, test, name) unit_named(name, test, machine_tear_down, state)

int main(void)
{
	const struct CMUnitTest tests[] = {
		WITH("", reset_in_flight, "reset in flight"),
		WITH(THREAD, reset_in_flight, "reset in flight, iothread"),
		WITH("", save_in_flight, "saved in flight"),
		WITH(THREAD, save_in_flight, "saved in flight, iothread"),
		WITH("", failed_goes_on, "what failed goes on"),
		WITH(THREAD, failed_goes_on, "what failed goes on, iothread"),
		WITH("", failed_is_saved, "what failed is saved"),
		WITH(THREAD, failed_is_saved, "what failed is saved, iothread"),
		WITH("", failed_is_reset, "what failed is reset"),
		WITH(THREAD, failed_is_reset, "what failed is reset, iothread"),
		WITH(OURS, policies_are_followed, "werror"),
		WITH(STOCK, policies_are_followed, "werror of the stock one"),
		WITH(NULL, mistakes_stop_nothing, "a mistake"),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, machine_set_up, machine_drop);
}
