/* SPDX-License-Identifier: GPL-2.0-or-later */
/* GCC's own tools, which alone read counters: gcov-tool adds them up, gcov tells of which lines. */
#ifndef KC_COVERAGE_GCOV_H
#define KC_COVERAGE_GCOV_H

#include <glib.h>
#include <stdbool.h>

/* Fails with STATUS_HOST_NOT_READY where they are not there. */
bool gcov_check(GError **error);

/*
 * Adds up what the folders have, each files of counters under their whole paths, into @to,
 * which must not be there; with none it is not made. Fails with STATUS_NOT_CARRIED.
 */
bool gcov_merge(const GPtrArray *folders, const char *to, GError **error);

/* What the counters of @folder, as gcov_merge() left it, say of the sources: of struct
 * source, by path; those of headers elsewhere are left out. Caller unrefs. */
GPtrArray *gcov_read(const char *folder, GError **error);

/* The files of counters in a folder, by path. Caller unrefs. */
GPtrArray *gcov_files(const char *folder);

#endif
