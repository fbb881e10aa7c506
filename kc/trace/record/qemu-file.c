/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "trace/record/internal.h"
#include "base/status.h"
#include "trace/event.h"

#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#define HEADER_EVENT G_MAXUINT64
#define HEADER_MAGIC G_GUINT64_CONSTANT(0xf2b177cb0aa429b4)
#define HEADER_VERSION 4
#define TYPE_MAPPING 0
#define RECORD_HEAD 24 /* event, time, length, process */
#define ARGUMENTS_MAX 10
#define WINDOW (16u << 20) /* of a mapped file */

/* Each argument takes eight bytes, but for a string. */
static const struct shape {
	const char *name;
	guint8 arguments; /* 0: has strings */
	guint8 kind;
} shapes[] = {
	{"virtqueue_desc", 6, DEVICE_DESCRIPTOR},
	{"virtqueue_pop", 10, DEVICE_POP},
	{"virtqueue_fill", 6, DEVICE_FILL},
	{"virtqueue_flush", 3, DEVICE_FLUSH},
	{"virtqueue_detach", 4, DEVICE_DETACH},
	{"virtqueue_rewind", 3, DEVICE_REWIND},
	{"virtio_queue_notify", 3, DEVICE_NOTICED},
	{"virtio_queue_reset", 2, DEVICE_RESET_QUEUE},
	{"virtio_notify", 3, DEVICE_RAISED},
	{"virtio_notify_irqfd", 2, DEVICE_RAISED},
	{"virtio_notify_suppressed", 2, DEVICE_SUPPRESSED},
	{"virtio_set_status", 2, DEVICE_STATUS},
	{"virtio_error", 0, DEVICE_BROKEN},
	{"virtio_device_realize", 0, 0},
};

#define REALIZE (G_N_ELEMENTS(shapes) - 1)

static void clear_device(void *data)
{
	struct qemu_device *device = data;

	g_free(device->name);
	g_free(device->path);
}

static bool damaged(const struct qemu_file *file, GError **error)
{
	g_set_error(error, STATUS_ERROR, STATUS_NOT_CARRIED,
		    "QEMU's trace is damaged at byte %" G_GSIZE_FORMAT, file->at);
	return false;
}

static void take_mapping(struct qemu_file *file, guint64 number, const char *name, guint32 len)
{
	for (size_t i = 0; i < G_N_ELEMENTS(shapes) && number < QEMU_NUMBERS_MAX; i++)
		if (strlen(shapes[i].name) == len && memcmp(shapes[i].name, name, len) == 0)
			file->shape_of[number] = i + 1;
}

static bool skip_mapping(struct qemu_file *file, GError **error)
{
	const guint8 *at = file->data + file->at + 8;
	gsize left = file->len - file->at;
	guint32 len;

	if (left < 20 || (len = qemu_u32(at + 8)) > left - 20)
		return damaged(file, error);
	take_mapping(file, qemu_u64(at), (const char *)at + 12, len);
	file->at += 20 + len;
	return true;
}

bool qemu_file_skip_mappings(struct qemu_file *file, GError **error)
{
	while (file->len - file->at >= 8 && qemu_u64(file->data + file->at) == TYPE_MAPPING)
		if (!skip_mapping(file, error))
			return false;
	return true;
}

/* The file may be far larger than what is made of it: read pages are no memory of ours. */
static void leave_pages(struct qemu_file *file)
{
	if (file->at < file->left + WINDOW)
		return;
	madvise((void *)(file->data + file->left), WINDOW, MADV_DONTNEED);
	file->left += WINDOW;
}

bool qemu_file_next_record(struct qemu_file *file, struct qemu_record *record, GError **error)
{
	const guint8 *at;
	guint32 len;

	if (!qemu_file_skip_mappings(file, error))
		return false;
	if (file->len - file->at < 8 + RECORD_HEAD)
		return false;
	at = file->data + file->at + 8;
	len = qemu_u32(at + 16);
	if (qemu_u64(at - 8) != QEMU_TYPE_EVENT || len < RECORD_HEAD)
		return damaged(file, error);
	if (len > file->len - file->at - 8)
		return false;
	record->number = qemu_u64(at);
	record->time = qemu_u64(at + 8);
	record->arguments = at + RECORD_HEAD;
	record->len = len - RECORD_HEAD;
	file->at += 8 + len;
	leave_pages(file);
	return true;
}

static int shape_of(const struct qemu_file *file, const struct qemu_record *record)
{
	return record->number < QEMU_NUMBERS_MAX ? file->shape_of[record->number] - 1 : -1;
}

