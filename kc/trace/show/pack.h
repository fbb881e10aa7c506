/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A trace's records as the page reads them: a stream of variable-length
 * integers (LEB128), signed ones folded so that small stay small (zigzag).
 * page/data.js is its reader, and must be changed with it.
 */
#ifndef KC_TRACE_SHOW_PACK_H
#define KC_TRACE_SHOW_PACK_H

#include "trace/trace.h"

/*
 * The numbers of a buffer, as page/data.js names them, what each is for put(),
 * and the array that holds those of all buffers there.
 */
/* clang-format off */
#define TRACE_PACK_LIST(X) \
	X(fate, buffer->fate, Uint16) \
	X(flags, buffer->flags, Uint16) \
	X(head, buffer->head, Uint16) \
	X(position, buffer->position, Uint16) \
	X(used, buffer->used, Uint16) \
	X(slots, buffer->slots, Uint16) \
	X(chain, buffer->chain, Uint16) \
	X(outNum, buffer->out_num, Uint16) \
	X(inNum, buffer->in_num, Uint16) \
	X(outBytes, buffer->out_bytes, Float64) \
	X(inBytes, buffer->in_bytes, Float64) \
	X(written, buffer->written, Uint32) \
	X(addCpu, buffer->add_cpu, Uint16) \
	X(collectCpu, buffer->collect_cpu, Uint16) \
	X(kick, index_from(buffer->kick, queue->first_kick), Uint32) \
	X(interrupt, index_from(buffer->interrupt, queue->first_interrupt), Uint32)
/* clang-format on */

/* Caller unrefs. */
GByteArray *trace_pack(const struct trace *trace);

#endif
