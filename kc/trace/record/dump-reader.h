/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The blocks of guest/tracer/dump.h, out of a stream in which nothing is trusted. */
#ifndef KC_TRACE_RECORD_DUMP_READER_H
#define KC_TRACE_RECORD_DUMP_READER_H

#include "tracer/dump.h"

#include <glib.h>
#include <stdbool.h>

/* @data is text with a NUL behind it, but for a page. */
typedef bool (*dump_block)(const struct kc_dump *head, const char *data, void *opaque,
			   GError **error);

struct dump_reader {
	GByteArray *held;
	dump_block block;
	void *opaque;
	bool ended;
	GError *error; /* of the first block that failed */
};

void dump_reader_init(struct dump_reader *reader, dump_block block, void *opaque);
void dump_reader_clear(struct dump_reader *reader);

/* Calls the reader's function for each block that is whole by now. */
void dump_reader_feed(struct dump_reader *reader, const char *data, size_t len);

/* The stream was whole. */
bool dump_reader_finish(struct dump_reader *reader, GError **error);

#endif
