/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What the tracer in the guest writes to its standard output: blocks, each a
 * header and len bytes. Numbers are little-endian. Shared with kc; depends on
 * nothing but the C library.
 */
#ifndef KC_DUMP_H
#define KC_DUMP_H

#include <stdint.h>

#define KC_DUMP_MAGIC 0x6b636474 /* "tdck" on the wire */
#define KC_DUMP_MAX 65536 /* bytes in a block */

enum kc_dump_kind {
	KC_DUMP_FACT = 1, /* a line of text, without its end */
	KC_DUMP_PAGE_HEADER, /* events/header_page */
	KC_DUMP_FORMAT, /* the format file of one event */
	KC_DUMP_STATS, /* per_cpu/cpuN/stats */
	KC_DUMP_PAGE, /* of the ring buffer of a CPU, as trace_pipe_raw gives it */
	KC_DUMP_END, /* nothing is missing */
};

struct kc_dump {
	uint32_t magic;
	uint16_t kind;
	uint16_t cpu;
	uint32_t len;
};

#endif
