/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A joined trace, for people and for programs. */
#ifndef KC_TRACE_SHOW_SHOW_H
#define KC_TRACE_SHOW_SHOW_H

#include "trace/trace.h"

#include <stdio.h>

/* A table for each queue, the losses and the clock. */
void trace_table_print(const struct trace *trace, FILE *out);

/* One JSON object a line: the trace, its devices and queues, then each buffer. */
bool trace_json_write(const struct trace *trace, const char *file, GError **error);

/* For ui.perfetto.dev: a track for each side of each queue, and flows between them. */
bool trace_perfetto_write(const struct trace *trace, const char *file, GError **error);

#endif
