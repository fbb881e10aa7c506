/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A trace's records as the page reads them: a stream of variable-length
 * integers (LEB128), signed ones folded so that small stay small (zigzag).
 * kc/page/data.js is its reader, and must be changed with it.
 */
#ifndef KC_TRACE_PACK_H
#define KC_TRACE_PACK_H

#include "trace.h"

/* Caller unrefs. */
GByteArray *trace_pack(const struct trace *trace);

#endif
