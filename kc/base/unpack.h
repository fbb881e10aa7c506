/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Files that gzip, xz, zstd or their like have packed. The tool of that name
 * unpacks them: it is nearly always there, and says best what is wrong with one.
 */
#ifndef KC_BASE_UNPACK_H
#define KC_BASE_UNPACK_H

#include <glib.h>

/* "gzip", "xz" ...: what a file that begins with @head was packed by; NULL: it is not packed. */
const char *unpack_tool(const void *head, size_t len);

/* The same of a file. */
const char *unpack_tool_of(const char *path);

/* How many bytes @path begins with when unpacked, up to @max; -1 with @error. */
gssize unpack_head(const char *path, void *to, size_t max, GError **error);

/* All of it, in a file in memory. Caller closes; -1 with @error. */
int unpack_file(const char *path, GError **error);

#endif
