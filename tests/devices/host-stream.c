// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Migration streams, as qemu/patches/README.md tells of them: those of a QEMU
 * without our patches are loaded and go on where they were, and malformed ones
 * are refused with an error.
 *
 * The device is stock virtio-blk, the guest this test. One of its requests
 * fails, which stops the VM and leaves the request in flight; what follows it
 * has been read. The destination's disk is sound.
 *
 * With an argument it only saves: host-stream FOLDER QEMU, by which streams/
 * was made from a vanilla QEMU 10.0.
 */
#include "../unit.h"
#include "blk-ring.h"
#include "lab/lab.h"

#include <linux/virtio_blk.h>
#include <string.h>

#define LIMIT_SECONDS 20
#define BAD_SECTOR 8
#define BAD_REQUEST 1

struct shape {
	const char *name;
	struct blk_ring ring;
};

enum { SPLIT, PACKED, SPLIT_IN_ORDER, PACKED_IN_ORDER };

static const struct shape shapes[] = {
	[SPLIT] = {"split", {false, false}},
	[PACKED] = {"packed", {true, false}},
	[SPLIT_IN_ORDER] = {"split-in-order", {false, true}},
	[PACKED_IN_ORDER] = {"packed-in-order", {true, true}},
};

/* The last one fails, one does in the middle, none does. */
static const unsigned last[] = {0, BAD_SECTOR}, middle[] = {0, BAD_SECTOR, 16},
		      all_good[BLK_REQUESTS] = {0, 16, 32, 48, 64};

static const char *qemu;
static char *root, *folder;
static bool of_series; /* the QEMU is of the series whose streams are stored */
static struct qtest machine; /* the one that runs, which a failed test leaves to tear_down() */

static char *in_folder(const char *name)
{
	return g_build_filename(folder, name, NULL);
}

static void put_file(const char *path, const void *data, size_t len)
{
	GError *error = NULL;

	if (!g_file_set_contents(path, data, len, &error))
		fail_msg("%s", error->message);
}

/* A sector is full of its number. */
static void make_disk(void)
{
	g_autofree char *disk = in_folder("disk"), *rom = in_folder("rom");
	g_autofree guint8 *data = g_malloc0(65536);

	put_file(rom, data, 65536);
	for (size_t i = 0; i < 65536; i++)
		data[i] = i / BLK_SECTOR + 1;
	put_file(disk, data, 65536);
}

/* @incoming is a stream, or NULL for a machine that starts and cannot read BAD_SECTOR. */
static void start(const struct shape *shape, const char *incoming)
{
	g_autoptr(GStrvBuilder) builder = g_strv_builder_new();
	g_autofree char *drive = g_strdup_printf(
		incoming ? "driver=file,node-name=d,filename=%s/disk"
			 : "driver=raw,node-name=d,file.driver=blkdebug,"
			   "file.image.driver=file,file.image.filename=%s/disk,"
			   "file.inject-error.0.event=read_aio,file.inject-error.0.sector=%d",
		folder, BAD_SECTOR);
	g_autofree char *device = g_strdup_printf(
		"virtio-blk-device,drive=d,rerror=stop,bus=virtio-mmio-bus.0,packed=%s,in_order=%s",
		shape->ring.packed ? "on" : "off", shape->ring.in_order ? "on" : "off");
	g_autofree char *rom = in_folder("rom");
	g_auto(GStrv) argv = NULL;

	g_strv_builder_add_many(builder, qemu, "-machine", "microvm", "-m", "2M", "-bios", rom,
				"-global", "virtio-mmio.force-legacy=false", "-blockdev", drive,
				"-device", device, NULL);
	if (incoming)
		g_strv_builder_add_many(builder, "-incoming", incoming, NULL);
	argv = g_strv_builder_end(builder);
	qtest_start(&machine, argv);
}

