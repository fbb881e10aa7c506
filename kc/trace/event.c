/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "trace/event.h"

bool trace_lost_between(const GArray *gaps, gint64 from, gint64 to)
{
	for (guint i = 0; i < gaps->len; i++) {
		const struct trace_gap *gap = &g_array_index(gaps, struct trace_gap, i);

		if (gap->from <= to && gap->to >= from)
			return true;
	}
	return false;
}
