/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the files of this room share: of a file of QEMU's trace, and of the tracer's pages. */
#ifndef KC_TRACE_RECORD_INTERNAL_H
#define KC_TRACE_RECORD_INTERNAL_H

#include "trace/record/pages.h"
#include "trace/record/qemu-file.h"

#include <event-parse.h>
#include <kbuffer.h>
#include <string.h>

#define QEMU_DROPPED_EVENT (G_MAXUINT64 - 1)
#define QEMU_TYPE_EVENT 1
#define QEMU_NUMBERS_MAX 65536 /* of events in a QEMU */

struct qemu_file {
	GMappedFile *mapped;
	const guint8 *data;
	gsize len, at;
	gsize left; /* up to here pages were given back */
	gint8 shape_of[QEMU_NUMBERS_MAX]; /* by QEMU's number for the event: index + 1 */
	GArray *devices;
	GHashTable *by_address; /* index + 1 of the device that is there by now */
	guint realized; /* so many were met again, reading on */
	gint64 last_time; /* of an event, or of the loss before */
	guint64 lost;
};

/* A record of an event, without what is in front of it. */
struct qemu_record {
	guint64 number;
	gint64 time;
	const guint8 *arguments;
	gsize len; /* of the arguments */
};

static inline guint32 qemu_u32(const guint8 *at)
{
	guint32 value;

	memcpy(&value, at, sizeof(value));
	return GUINT32_FROM_LE(value);
}

static inline guint64 qemu_u64(const guint8 *at)
{
	guint64 value;

	memcpy(&value, at, sizeof(value));
	return GUINT64_FROM_LE(value);
}

/* Whatever is in it. NULL with @error set. */
struct qemu_file *qemu_file_map(int fd, GError **error);

/* Past the names of events, if that is what comes next. */
bool qemu_file_skip_mappings(struct qemu_file *file, GError **error);

/* False at the end, or with @error set. What QEMU was still writing when it ended is no record. */
bool qemu_file_next_record(struct qemu_file *file, struct qemu_record *record, GError **error);

bool qemu_file_is_realize(const struct qemu_file *file, const struct qemu_record *record);

/* Behind a page: a record that claims to go on beyond its end is read from here. */
#define PAGES_SLACK 4096

/* Where a field lies in a record; size 0: it has none such. */
struct pages_field {
	guint16 offset, size;
};

/* One probe's records. */
struct pages_shape {
	enum driver_kind kind;
	bool outer; /* calls what another probe sees, too, if the compiler left that a call */
	struct pages_field pid, dev, queue, head, next, wrap, avail, last, size, packed, used, free,
		status;
	int bytes; /* up to the end of the last field */
};

struct pages_cpu {
	GPtrArray *pages; /* of GBytes */
	guint next_page;
	struct kbuffer *buffer;
	guint8 page[KC_DUMP_MAX + PAGES_SLACK]; /* the one in hand */
	const guint8 *end; /* of what is in it */
	void *record; /* the next; NULL: none is left */
	unsigned long long time; /* of it */
	guint64 overrun, dropped;
};

struct trace_pages {
	struct tep_handle *tep;
	struct pages_shape *by_number[65536];
	GPtrArray *cpus; /* of struct pages_cpu; NULL where there is no such CPU */
	guint64 size, missed;
	bool started;
};

#endif
