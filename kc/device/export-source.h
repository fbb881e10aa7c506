/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A device's sources, as they read inside the trees of Linux and QEMU. */
#ifndef KC_DEVICE_EXPORT_SOURCE_H
#define KC_DEVICE_EXPORT_SOURCE_H

#include <glib.h>
#include <stdbool.h>

/* Patterns are multi-line, and "." is any character. Callers free. */
char *source_replace(const char *text, const char *pattern, const char *replacement);
char *source_find(const char *text, const char *pattern, int group);

/* A file of the device's folder. NULL with STATUS_MISUSE. */
char *source_read(const char *folder, const char *name, GError **error);

/* Names of the folder's files that match @pattern, sorted. */
GPtrArray *source_list(const char *folder, const char *pattern);

/* abi.h as include/uapi/linux/virtio_@name.h; the id is virtio_ids.h's. */
char *source_uapi(const char *abi, const char *name);

/* The same as scripts/update-linux-headers.sh of QEMU makes it. */
char *source_standard_header(const char *uapi);

/* The lines of its copyright, or "". Caller frees. */
char *source_copyright(const char *text);

/* A device.c that declares its structure, too, taken apart. */
struct source_halves {
	char *header, *device;
};

void source_halves_clear(struct source_halves *halves);

/* Fills @halves; false: the structure does not come first, before any function. */
bool source_split(const char *text, const char *name, struct source_halves *halves);

#endif