bool qemu_file_is_realize(const struct qemu_file *file, const struct qemu_record *record)
{
	return shape_of(file, record) == REALIZE;
}

/* A string's length, then the string. NULL: not whole. Caller frees. */
static char *take_string(const guint8 **at, const guint8 *end)
{
	guint32 len;
	char *string;

	if (end - *at < 4 || (len = qemu_u32(*at)) > (gsize)(end - *at) - 4)
		return NULL;
	string = g_strndup((const char *)*at + 4, len);
	*at += 4 + len;
	return string;
}

/* vdev, name, id, path */
static bool take_realize(struct qemu_file *file, const struct qemu_record *record, GError **error)
{
	const guint8 *at = record->arguments, *end = at + record->len;
	struct qemu_device device = {0};

	if (record->len < 8)
		return damaged(file, error);
	device.address = qemu_u64(at);
	at += 8;
	device.name = take_string(&at, end);
	if (device.name && end - at >= 8) {
		device.id = qemu_u64(at);
		at += 8;
		device.path = take_string(&at, end);
	}
	g_array_append_val(file->devices, device);
	return device.path || damaged(file, error);
}

/* QEMU's own events, without our patches, have other arguments. */
static bool check_shape(const struct qemu_record *record, int shape, GError **error)
{
	if (!shapes[shape].arguments || record->len == shapes[shape].arguments * 8u)
		return true;
	g_set_error(error, STATUS_ERROR, STATUS_HOST_NOT_READY,
		    "this QEMU's trace event %s has %" G_GSIZE_FORMAT " bytes of arguments, not "
		    "%u: it lacks KernelCraft's patches (qemu/patches), without which no buffer "
		    "can be followed; 'make qemu' builds one that has them",
		    shapes[shape].name, record->len, shapes[shape].arguments * 8u);
	return false;
}

/* A QEMU that never heard of an event will not tell of it. */
static bool check_mappings(const struct qemu_file *file, GError **error)
{
	bool known[G_N_ELEMENTS(shapes)] = {false};

	for (size_t i = 0; i < QEMU_NUMBERS_MAX; i++)
		if (file->shape_of[i])
			known[file->shape_of[i] - 1] = true;
	for (size_t i = 0; i < G_N_ELEMENTS(shapes); i++) {
		/* Since 10.2 virtio_notify stands for this one, too. */
		if (known[i] || !strcmp(shapes[i].name, "virtio_notify_irqfd"))
			continue;
		g_set_error(error, STATUS_ERROR, STATUS_HOST_NOT_READY,
			    "this QEMU has no trace event %s: it lacks KernelCraft's patches "
			    "(qemu/patches), without which no buffer can be followed; 'make qemu' "
			    "builds one that has them",
			    shapes[i].name);
		return false;
	}
	return true;
}

/* The devices are known before the events are read. */
static bool scan(struct qemu_file *file, GError **error)
{
	GError *cause = NULL;
	struct qemu_record record;

	while (qemu_file_next_record(file, &record, &cause)) {
		int shape = shape_of(file, &record);

		if (shape < 0)
			continue;
		if (shape == REALIZE ? !take_realize(file, &record, &cause)
				     : !check_shape(&record, shape, &cause))
			break;
	}
	file->at = RECORD_HEAD;
	file->left = 0;
	if (cause)
		g_propagate_error(error, cause);
	return !cause && check_mappings(file, error);
}

static bool check_header(const struct qemu_file *file, GError **error)
{
	if (file->len >= RECORD_HEAD && qemu_u64(file->data) == HEADER_EVENT &&
	    qemu_u64(file->data + 8) == HEADER_MAGIC && qemu_u64(file->data + 16) == HEADER_VERSION)
		return true;
	g_set_error(error, STATUS_ERROR, STATUS_HOST_NOT_READY,
		    "QEMU wrote no trace of version %d: it was built without the trace backend "
		    "'simple'; 'make qemu' builds one that has it",
		    HEADER_VERSION);
	return false;
}

struct qemu_file *qemu_file_map(int fd, GError **error)
{
	g_autoptr(GError) cause = NULL;
	GMappedFile *mapped = g_mapped_file_new_from_fd(fd, FALSE, &cause);
	struct qemu_file *file;

