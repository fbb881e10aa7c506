/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A device's folder on the disk: whole, or not at all. */
#ifndef KC_DEVICE_MAKE_H
#define KC_DEVICE_MAKE_H

#include <json-glib/json-glib.h>
#include <stdbool.h>

/*
 * Writes @files (device_render()'s) as the folder @path, which must not be
 * there; it appears under its name once all is in it. Fails with STATUS_MISUSE
 * where it is there already, else with STATUS_NOT_CARRIED, and leaves nothing.
 */
bool device_make(const char *path, JsonNode *files, GError **error);

/*
 * A hidden folder beside @path, which must not be there, for the caller to fill
 * and to rename. Caller frees. Fails as device_make() does.
 */
char *device_scratch_folder(const char *path, GError **error);

/*
 * Removes the folder @path of a device that git, where it is in a work tree,
 * has whole: fails with STATUS_MISUSE where something in it is not committed,
 * unless @force.
 */
bool device_remove(const char *path, bool force, GError **error);

#endif