static void await_state(const char *wanted)
{
	g_autofree char *state = NULL, *said = NULL;
	int status;

	for (int i = 0; i < LIMIT_SECONDS * 100; i++) {
		g_free(state);
		state = qtest_state(&machine);
		if (!state) {
			status = qtest_wait(&machine, &said);
			fail_msg("QEMU ended with %d and said:\n%s", status, said);
		}
		if (g_str_equal(state, wanted))
			return;
		g_usleep(10000);
	}
	fail_msg("the state is \"%s\", not \"%s\"", state, wanted);
}

/* Reads @sectors, of which one cannot be read, and saves the machine that stops then. */
static char *save(const struct shape *shape, const unsigned *sectors, unsigned count,
		  const char *name)
{
	g_autofree char *path = in_folder(name), *uri = g_strconcat("file:", path, NULL);

	start(shape, NULL);
	blk_start(&machine, shape->ring);
	blk_submit(&machine, shape->ring, sectors, count);
	await_state("io-error");
	qtest_command(&machine, "migrate", "uri", uri);
	await_state("postmigrate");
	qtest_end(&machine);
	return g_steal_pointer(&path);
}

static void await_returned(const struct shape *shape, unsigned count, unsigned *requests)
{
	unsigned n = 0;

	for (int i = 0; i < LIMIT_SECONDS * 100 && n < count; i++) {
		n = blk_returned(&machine, shape->ring, requests);
		g_usleep(10000);
	}
	assert_int_equal(n, count);
}

/* What was read before the machine was saved came back in any order, unless one was agreed. */
static void check_order(const struct shape *shape, const unsigned *requests, unsigned count)
{
	unsigned seen = 0;

	for (unsigned n = 0; n < count; n++) {
		seen |= 1u << requests[n];
		if (shape->ring.in_order)
			assert_int_equal(requests[n], n);
	}
	assert_int_equal(seen, (1u << count) - 1);
	if (!shape->ring.in_order)
		assert_int_equal(requests[count - 1], BAD_REQUEST);
}

static void check_data(const unsigned *sectors, unsigned count)
{
	guint8 data[BLK_SECTOR + 1], wanted[BLK_SECTOR + 1];

	for (unsigned n = 0; n < count; n++) {
		qtest_read(&machine, blk_data(n), data, sizeof(data));
		memset(wanted, sectors[n] + 1, BLK_SECTOR);
		wanted[BLK_SECTOR] = VIRTIO_BLK_S_OK;
		assert_memory_equal(data, wanted, sizeof(data));
	}
}

/* All requests come back, with what is on the disk. */
static void resume(const struct shape *shape, const char *path, const unsigned *sectors,
		   unsigned count)
{
	g_autofree char *uri = g_strconcat("file:", path, NULL);
	unsigned requests[BLK_REQUESTS];

	start(shape, uri);
	await_state("io-error");
	qtest_command(&machine, "cont", NULL, NULL);
	await_returned(shape, count, requests);
	check_order(shape, requests, count);
	check_data(sectors, count);
	qtest_end(&machine);
}

/* A stream of a QEMU without our patches, unpacked. */
static char *stored(const struct shape *shape)
{
	g_autofree char *name = g_strconcat(root, "/tests/devices/streams/", shape->name, ".gz",
					    NULL);
	g_autofree char *path = in_folder(shape->name);
	const char *argv[] = {"sh", "-c", "gzip -dc \"$0\" >\"$1\"", name, path, NULL};
	int status;

	assert_true(g_spawn_sync(NULL, (char **)argv, NULL, G_SPAWN_SEARCH_PATH, NULL, NULL, NULL,
				 NULL, &status, NULL));
	assert_int_equal(status, 0);
	return g_steal_pointer(&path);
}

static void test_vanilla(void **state)
{
	const struct shape *shape = *state;
	g_autofree char *path = NULL;

	if (!of_series)
		skip();
	path = stored(shape);
	resume(shape, path, last, 2);
}

static void test_ours(void **state)
{
	const struct shape *shape = *state;
	g_autofree char *path = save(shape, middle, 3, "ours");

	resume(shape, path, middle, 3);
}

