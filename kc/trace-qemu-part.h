/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A file of QEMU's trace, record by record: what those share that read and that trim it. */
#ifndef KC_TRACE_QEMU_PART_H
#define KC_TRACE_QEMU_PART_H

#include "trace-qemu.h"

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

static inline guint64 qemu_u64(const guint8 *at)
{
	guint64 value;

	memcpy(&value, at, sizeof(value));
	return GUINT64_FROM_LE(value);
}

/* Whatever is in it. NULL with @error set. */
struct qemu_file *qemu_file_map(int fd, GError **error);

/* Past the names of events, if that is what comes next. */
bool qemu_skip_mappings(struct qemu_file *file, GError **error);

/* False at the end, or with @error set. What QEMU was still writing when it ended is no record. */
bool qemu_next_record(struct qemu_file *file, struct qemu_record *record, GError **error);

bool qemu_is_realize(const struct qemu_file *file, const struct qemu_record *record);

#endif
