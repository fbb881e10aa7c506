/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The description in a saved machine, as JSON. */
#ifndef KC_SNAPSHOT_ABOUT_H
#define KC_SNAPSHOT_ABOUT_H

#include <glib.h>
#include <stdbool.h>

struct snapshot_about {
	char *machine; /* one line for people */
	char **inputs; /* files that it was made from, NULL-terminated */
	char **states; /* snapshot_fingerprint() of each then */
	GBytes *log; /* the kernel's records from the boot to the save */
	gint64 size; /* bytes on disk; filled when it is opened */
	gint64 used; /* seconds since 1970; likewise */
};

/* Caller unrefs. */
GBytes *snapshot_about_write(const struct snapshot_about *about);

/* Fills @about; false for what is no description. */
bool snapshot_about_read(struct snapshot_about *about, const char *text, size_t len);

void snapshot_about_clear(struct snapshot_about *about);

#endif
