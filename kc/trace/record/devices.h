/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Which device of QEMU's is which of the guest's: the one at the same place of the bus. */
#ifndef KC_TRACE_RECORD_DEVICES_H
#define KC_TRACE_RECORD_DEVICES_H

#include "vm/qmp.h"
#include "trace/record/guest-facts.h"
#include "trace/record/qemu-file.h"
#include "trace/trace.h"

/* Fills trace->devices, in the order of @devices (of struct qemu_device). */
void trace_devices_fill(struct trace *trace, const GArray *devices, struct qmp *qmp,
			const struct guest_facts *facts);

/* The index of the device that the guest calls @name, such as "virtio2"; TRACE_NONE. */
guint32 trace_devices_find(const struct trace *trace, const char *name);

/* The number in a guest's name of a device, 2 of "virtio2"; TRACE_NONE: @guest_name is NULL. */
guint32 trace_devices_number(const char *guest_name);

/* The devices that there are now, in no order of note. Caller unrefs. */
GArray *trace_devices_now(struct qmp *qmp, GError **error);

/*
 * What a user may call a device: virtio2, virtio-blk or blk, its id, or its
 * place on the bus.
 */
bool trace_device_is(const struct trace_device *device, const char *word);

/* STATUS_MISUSE where none is meant, which names those that there are. */
bool trace_devices_check(const struct trace *trace, const char *word, GError **error);

#endif
