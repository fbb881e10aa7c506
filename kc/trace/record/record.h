/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Both sides of a running machine watched while a command runs in it. The
 * guest's side is collected in its kernel's ring buffers and pulled when the
 * command has ended.
 */
#ifndef KC_TRACE_RECORD_RECORD_H
#define KC_TRACE_RECORD_RECORD_H

#include "lab/lab.h"
#include "trace/record/guest-facts.h"
#include "trace/record/pages.h"
#include "trace/record/qemu-file.h"
#include "trace/trace.h"
#include "vm/vm.h"

struct trace_record {
	struct vm *vm;
	const struct lab *lab;
	const char *symbols; /* a file of the very kernel, which may describe types; or NULL */
	const char *const *only; /* devices to narrow to, as typed; NULL-terminated, or NULL */
	gint64 queue; /* -1: all */
	guint32 buffer_mib; /* of the guest's ring buffers together */
	bool descriptors; /* record each */
	bool verbose;

	struct guest_facts *facts;
	char *last; /* the tracer's script for when the command has ended */
	struct trace_pages *first_pages; /* kc's own channel, before the command */
	struct trace_pages *pages;
	int fd; /* where QEMU writes its side to */
	struct qemu_trim trim; /* of that */
	guint trimming; /* the source that sees to it, or 0 */
};

/* Of the device's side so many times as much is kept as of the driver's: more is told there. */
#define TRACE_DEVICE_SHARE 8

/* From its success on both sides are recorded. */
bool trace_record_begin(struct trace_record *record, gint64 deadline, GError **error);

/*
 * What to run in the guest instead of @argv while it is recorded: so the agent
 * is free again when @argv is killed and does not die, as one that waits for a
 * device. Caller frees the array alone.
 */
const char **trace_record_command(char **argv);

/* Ends that, and pulls what there is. */
bool trace_record_end(struct trace_record *record, gint64 deadline, GError **error);

/* Whether the user asked for this device. */
bool trace_record_wants(const struct trace_record *record, const struct trace_device *device);

void trace_record_clear(struct trace_record *record);

#endif
