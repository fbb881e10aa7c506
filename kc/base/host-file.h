/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A file that appears under its name whole or not at all, and of which nothing
 * is left when the writer is killed.
 */
#ifndef KC_BASE_HOST_FILE_H
#define KC_BASE_HOST_FILE_H

#include <glib.h>
#include <stdbool.h>

struct host_file;

/* All fail with STATUS_NOT_CARRIED. */
struct host_file *host_file_new(const char *path, GError **error);
bool host_file_write(struct host_file *file, const void *data, size_t len, GError **error);
bool host_file_commit(struct host_file *file, GError **error);

/* What was not committed is gone. */
void host_file_free(struct host_file *file);

#endif
