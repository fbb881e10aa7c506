/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The pages of a guest's ring buffers, one buffer a CPU, as driver events in
 * order of time.
 */
#ifndef KC_TRACE_RECORD_PAGES_H
#define KC_TRACE_RECORD_PAGES_H

#include "trace/record/dump-reader.h"
#include "trace/event.h"

struct trace_pages;

struct trace_pages *trace_pages_new(void);
void trace_pages_free(struct trace_pages *pages);

/* Takes in a block of the tracer's dump; pages are kept as they are. */
bool trace_pages_take(struct trace_pages *pages, const struct kc_dump *head, const char *data,
		      GError **error);

/* Bytes of pages that are held. */
guint64 trace_pages_size(const struct trace_pages *pages);

/* Events that a full buffer cost, and probes that could not fire. */
guint64 trace_pages_lost(const struct trace_pages *pages);
guint64 trace_pages_missed(const struct trace_pages *pages);

/*
 * The next event; false at the end, or with @error set for pages that are
 * damaged. Its device is the number in the guest's name for it.
 */
bool trace_pages_next(struct trace_pages *pages, struct driver_event *event, GError **error);

/*
 * Before the first event is taken: appends the times within which events were
 * lost, as struct trace_gap; none before @begin.
 */
bool trace_pages_gaps(struct trace_pages *pages, gint64 begin, GArray *gaps, GError **error);

#endif
