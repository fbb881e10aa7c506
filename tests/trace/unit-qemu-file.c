/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The file of QEMU's simple trace backend, whole, cut off and hostile. */
#include "base/status.h"
#include "trace/record/qemu-file.h"
#include "../unit.h"

#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define MAGIC G_GUINT64_CONSTANT(0xf2b177cb0aa429b4)
#define VDEV G_GUINT64_CONSTANT(0x7f0012345678)

/* In the order of their numbers here. */
static const char *const names[] = {
	"virtqueue_desc",
	"virtqueue_pop",
	"virtqueue_fill",
	"virtqueue_flush",
	"virtqueue_detach",
	"virtqueue_rewind",
	"virtio_queue_notify",
	"virtio_queue_reset",
	"virtio_notify",
	"virtio_notify_irqfd",
	"virtio_notify_suppressed",
	"virtio_set_status",
	"virtio_error",
	"virtio_device_realize",
};

enum { POP = 1, FILL = 2, FLUSH = 3, REALIZE = 13 };

static void put_u64(GByteArray *file, guint64 value)
{
	value = GUINT64_TO_LE(value);
	g_byte_array_append(file, (const guint8 *)&value, sizeof(value));
}

static void put_u32(GByteArray *file, guint32 value)
{
	value = GUINT32_TO_LE(value);
	g_byte_array_append(file, (const guint8 *)&value, sizeof(value));
}

static void put_string(GByteArray *file, const char *text)
{
	put_u32(file, strlen(text));
	g_byte_array_append(file, (const guint8 *)text, strlen(text));
}

static void put_mapping(GByteArray *file, guint64 number, const char *name)
{
	put_u64(file, 0);
	put_u64(file, number);
	put_string(file, name);
}

static void put_head(GByteArray *file, guint64 event, guint64 time, guint32 arguments)
{
	put_u64(file, 1);
	put_u64(file, event);
	put_u64(file, time);
	put_u32(file, 24 + arguments);
	put_u32(file, 4711);
}

static void put_event(GByteArray *file, guint64 event, guint64 time, const guint64 *values, int n)
{
	put_head(file, event, time, 8 * n);
	for (int i = 0; i < n; i++)
		put_u64(file, values[i]);
}

static void put_pop(GByteArray *file, guint64 time, guint64 head)
{
	const guint64 values[] = {VDEV, 1, head, 7, 3, 0, 1, 2, 512, 17};

	put_event(file, POP, time, values, 10);
}

static void put_realize(GByteArray *file)
{
	put_head(file, REALIZE, 1, 8 + 4 + 9 + 8 + 4 + 6);
	put_u64(file, VDEV);
	put_string(file, "virtio-xy");
	put_u64(file, 42);
	put_string(file, "/a/b/c");
}

static GByteArray *start_file(void)
{
	GByteArray *file = g_byte_array_new();

	put_u64(file, G_MAXUINT64);
	put_u64(file, MAGIC);
	put_u64(file, 4);
	for (guint i = 0; i < G_N_ELEMENTS(names); i++)
		put_mapping(file, i, names[i]);
	put_realize(file);
	return file;
}

static struct qemu_file *open_bytes(const GByteArray *bytes, gsize len, GError **error)
{
	g_autofree char *name = NULL;
	int fd = g_file_open_tmp("kc-unit-XXXXXX", &name, NULL);
	struct qemu_file *file;

	assert_true(fd >= 0);
	unlink(name);
	assert_int_equal(write(fd, bytes->data, len), len);
	file = qemu_file_open(fd, error);
	close(fd);
	return file;
}

static void refused(GByteArray *bytes, int status, const char *words)
{
	g_autoptr(GError) error = NULL;

	assert_null(open_bytes(bytes, bytes->len, &error));
	assert_refused(error, status, words);
	g_byte_array_unref(bytes);
}