/* A ring in which every descriptor is in flight. */
static void test_full(void **state)
{
	const struct shape *shape = *state;
	unsigned requests[BLK_REQUESTS];

	start(shape, NULL);
	blk_start(&machine, shape->ring);
	blk_submit(&machine, shape->ring, all_good, BLK_REQUESTS);
	await_returned(shape, BLK_REQUESTS, requests);
	check_data(all_good, BLK_REQUESTS);
	qtest_end(&machine);
}

/* A stream to be damaged: what is to be found in it is behind the guest's memory. */
struct stream {
	const struct shape *shape;
	char *data;
	size_t len;
};

static struct stream make(const struct shape *shape)
{
	g_autofree char *path = save(shape, middle, 3, "ours");
	struct stream stream = {.shape = shape};

	assert_true(g_file_get_contents(path, &stream.data, &stream.len, NULL));
	return stream;
}

/* Where the last one of @what is, which is there. */
static size_t find(const struct stream *stream, const void *what, size_t len)
{
	for (size_t at = stream->len - len; at > 0; at--)
		if (!memcmp(stream->data + at, what, len))
			return at;
	fail_msg("the stream of %s lacks what is to be damaged", stream->shape->name);
	return 0;
}

static size_t behind(const struct stream *stream, const char *section)
{
	return find(stream, section, strlen(section)) + strlen(section) + sizeof(guint32);
}

/* The buffer in flight, by the addresses that it has for the device to write. */
static size_t element(const struct stream *stream)
{
	guint64 in[] = {GUINT64_TO_LE(blk_data(1)), GUINT64_TO_LE(blk_data(1) + BLK_SECTOR)};

	return find(stream, in, sizeof(in)) - 16;
}

/* The ring's size, its alignment and address, and behind those the index. */
static size_t ring(const struct stream *stream)
{
	guint32 words[] = {GUINT32_TO_BE(blk_ring_size(stream->shape->ring)), GUINT32_TO_BE(4096),
			   0, GUINT32_TO_BE(BLK_DESC)};

	return find(stream, words, sizeof(words));
}

/* The destination ends with an error that has @words when @len bytes at @at are @value. */
static void refused(const struct stream *stream, size_t at, const void *value, size_t len,
		    const char *words)
{
	g_autofree char *path = in_folder("damaged"), *uri = g_strconcat("file:", path, NULL);
	g_autofree char *data = g_memdup2(stream->data, stream->len), *said = NULL;
	int status;

	memcpy(data + at, value, len);
	put_file(path, data, stream->len);
	start(stream->shape, uri);
	status = qtest_wait(&machine, &said);
	qtest_end(&machine);
	if (status != 1 || !strstr(said, words))
		fail_msg("status %d, not 1 with \"%s\"; it said:\n%s", status, words, said);
}

#define REFUSED(stream, at, words, ...)                      \
	refused(stream, at, ((const guint8[]){__VA_ARGS__}), \
		sizeof((const guint8[]){__VA_ARGS__}), words)

static void test_bad_element(void **state)
{
	(void)state;
	for (size_t i = 0; i < G_N_ELEMENTS(shapes); i++) {
		struct stream stream = make(&shapes[i]);
		size_t at = element(&stream);

		REFUSED(&stream, at + 2, "malformed buffer", 1); /* its index */
		REFUSED(&stream, at + 4, "malformed buffer", 1, 4); /* out_num 1025 */
		REFUSED(&stream, at + 8, "malformed buffer", 0, 4); /* in_num 1024, and 1 out */
		REFUSED(&stream, at + 8, "malformed buffer", 0xff, 0xff, 0xff, 0xff);
		if (shapes[i].ring.packed) {
			REFUSED(&stream, at - 4, "malformed buffer", 0, 0, 0, 0); /* ndescs */
			REFUSED(&stream, at - 4, "malformed buffer", 0, 0, 4, 1);
		}
		g_free(stream.data);
	}
}

static void test_bad_indices(void **state)
{
	struct stream stream = make(&shapes[PACKED]);
	size_t at = behind(&stream, "virtio/packed_virtqueues");

	(void)state;
	REFUSED(&stream, at, "out of range", 0, 15); /* last_avail_idx */
	REFUSED(&stream, at, "out of range", 0x7f, 0xff);
	REFUSED(&stream, at + 3, "out of range", 0, 15); /* used_idx */
	REFUSED(&stream, at + 6, "out of range", 0, 0, 0, 16); /* inuse */
	REFUSED(&stream, at + 6, "are in flight", 0, 0, 0, 2);
	g_free(stream.data);
}

