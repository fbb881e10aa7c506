/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "device/export.h"
#include "device/export-upstream.h"
#include "device/export-source.h"
#include "device/make.h"
#include "base/status.h"

#include <errno.h>
#include <glib/gstdio.h>

typedef struct series *make_series(const struct export_plan *, const char *, GError **);

static bool save(const struct export_plan *plan, make_series *make, const char *scratch,
		 const char *name, GError **error)
{
	g_autofree char *repository = g_build_filename(scratch, ".git-trees", name, NULL);
	g_autofree char *out = g_build_filename(scratch, name, NULL);
	struct series *series;
	bool done;

	if (g_mkdir_with_parents(repository, 0777) < 0) {
		g_set_error(error, STATUS_ERROR, STATUS_NOT_CARRIED, "cannot make '%s': %s",
			    repository, g_strerror(errno));
		return false;
	}
	series = make(plan, repository, error);
	done = series && series_save(series, out, error);
	series_free(series);
	return done;
}

static bool save_all(const struct export_plan *plan, const char *scratch, GError **error)
{
	g_autofree char *trees = g_build_filename(scratch, ".git-trees", NULL);

	return (!plan->linux_tree || save(plan, upstream_linux, scratch, "linux", error)) &&
	       (!plan->qemu_tree || save(plan, upstream_qemu, scratch, "qemu", error)) &&
	       device_remove(trees, true, error);
}

/* The name that each of its sources, and both trees, know the id by. */
static bool check_id(const struct device_folder *folder, GError **error)
{
	g_autofree char *upper = g_ascii_strup(folder->name, -1);
	g_autofree char *define = g_strdup_printf("^#define[ \\t]+VIRTIO_ID_%s[ \\t]", upper);
	g_autofree char *abi = source_read(folder->path, "abi.h", error);
	g_autofree char *found = abi ? source_find(abi, define, 0) : NULL;

	if (abi && !found)
		g_set_error(error, STATUS_ERROR, STATUS_MISUSE,
			    "cannot export '%s': its abi.h has no '#define VIRTIO_ID_%s', as its "
			    "name asks for",
			    folder->path, upper);
	return found;
}

bool device_export(const struct export_plan *plan, GError **error)
{
	g_autofree char *scratch = NULL;

	if (!check_id(plan->folder, error))
		return false;
	scratch = device_scratch_folder(plan->out, error);
	if (!scratch)
		return false;
	if (save_all(plan, scratch, error)) {
		if (g_rename(scratch, plan->out) == 0)
			return true;
		g_set_error(error, STATUS_ERROR, STATUS_NOT_CARRIED, "cannot make '%s': %s",
			    plan->out, g_strerror(errno));
	}
	device_remove(scratch, true, NULL);
	return false;
}
