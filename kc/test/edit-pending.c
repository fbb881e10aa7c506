/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "test/edit-pending.h"

#include <string.h>

static void clear_pending(void *data)
{
	edit_target_free(((struct edit_pending *)data)->target);
}

GArray *edit_pending_new(void)
{
	GArray *pending = g_array_new(FALSE, FALSE, sizeof(struct edit_pending));

	g_array_set_clear_func(pending, clear_pending);
	return pending;
}

static unsigned note_change(GArray *pending, const struct lab *lab, const char *path)
{
	const char *inside = path + strlen(lab->root) + 1;
	unsigned noted = 0;

	for (guint i = 0; i < pending->len; i++) {
		struct edit_pending *one = &g_array_index(pending, struct edit_pending, i);
		size_t len = strlen(one->target->folder);
		unsigned parts = 0;

		if (strncmp(inside, one->target->folder, len) == 0 && inside[len] == '/')
			parts = edit_parts_of(inside + len + 1);
		else if (strncmp(inside, one->target->folder, len) == 0 && !inside[len])
			parts = EDIT_BUILDS;
		else if (g_str_equal(inside, "devices/meson.build"))
			parts = EDIT_DEVICE;
		one->parts |= edit_parts_in(lab, one->target->folder, parts);
		noted |= parts;
	}
	return noted;
}

static bool has_target(const GArray *pending, const char *folder)
{
	for (guint i = 0; i < pending->len; i++)
		if (g_str_equal(g_array_index(pending, struct edit_pending, i).target->folder,
				folder))
			return true;
	return false;
}

static unsigned find_new_targets(GArray *pending, const struct lab *lab)
{
	g_autoptr(GPtrArray) all = edit_target_all(lab);
	unsigned noted = 0;

	while (all->len > 0) {
		struct edit_pending one = {.target = g_ptr_array_steal_index(all, 0), EDIT_BUILDS};

		if (has_target(pending, one.target->folder)) {
			edit_target_free(one.target);
			continue;
		}
		g_array_append_val(pending, one);
		noted |= one.parts;
	}
	return noted;
}

bool edit_pending_watch(const GArray *pending, const struct lab *lab, struct watch *watch,
			GError **error)
{
	g_autofree char *devices = g_build_filename(lab->root, "devices", NULL);
	g_autofree char *modules = g_build_filename(lab->root, "modules", NULL);

	if (!watch_folder(watch, devices, error))
		return false;
	if (g_file_test(modules, G_FILE_TEST_IS_DIR) && !watch_folder(watch, modules, error))
		return false;
	for (guint i = 0; i < pending->len; i++) {
		struct edit_pending *one = &g_array_index(pending, struct edit_pending, i);
		g_autofree char *path = g_build_filename(lab->root, one->target->folder, NULL);

		/* It may be between two of its lives. */
		if (g_file_test(path, G_FILE_TEST_IS_DIR) && !watch_folder(watch, path, error))
			return false;
	}
	return true;
}

bool edit_pending_take(GArray *pending, const struct lab *lab, struct watch *watch, bool all,
		       GError **error)
{
	g_autoptr(GPtrArray) paths = watch_take(watch);
	unsigned noted = all ? find_new_targets(pending, lab) : 0;

	for (guint i = 0; i < paths->len; i++)
		noted |= note_change(pending, lab, g_ptr_array_index(paths, i));
	return edit_pending_watch(pending, lab, watch, error) && noted;
}
