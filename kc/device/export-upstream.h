/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the two series have in common, and each of them. */
#ifndef KC_DEVICE_EXPORT_UPSTREAM_H
#define KC_DEVICE_EXPORT_UPSTREAM_H

#include "device/export-plan.h"
#include "device/export-series.h"

/* An entry of MAINTAINERS, put before the first of @kind (a pattern of headings) that sorts after it. */
bool upstream_maintain(const struct series *series, const struct export_plan *plan,
		       const char *title, const char *kind, const char *list, const char *files,
		       GError **error);

/* Adds VIRTIO_ID_... to the virtio_ids.h @path; fails if the name or the number is taken. */
bool upstream_add_id(const struct series *series, const struct export_plan *plan, const char *path,
		     GError **error);

/* Fails with STATUS_MISUSE where the tree has one of these, which end with NULL. */
bool upstream_check_new(const struct series *series, const char *const *paths, GError **error);

/* Fails with STATUS_MISUSE where a source includes files that are not of its folder. */
bool upstream_check_includes(const char *path, const char *name, const char *text, GError **error);

/* The commits of each; @scratch is an empty folder. Caller frees. */
struct series *upstream_linux(const struct export_plan *plan, const char *scratch, GError **error);
struct series *upstream_qemu(const struct export_plan *plan, const char *scratch, GError **error);

#endif
