/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "trace-html.h"
#include "status.h"

bool trace_html_write(const struct trace *trace, const char *file, GError **error)
{
	(void)trace;
	g_set_error(error, STATUS_ERROR, STATUS_NOT_CARRIED, "--html: '%s': not written yet", file);
	return false;
}
