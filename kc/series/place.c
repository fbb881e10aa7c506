/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "series/place.h"
#include "base/status.h"

#include <errno.h>
#include <glib/gstdio.h>
#include <unistd.h>

/* Of the project: tests are found by devices and modules; caches are for all. */
static const char *const shared[] = {
	"devices", "modules",	  "devices.local", "guest",
	"tests",   "build/cache", "build/outside", "build/rootfs",
};

static bool put_link(const char *to, const char *folder, const char *name, GError **error)
{
	g_autofree char *at = g_build_filename(folder, name, NULL);

	g_unlink(at);
	if (!g_file_test(to, G_FILE_TEST_EXISTS) || symlink(to, at) == 0)
		return true;
	g_set_error(error, STATUS_ERROR, STATUS_HOST_NOT_READY, "cannot make the link '%s': %s", at,
		    g_strerror(errno));
	return false;
}

static bool put_links(const char *from, const char *folder, GError **error)
{
	g_autoptr(GDir) dir = g_dir_open(from, 0, NULL);
	const char *name;

	while (dir && (name = g_dir_read_name(dir))) {
		g_autofree char *to = g_build_filename(from, name, NULL);

		/* The debug kernel's parts are of the lab's own kernel. */
		if (!g_str_equal(name, "debug") && !put_link(to, folder, name, error))
			return false;
	}
	return true;
}

static bool fill(const struct lab *lab, const char *root, const char *const *parts, GError **error)
{
	g_autofree char *ours = g_build_filename(lab->root, "build", "lab", NULL);
	g_autofree char *theirs = g_build_filename(root, "build", "lab", NULL);

	for (size_t i = 0; i < G_N_ELEMENTS(shared); i++) {
		g_autofree char *to = g_build_filename(lab->root, shared[i], NULL);

		if (!put_link(to, root, shared[i], error))
			return false;
	}
	if (!put_links(ours, theirs, error))
		return false;
	for (; *parts; parts++)
		if (!put_links(*parts, theirs, error))
			return false;
	return true;
}

char *place_make(const struct lab *lab, const char *folder, const char *const *parts,
		 GError **error)
{
	g_autofree char *root = g_build_filename(folder, "root", NULL);
	g_autofree char *inside = g_build_filename(root, "build", "lab", NULL);
	g_autofree char *cache = g_build_filename(lab->root, "build", "cache", NULL);

	g_mkdir_with_parents(cache, 0777);
	if (g_mkdir_with_parents(inside, 0777) < 0) {
		g_set_error(error, STATUS_ERROR, STATUS_HOST_NOT_READY, "cannot make '%s': %s",
			    inside, g_strerror(errno));
		return NULL;
	}
	return fill(lab, root, parts, error) ? g_steal_pointer(&root) : NULL;
}