static void test_bad_sizes(void **state)
{
	(void)state;
	for (size_t i = 0; i < G_N_ELEMENTS(shapes); i++) {
		struct stream stream = make(&shapes[i]);
		size_t at = ring(&stream), reset = behind(&stream, "virtio/ringsize");

		REFUSED(&stream, at, "exceeds 0x400", 0, 0, 4, 1);
		REFUSED(&stream, at, "exceeds 0x400", 0xff, 0xff, 0xff, 0xff);
		REFUSED(&stream, reset, "Invalid argument", 0, 0, 4, 1);
		g_free(stream.data);
	}
}

/* Buffers that are said to be filled where none is in flight, and more in use than there are. */
static void test_bad_order(void **state)
{
	struct stream stream = make(&shapes[SPLIT_IN_ORDER]);
	size_t at = behind(&stream, "virtio/in_order_virtqueues");

	(void)state;
	/* Each has a length of four bytes and whether it is filled. Here 1 and 2 are in flight. */
	REFUSED(&stream, at + 0 * 5 + 4, "no buffer in flight", 1);
	REFUSED(&stream, at + 3 * 5 + 4, "no buffer in flight", 1);
	REFUSED(&stream, ring(&stream) + 16, "last_avail_idx", 0xff, 0xfa);
	g_free(stream.data);

	stream = make(&shapes[PACKED_IN_ORDER]);
	at = behind(&stream, "virtio/in_order_virtqueues");
	REFUSED(&stream, at + 4 * 5 + 4, "no buffer in flight", 1);
	g_free(stream.data);
}

static int set_up(void **state)
{
	struct lab *lab = lab_find(NULL);
	g_autofree char *version = lab ? lab_part_version(lab, LAB_QEMU) : NULL;

	(void)state;
	assert_non_null(version);
	of_series = strstr(version, "version 10.0.");
	qemu = lab->parts[LAB_QEMU];
	root = lab->root;
	folder = g_dir_make_tmp("kc-stream-XXXXXX", NULL);
	assert_non_null(folder);
	make_disk();
	return 0;
}

static int tear_down(void **state)
{
	(void)state;
	if (machine.process)
		qtest_end(&machine);
	return 0;
}

static int drop(void **state)
{
	*state = folder;
	return unit_folder_drop(state);
}

static void save_all(void **state)
{
	(void)state;
	for (size_t i = 0; i < G_N_ELEMENTS(shapes); i++)
		g_free(save(&shapes[i], last, 2, shapes[i].name));
}

#define SHAPE(whose, test, i) unit_named(whose ": " #i, test, tear_down, &shapes[i])
#define EACH_SHAPE(whose, test)                                                                    \
	SHAPE(whose, test, SPLIT), SHAPE(whose, test, PACKED), SHAPE(whose, test, SPLIT_IN_ORDER), \
		SHAPE(whose, test, PACKED_IN_ORDER)

int main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
		EACH_SHAPE("a vanilla QEMU's", test_vanilla),
		EACH_SHAPE("ours", test_ours),
		SHAPE("a full ring", test_full, PACKED),
		SHAPE("a full ring", test_full, PACKED_IN_ORDER),
		cmocka_unit_test_teardown(test_bad_element, tear_down),
		cmocka_unit_test_teardown(test_bad_indices, tear_down),
		cmocka_unit_test_teardown(test_bad_sizes, tear_down),
		cmocka_unit_test_teardown(test_bad_order, tear_down),
	};
	const struct CMUnitTest saves[] = {cmocka_unit_test(save_all)};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	if (argc != 3)
		return cmocka_run_group_tests(tests, set_up, drop);
	folder = argv[1];
	qemu = argv[2];
	make_disk();
	return cmocka_run_group_tests(saves, NULL, NULL);
}
