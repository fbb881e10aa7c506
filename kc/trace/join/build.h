/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef KC_TRACE_JOIN_BUILD_H
#define KC_TRACE_JOIN_BUILD_H

#include "trace/record/record.h"

/* Joins what was recorded; the machine must still run. Caller frees. */
struct trace *trace_build(struct trace_record *record, GError **error);

#endif