static void test_whole(void **state)
{
	g_autoptr(GArray) gaps = g_array_new(FALSE, FALSE, sizeof(struct trace_gap));
	g_autoptr(GByteArray) bytes = start_file();
	const guint64 fill[] = {VDEV, 1, 9, 0, 513, 0}, stranger[] = {VDEV + 8, 1, 1};
	g_autoptr(GError) error = NULL;
	const struct qemu_device *device;
	struct device_event event;
	struct qemu_file *file;

	(void)state;
	put_pop(bytes, 100, 9);
	put_event(bytes, FLUSH, 150, stranger, 3);
	put_event(bytes, FILL, 200, fill, 6);
	file = open_bytes(bytes, bytes->len, &error);
	assert_non_null(file);
	device = &g_array_index(qemu_file_devices(file), struct qemu_device, 0);
	assert_int_equal(qemu_file_devices(file)->len, 1);
	assert_string_equal(device->name, "virtio-xy");
	assert_string_equal(device->path, "/a/b/c");
	assert_int_equal(device->id, 42);
	assert_true(qemu_file_next(file, &event, gaps, &error));
	assert_int_equal(event.kind, DEVICE_POP);
	assert_int_equal(event.time, 100);
	assert_int_equal(event.device, 0);
	assert_int_equal(event.queue, 1);
	assert_int_equal(event.head, 9);
	assert_int_equal(event.position, 7);
	assert_int_equal(event.chain, 3);
	assert_int_equal(event.in_num, 1);
	assert_int_equal(event.out_num, 2);
	assert_int_equal(event.in_bytes, 512);
	assert_int_equal(event.out_bytes, 17);
	assert_true(qemu_file_next(file, &event, gaps, &error));
	assert_int_equal(event.kind, DEVICE_FILL);
	assert_int_equal(event.written, 513);
	assert_false(qemu_file_next(file, &event, gaps, &error));
	assert_null(error);
	assert_int_equal(gaps->len, 0);
	qemu_file_close(file);
}

/* What QEMU had no room for is counted, and lies between its neighbours. */
static void test_drops(void **state)
{
	g_autoptr(GArray) gaps = g_array_new(FALSE, FALSE, sizeof(struct trace_gap));
	g_autoptr(GByteArray) bytes = start_file();
	const guint64 seventeen = 17, four = 4;
	g_autoptr(GError) error = NULL;
	struct device_event event;
	struct qemu_file *file;
	int lost = 0, popped = 0;

	(void)state;
	put_pop(bytes, 100, 1);
	put_event(bytes, G_MAXUINT64 - 1, 300, &seventeen, 1);
	put_pop(bytes, 400, 2);
	put_event(bytes, G_MAXUINT64 - 1, 500, &four, 1);
	file = open_bytes(bytes, bytes->len, &error);
	assert_non_null(file);
	while (qemu_file_next(file, &event, gaps, &error)) {
		lost += event.kind == DEVICE_LOST;
		popped += event.kind == DEVICE_POP;
	}
	assert_null(error);
	assert_int_equal(lost, 2);
	assert_int_equal(popped, 2);
	assert_int_equal(qemu_file_lost(file), 21);
	assert_int_equal(gaps->len, 2);
	assert_int_equal(g_array_index(gaps, struct trace_gap, 0).from, 100);
	assert_int_equal(g_array_index(gaps, struct trace_gap, 0).to, 300);
	assert_int_equal(g_array_index(gaps, struct trace_gap, 1).from, 400);
	assert_int_equal(g_array_index(gaps, struct trace_gap, 1).to, 500);
	qemu_file_close(file);
}

/* Cut anywhere, it gives what is whole or says what is wrong, and reads no byte behind its end. */
static void test_cut(void **state)
{
	g_autoptr(GByteArray) bytes = start_file();

	(void)state;
	put_pop(bytes, 100, 9);
	for (gsize len = 0; len < bytes->len; len++) {
		g_autoptr(GArray) gaps = g_array_new(FALSE, FALSE, sizeof(struct trace_gap));
		g_autoptr(GError) error = NULL;
		struct device_event event;
		struct qemu_file *file = open_bytes(bytes, len, &error);

		assert_true((file != NULL) == (error == NULL));
		if (file)
			assert_false(qemu_file_next(file, &event, gaps, &error));
		qemu_file_close(file);
	}
}

