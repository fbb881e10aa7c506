/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A child's output on kc's stdout, each line behind a name, and no faster than it is read. */
#ifndef KC_LABELLED_H
#define KC_LABELLED_H

#include <gio/gio.h>
#include <stdbool.h>

struct labelled;

/* @name may be NULL; it is borrowed. */
struct labelled *labelled_new(GInputStream *from, const char *name);
void labelled_free(struct labelled *labelled);

/* The child has closed it, and all of it is written. */
bool labelled_is_done(const struct labelled *labelled);

#endif