	if (!mapped) {
		g_set_error(error, STATUS_ERROR, STATUS_NOT_CARRIED,
			    "QEMU's trace cannot be read: %s", cause->message);
		return NULL;
	}
	file = g_new0(struct qemu_file, 1);
	file->mapped = mapped;
	file->data = (const guint8 *)g_mapped_file_get_contents(mapped);
	file->len = g_mapped_file_get_length(mapped);
	file->devices = g_array_new(FALSE, TRUE, sizeof(struct qemu_device));
	g_array_set_clear_func(file->devices, clear_device);
	file->by_address = g_hash_table_new_full(g_int64_hash, g_int64_equal, g_free, NULL);
	file->last_time = G_MININT64;
	file->at = RECORD_HEAD;
	return file;
}

struct qemu_file *qemu_file_open(int fd, GError **error)
{
	struct qemu_file *file = qemu_file_map(fd, error);

	if (!file || (check_header(file, error) && scan(file, error)))
		return file;
	qemu_file_close(file);
	return NULL;
}

void qemu_file_close(struct qemu_file *file)
{
	if (!file)
		return;
	g_mapped_file_unref(file->mapped);
	g_array_unref(file->devices);
	g_hash_table_unref(file->by_address);
	g_free(file);
}

const GArray *qemu_file_devices(const struct qemu_file *file)
{
	return file->devices;
}

guint64 qemu_file_lost(const struct qemu_file *file)
{
	return file->lost;
}

/* An address may be used again for a device that is plugged later. */
static void meet_device(struct qemu_file *file)
{
	const struct qemu_device *device;

	if (file->realized >= file->devices->len)
		return;
	device = &g_array_index(file->devices, struct qemu_device, file->realized++);
	g_hash_table_insert(file->by_address, g_memdup2(&device->address, sizeof(device->address)),
			    GUINT_TO_POINTER(file->realized));
}

/* They went between the last that was written before and this word of it. */
static void take_loss(struct qemu_file *file, const struct qemu_record *record, GArray *gaps)
{
	struct trace_gap gap = {file->last_time, record->time};

	file->lost += record->len >= 8 ? qemu_u64(record->arguments) : 1;
	file->last_time = record->time;
	g_array_append_val(gaps, gap);
}

static void read_pop(struct device_event *event, const guint64 *values)
{
	event->head = values[2];
	event->position = values[3];
	event->chain = values[4];
	event->in_num = values[6];
	event->out_num = values[7];
	event->in_bytes = values[8];
	event->out_bytes = values[9];
}

static void read_descriptor(struct device_event *event, const guint64 *values)
{
	event->in_bytes = values[2];
	event->written = values[3];
	event->value = values[4];
	event->head = values[5];
}

static void read_values(struct device_event *event, const struct shape *shape,
			const guint64 *values)
{
	event->queue = values[1];
	switch (shape->kind) {
	case DEVICE_DESCRIPTOR:
		read_descriptor(event, values);
		break;
	case DEVICE_POP:
		read_pop(event, values);
		break;
	case DEVICE_FILL:
		event->head = values[2];
		event->written = values[4];
		break;
	case DEVICE_FLUSH:
	case DEVICE_REWIND:
		event->count = values[2];
		break;
	case DEVICE_DETACH:
		event->head = values[2];
		break;
	case DEVICE_RAISED:
		event->value = shape->arguments > 2 ? values[2] : G_MAXUINT16;
		break;
	case DEVICE_STATUS:
		event->value = values[1];
		break;
	}
}

/* False for an event of a device that came into being before the trace. */
static bool read_event(const struct qemu_file *file, const struct qemu_record *record,
		       const struct shape *shape, struct device_event *event)
{
	guint64 values[ARGUMENTS_MAX] = {0};
	guint device;

	for (gsize i = 0; i < MIN(record->len / 8, ARGUMENTS_MAX); i++)
		values[i] = qemu_u64(record->arguments + 8 * i);
	device = GPOINTER_TO_UINT(g_hash_table_lookup(file->by_address, &values[0]));
	*event = (struct device_event){
		.time = record->time,
		.device = device - 1,
		.kind = shape->kind,
	};
	read_values(event, shape, values);
	return device > 0;
}

bool qemu_file_next(struct qemu_file *file, struct device_event *event, GArray *gaps,
		    GError **error)
{
	struct qemu_record record;

	while (qemu_file_next_record(file, &record, error)) {
		int shape = shape_of(file, &record);

		if (record.number == QEMU_DROPPED_EVENT) {
			take_loss(file, &record, gaps);
			*event = (struct device_event){.time = record.time, .kind = DEVICE_LOST};
			return true;
		}
		if (shape == REALIZE)
			meet_device(file);
		if (shape < 0 || shape == REALIZE)
			continue;
		file->last_time = record.time;
		if (read_event(file, &record, &shapes[shape], event))
			return true;
	}
	return false;
}