static void test_not_qemus(void **state)
{
	GByteArray *wrong_magic = start_file(), *wrong_version = start_file();

	(void)state;
	wrong_magic->data[8] ^= 1;
	wrong_version->data[16] = 3;
	refused(wrong_magic, STATUS_HOST_NOT_READY, "simple");
	refused(wrong_version, STATUS_HOST_NOT_READY, "version 4");
	refused(g_byte_array_new(), STATUS_HOST_NOT_READY, "no trace");
}

/* A QEMU without our patches knows the events, but not what they must say. */
static void test_unpatched(void **state)
{
	GByteArray *shorter = start_file(), *unknown = g_byte_array_new();
	const guint64 values[] = {1, 2, 3, 4};

	(void)state;
	put_event(shorter, POP, 100, values, 4);
	refused(shorter, STATUS_HOST_NOT_READY, "virtqueue_pop has 32 bytes");
	put_u64(unknown, G_MAXUINT64);
	put_u64(unknown, MAGIC);
	put_u64(unknown, 4);
	put_mapping(unknown, 0, "virtqueue_pop");
	refused(unknown, STATUS_HOST_NOT_READY, "no trace event virtqueue_desc");
}

static void test_hostile(void **state)
{
	GByteArray *type = start_file(), *shorter = start_file(), *name = start_file(),
		   *string = start_file();

	(void)state;
	put_u64(type, 2);
	put_u64(type, 0);
	put_u64(type, 0);
	put_u64(type, 0);
	refused(type, STATUS_NOT_CARRIED, "damaged at byte");
	/* A record shorter than its own head. */
	put_u64(shorter, 1);
	put_u64(shorter, POP);
	put_u64(shorter, 100);
	put_u64(shorter, 8);
	refused(shorter, STATUS_NOT_CARRIED, "damaged at byte");
	put_u64(name, 0);
	put_u64(name, 5);
	put_u32(name, G_MAXUINT32);
	refused(name, STATUS_NOT_CARRIED, "damaged at byte");
	/* A string that goes on behind its record. */
	put_head(string, REALIZE, 1, 12);
	put_u64(string, VDEV);
	put_u32(string, 100);
	refused(string, STATUS_NOT_CARRIED, "damaged at byte");
}

/* Numbers beyond all tables, and queues of any number. */
static void test_large_numbers(void **state)
{
	g_autoptr(GArray) gaps = g_array_new(FALSE, FALSE, sizeof(struct trace_gap));
	g_autoptr(GByteArray) bytes = start_file();
	const guint64 values[] = {VDEV, G_MAXUINT64, G_MAXUINT64};
	g_autoptr(GError) error = NULL;
	struct device_event event;
	struct qemu_file *file;

	(void)state;
	put_mapping(bytes, G_MAXUINT64, "virtqueue_pop");
	put_event(bytes, G_MAXUINT32, 100, values, 3);
	put_event(bytes, FLUSH, 200, values, 3);
	file = open_bytes(bytes, bytes->len, &error);
	assert_non_null(file);
	assert_true(qemu_file_next(file, &event, gaps, &error));
	assert_int_equal(event.kind, DEVICE_FLUSH);
	assert_int_equal(event.queue, G_MAXUINT16);
	assert_false(qemu_file_next(file, &event, gaps, &error));
	assert_null(error);
	qemu_file_close(file);
}

/* Pops of one millionth of a second each, from @n on. */
static void write_pops(int fd, guint32 *n, guint32 end)
{
	g_autoptr(GByteArray) bytes = g_byte_array_new();

	for (; *n < end; ++*n)
		put_pop(bytes, 1000 * (guint64)*n, *n % 65536);
	assert_int_equal(write(fd, bytes->data, bytes->len), bytes->len);
}

static void write_plugged(int fd)
{
	g_autoptr(GByteArray) bytes = g_byte_array_new();

	put_realize(bytes);
	assert_int_equal(write(fd, bytes->data, bytes->len), bytes->len);
}

