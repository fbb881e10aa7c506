/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The description in a saved machine, as JSON. */
#ifndef KC_SNAPSHOT_ABOUT_H
#define KC_SNAPSHOT_ABOUT_H

#include "snapshot-file.h"

/* Caller unrefs. */
GBytes *snapshot_about_write(const struct snapshot_about *about);

/* Fills @about; false for what is no description. */
bool snapshot_about_read(struct snapshot_about *about, const char *text, size_t len);

#endif
