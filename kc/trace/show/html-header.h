/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef KC_TRACE_SHOW_HTML_HEADER_H
#define KC_TRACE_SHOW_HTML_HEADER_H

#include "trace/trace.h"

/*
 * All of @trace but its records, as JSON that may stand within a page: no '<'
 * is in it, and names that came from the guest are valid UTF-8. Caller frees.
 */
char *trace_html_header(const struct trace *trace);

#endif
