/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef KC_TRACE_SHOW_HTML_H
#define KC_TRACE_SHOW_HTML_H

#include "trace/trace.h"

/* Writes @trace as one page that needs no network. */
bool trace_html_write(const struct trace *trace, const char *file, GError **error);

#endif
