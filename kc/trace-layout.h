/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Where the guest's kernel keeps what in a virtqueue, by whatever tells it. */
#ifndef KC_TRACE_LAYOUT_H
#define KC_TRACE_LAYOUT_H

#include "trace-kernel.h"
#include "trace-record.h"

/*
 * By the types in the kernel's file, else by those in the guest, else by its
 * release. @error says what was looked for, and what each of them lacked.
 */
bool trace_layout_find(struct trace_record *record, struct kernel_layout *layout, gint64 deadline,
		       GError **error);

#endif