/* How many pops are left, in order, the first @first and the last up to @end among them. */
static guint32 count_left(struct qemu_file *file, guint32 first, guint32 end, GArray *gaps)
{
	g_autoptr(GError) error = NULL;
	struct device_event event;
	guint32 left = 0;
	gint64 last = -1;

	while (qemu_file_next(file, &event, gaps, &error)) {
		if (event.kind == DEVICE_LOST)
			continue;
		assert_true(event.time > last);
		assert_int_equal(event.head, event.time / 1000 % 65536);
		assert_true(left >= first || event.time == 1000 * (gint64)left);
		last = event.time;
		left++;
	}
	assert_null(error);
	assert_int_equal(last, 1000 * (gint64)(end - 1));
	return left;
}

static void check_trimmed(int fd, guint32 first, guint32 end, gsize limit)
{
	g_autoptr(GArray) gaps = g_array_new(FALSE, FALSE, sizeof(struct trace_gap));
	g_autoptr(GError) error = NULL;
	struct qemu_file *file = qemu_file_open(fd, &error);
	struct stat stat;
	guint32 left;

	assert_non_null(file);
	assert_null(error);
	assert_int_equal(qemu_file_devices(file)->len, 2);
	left = count_left(file, first, end, gaps);
	assert_true(left < end);
	assert_int_equal(left + qemu_file_lost(file), end);
	/* One each before and behind the device that came in between. */
	assert_int_equal(gaps->len, 2);
	assert_int_equal(g_array_index(gaps, struct trace_gap, 0).from, 1000 * (first - 1));
	qemu_file_close(file);
	assert_int_equal(fstat(fd, &stat), 0);
	assert_true((gsize)stat.st_blocks * 512 < limit + 65536);
}

/* What is old goes, but for what was there at first and what tells of a device. */
static void test_trim(void **state)
{
	g_autoptr(GByteArray) start = start_file();
	const gsize limit = 2 << 20;
	struct qemu_trim trim = {0};
	g_autoptr(GError) error = NULL;
	g_autofree char *name = NULL;
	int fd = g_file_open_tmp("kc-unit-XXXXXX", &name, NULL);
	guint32 n = 0;

	(void)state;
	assert_true(fd >= 0);
	unlink(name);
	assert_int_equal(write(fd, start->data, start->len), start->len);
	write_pops(fd, &n, 100);
	trim.first = lseek(fd, 0, SEEK_CUR);
	write_pops(fd, &n, 5000);
	assert_true(qemu_file_trim(fd, &trim, limit, &error));
	assert_int_equal(trim.events, 0);
	write_plugged(fd);
	for (guint32 end = 30000; end <= 120000; end += 30000) {
		write_pops(fd, &n, end);
		assert_true(qemu_file_trim(fd, &trim, limit, &error));
		check_trimmed(fd, 100, end, limit);
	}
	close(fd);
}

/* What is no trace is not written to. */
static void test_trim_hostile(void **state)
{
	g_autoptr(GByteArray) bytes = start_file();
	struct qemu_trim trim = {.first = bytes->len};
	g_autoptr(GError) error = NULL;
	g_autofree char *name = NULL, *after = NULL;
	int fd = g_file_open_tmp("kc-unit-XXXXXX", &name, NULL);
	gsize len;

	(void)state;
	g_byte_array_set_size(bytes, 100000);
	memset(bytes->data + trim.first, 0xa5, bytes->len - trim.first);
	assert_int_equal(write(fd, bytes->data, bytes->len), bytes->len);
	assert_false(qemu_file_trim(fd, &trim, 10000, &error));
	assert_refused(error, STATUS_NOT_CARRIED, "damaged at byte");
	assert_true(g_file_get_contents(name, &after, &len, NULL));
	assert_memory_equal(after, bytes->data, len);
	unlink(name);
	close(fd);
}

static const struct CMUnitTest tests[] = {
	cmocka_unit_test(test_whole),	      cmocka_unit_test(test_drops),
	cmocka_unit_test(test_cut),	      cmocka_unit_test(test_not_qemus),
	cmocka_unit_test(test_unpatched),     cmocka_unit_test(test_hostile),
	cmocka_unit_test(test_large_numbers), cmocka_unit_test(test_trim),
	cmocka_unit_test(test_trim_hostile),
};

UNIT_MAIN(tests)
