/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Text of any length in bounded memory: its first and its last MiB stay. */
#ifndef KC_BASE_BOUNDED_TEXT_H
#define KC_BASE_BOUNDED_TEXT_H

#include <glib.h>

#define KEEP_BYTES ((gsize)1 << 20) /* of each end */

struct bounded_text;

struct bounded_text *bounded_text_new(void);
void bounded_text_free(struct bounded_text *bounded);
void bounded_text_add(struct bounded_text *bounded, const char *data, gsize len);

/* What is kept; a line in brackets says what is not. It may hold any byte. Caller frees. */
GString *bounded_text_text(const struct bounded_text *bounded);

/*
 * A pipe whose other end is kept: what is written to the returned descriptor
 * is taken in whenever events are dispatched. -1 with errno. bounded_text_free()
 * closes it; bounded_text_drain() takes in what is in it now.
 */
int bounded_text_open_pipe(struct bounded_text *bounded);
void bounded_text_drain(struct bounded_text *bounded);

#endif
