/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The file of a trace that QEMU still writes: made, and what is old taken out of it. */
#define _GNU_SOURCE /* fallocate() */
#include "base/status.h"
#include "trace/record/internal.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#define LOSS_BYTES 40 /* a record that tells of lost events, and what is in front of it */
#define LOSS_MAX (1u << 30) /* bytes that one such stands for */

/* In place of what is taken out: a record of its loss, as long as that. */
static bool take_out(int fd, const struct qemu_trim *trim, GError **error)
{
	const gsize block = 4096;
	gsize from = (trim->from + LOSS_BYTES + block - 1) / block * block;
	gsize to = trim->to / block * block;
	struct {
		guint64 type, event, time;
		guint32 len, pid;
		guint64 count;
	} loss = {
		.type = GUINT64_TO_LE(QEMU_TYPE_EVENT),
		.event = GUINT64_TO_LE(QEMU_DROPPED_EVENT),
		.time = GUINT64_TO_LE(trim->time),
		.len = GUINT32_TO_LE(trim->to - trim->from - 8),
		.count = GUINT64_TO_LE(trim->events),
	};

	G_STATIC_ASSERT(sizeof(loss) == LOSS_BYTES);
	if (trim->to < trim->from + LOSS_BYTES)
		return true;
	/* Where the room cannot be had back, nothing is written over. */
	if ((from >= to ||
	     !fallocate(fd, FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE, from, to - from)) &&
	    pwrite(fd, &loss, sizeof(loss), trim->from) == sizeof(loss))
		return true;
	g_set_error(error, STATUS_ERROR, STATUS_NOT_CARRIED,
		    "the file of the device's side cannot give back what is old: %s",
		    g_strerror(errno));
	return false;
}

/* What is to be kept, for a new run behind it: that of a device's coming, or what fills a record. */
static bool ends_run(const struct qemu_file *file, const struct qemu_record *record,
		     const struct qemu_trim *trim)
{
	return file->at <= trim->first || qemu_file_is_realize(file, record) ||
	       file->at - trim->from > LOSS_MAX;
}

static bool trim_to(struct qemu_file *file, int fd, struct qemu_trim *trim, gsize keep,
		    GError **error)
{
	GError *cause = NULL;
	struct qemu_record record;

	while (file->len - file->at > keep && qemu_file_next_record(file, &record, &cause)) {
		if (ends_run(file, &record, trim)) {
			if (!take_out(fd, trim, error))
				return false;
			trim->from = file->at;
			trim->events = 0;
		} else {
			trim->events += record.number == QEMU_DROPPED_EVENT && record.len >= 8
						? qemu_u64(record.arguments)
						: 1;
			trim->time = record.time;
		}
		trim->to = file->at;
	}
	if (cause)
		g_propagate_error(error, cause);
	return !cause && take_out(fd, trim, error);
}

bool qemu_file_trim(int fd, struct qemu_trim *trim, gsize limit, GError **error)
{
	struct qemu_file *file;
	struct stat stat;
	bool trimmed;

	if (fstat(fd, &stat) || (gsize)stat.st_size <= MAX(trim->to, trim->first) + limit)
		return true;
	file = qemu_file_map(fd, error);
	if (!file)
		return false;
	/* The names of events come first of all. */
	trimmed = qemu_file_skip_mappings(file, error);
	file->at = MAX(file->at, trim->to);
	trimmed = trimmed && trim_to(file, fd, trim, limit / 2, error);
	qemu_file_close(file);
	return trimmed;
}

int qemu_file_create(GError **error)
{
	g_autofree char *name = NULL;
	int fd = g_file_open_tmp("kc-trace-XXXXXX", &name, error);

	if (fd >= 0)
		unlink(name);
	return fd;
}
