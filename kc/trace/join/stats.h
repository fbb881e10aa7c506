/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef KC_TRACE_JOIN_STATS_H
#define KC_TRACE_JOIN_STATS_H

#include "trace/trace.h"

/*
 * Fills each queue's statistics and the total's from the records. What is in
 * flight in a queue is left alone, as the driver's side knows it better; for
 * the total it is taken from there and from the records.
 */
void trace_summarise(struct trace *trace);

#endif
