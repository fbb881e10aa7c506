/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef KC_TRACE_STATS_H
#define KC_TRACE_STATS_H

#include "trace.h"

/*
 * Fills each queue's statistics and the total's from the records; what is in
 * flight is left alone, as the records do not tell it.
 */
void trace_summarise(struct trace *trace);

#endif
