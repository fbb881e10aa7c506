/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A disk that is full: what fails on it says nothing of a commit, a kernel or a QEMU. */
#ifndef KC_SERIES_SPACE_H
#define KC_SERIES_SPACE_H

#include <glib.h>
#include <stdbool.h>

/*
 * True with @error, STATUS_HOST_NOT_READY, where the disk of @folder is all but full, or was: a
 * line of @log that begins with @prefix says so. What a linker could not write whole it removes
 * again, so that there may be space by now. For a guest's words, which may be of its own disk,
 * @prefix is "kc: "; else "".
 */
bool space_ran_out(const char *folder, const char *log, const char *prefix, GError **error);

#endif
