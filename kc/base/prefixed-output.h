/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A child's output on kc's stdout, each line behind a name, and no faster than it is read. */
#ifndef KC_BASE_PREFIXED_OUTPUT_H
#define KC_BASE_PREFIXED_OUTPUT_H

#include <gio/gio.h>
#include <stdbool.h>

struct prefixed_output;

/* @name may be NULL; it is borrowed. */
struct prefixed_output *prefixed_output_new(GInputStream *from, const char *name);
void prefixed_output_free(struct prefixed_output *labelled);

/* errno of a stdout that took no more, else 0. */
int prefixed_output_lost(const struct prefixed_output *labelled);

/* The child has closed it, and all of it is written. */
bool prefixed_output_is_done(const struct prefixed_output *labelled);

#endif
