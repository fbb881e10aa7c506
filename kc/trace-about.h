/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef KC_TRACE_ABOUT_H
#define KC_TRACE_ABOUT_H

#include "trace.h"

/*
 * All of @trace but its records, as JSON that may stand within a page: no '<'
 * is in it, and names that came from the guest are valid UTF-8. Caller frees.
 */
char *trace_about(const struct trace *trace);

#endif
