/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Text of any length in bounded memory: its first and its last MiB stay. */
#ifndef KC_KEEP_H
#define KC_KEEP_H

#include <glib.h>

#define KEEP_BYTES ((gsize)1 << 20) /* of each end */

struct keep;

struct keep *keep_new(void);
void keep_free(struct keep *keep);
void keep_add(struct keep *keep, const char *data, gsize len);

/* What is kept; a line in brackets says what is not. It may hold any byte. Caller frees. */
GString *keep_text(const struct keep *keep);

/*
 * A pipe whose other end is kept: what is written to the returned descriptor
 * is taken in whenever events are dispatched. -1 with errno. keep_free()
 * closes it; keep_drain() takes in what is in it now.
 */
int keep_open_pipe(struct keep *keep);
void keep_drain(struct keep *keep);

#endif
