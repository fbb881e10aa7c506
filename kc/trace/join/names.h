/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef KC_TRACE_JOIN_NAMES_H
#define KC_TRACE_JOIN_NAMES_H

#include "trace/trace.h"

/*
 * What the virtio specification calls this queue, such as "controlq"; NULL where
 * it has no name for it, or which one it is cannot be told. Caller frees.
 */
char *trace_queue_name(const struct trace_device *device, guint32 number);

#endif
