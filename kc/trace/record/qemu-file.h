/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What QEMU's "simple" trace backend has written, as device events in QEMU's
 * own order.
 */
#ifndef KC_TRACE_RECORD_QEMU_FILE_H
#define KC_TRACE_RECORD_QEMU_FILE_H

#include "trace/event.h"

/* The same with each descriptor, which are many. */
#define QEMU_DESCRIPTOR_EVENT "virtqueue_desc"

struct qemu_device {
	guint64 address; /* in QEMU's memory; by which its events name it */
	char *name, *path;
	guint32 id;
};

struct qemu_file;

/* A file without a name for QEMU to write to; -1 with @error set. Caller closes. */
int qemu_file_create(GError **error);

/*
 * Opens a trace by its descriptor, which is not taken, and lists the devices
 * that it tells of. Fails where it is none, or of a QEMU whose events say too
 * little.
 */
struct qemu_file *qemu_file_open(int fd, GError **error);
void qemu_file_close(struct qemu_file *file);

/* Of struct qemu_device, in order of their coming into being. */
const GArray *qemu_file_devices(const struct qemu_file *file);

/*
 * The next event; false at the end, or with @error set. Its device is an index
 * into the devices. Events are lost where QEMU's buffer is full: those are
 * counted, and the times between which they were appended to @gaps (of struct
 * trace_gap).
 */
bool qemu_file_next(struct qemu_file *file, struct device_event *event, GArray *gaps,
		    GError **error);
guint64 qemu_file_lost(const struct qemu_file *file);

/* Where the oldest events are taken out of a file that QEMU still writes. */
struct qemu_trim {
	gsize first; /* bytes at the file's start that are kept */
	gsize from, to; /* what has been taken out last */
	guint64 events; /* in it */
	gint64 time; /* of the last of them */
};

/*
 * Once more than @limit bytes have come behind what was taken out (or is kept
 * for ever), takes out the oldest half of them and gives their room back to
 * the file system. In their place the file tells of their loss, as QEMU does
 * where its own buffer is full. Fails where a file system cannot do that.
 */
bool qemu_file_trim(int fd, struct qemu_trim *trim, gsize limit, GError **error);

#endif
