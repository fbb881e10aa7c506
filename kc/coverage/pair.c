/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "coverage/pair.h"
#include "device/folder.h"

#include <stdlib.h>
#include <string.h>

#define CORE "virtio itself"

const char *side_name(enum side side)
{
	return side == SIDE_DRIVER ? "driver" : "device";
}

/* Of virtio's queues and buses, not of a device, in Linux and in QEMU */
static bool is_core(const char *stem)
{
	static const char *const stems[] = {
		"virtio",	 "virtio-ring",	   "virtio-mmio",      "virtio-bus", "virtio-debug",
		"virtio-anchor", "virtio-dma-buf", "virtio-config-io", NULL,
	};

	return g_strv_contains(stems, stem) || g_str_has_prefix(stem, "virtio-pci");
}

/* Where the two sides differ in more than '_' and '-' */
static const char *known_name(const char *stem)
{
	static const char *const names[][2] = {
		{"virtio-serial-bus", "virtio-console"},
		{"trans-virtio", "virtio-9p"},
		{"virtio-9p-device", "virtio-9p"},
		{"virtio-blk-common", "virtio-blk"},
	};

	for (guint i = 0; i < G_N_ELEMENTS(names); i++)
		if (g_str_equal(stem, names[i][0]))
			return names[i][1];
	return is_core(stem) ? CORE : stem;
}

static char *real_path(const char *path)
{
	char *real = realpath(path, NULL);
	char *copy = g_strdup(real ? real : path);

	free(real);
	return copy;
}

/* In a folder of a device, of a module of ours, or of Linux' and QEMU's own */
static char *pair_name(const struct lab *lab, const GPtrArray *folders, const char *path)
{
	g_autofree char *folder = g_path_get_dirname(path);
	g_autofree char *base = g_path_get_basename(path);
	g_autofree char *root = real_path(lab->root);

	for (guint i = 0; i < folders->len; i++) {
		const struct device_folder *device = g_ptr_array_index(folders, i);
		g_autofree char *real = real_path(device->path);

		if (g_str_equal(real, folder))
			return g_strdup(device->name);
	}
	if (g_str_has_prefix(folder, root) && folder[strlen(root)] == '/' &&
	    !g_str_has_prefix(folder + strlen(root), "/build/"))
		return g_strdup(folder + strlen(root) + 1);
	base[strcspn(base, ".")] = '\0';
	return g_strdup(known_name(g_strdelimit(base, "_", '-')));
}

static void pair_free(void *data)
{
	struct pair *pair = data;

	for (int side = 0; side < SIDES; side++)
		g_ptr_array_unref(pair->halves[side].sources);
	g_free(pair->name);
	g_free(pair);
}

static struct pair *find_pair(GPtrArray *pairs, const char *name)
{
	struct pair *pair;

	for (guint i = 0; i < pairs->len; i++) {
		pair = g_ptr_array_index(pairs, i);
		if (g_str_equal(pair->name, name))
			return pair;
	}
	pair = g_new0(struct pair, 1);
	pair->name = g_strdup(name);
	for (int side = 0; side < SIDES; side++)
		pair->halves[side].sources = g_ptr_array_new();
	g_ptr_array_add(pairs, pair);
	return pair;
}

static const struct source *find_source(const GPtrArray *sources, const char *path)
{
	for (guint i = 0; i < sources->len; i++) {
		const struct source *source = g_ptr_array_index(sources, i);

		if (g_str_equal(source->path, path))
			return source;
	}
	return NULL;
}

/* QEMU runs something of each device whatever a machine has: that is in @idle. */
static bool ran_more(const struct source *source, const GPtrArray *idle)
{
	const struct source *before = idle ? find_source(idle, source->path) : NULL;

	for (guint i = 0; i < source->lines->len; i++) {
		const struct source_line *line = &g_array_index(source->lines, struct source_line,
								i);
		bool was_idle = before && i < before->lines->len &&
				g_array_index(before->lines, struct source_line, i).count > 0;

		if (line->count > 0 && !was_idle)
			return true;
	}
	return false;
}

static bool add_side(GPtrArray *pairs, const struct lab *lab, enum side side,
		     const GPtrArray *sources, const GPtrArray *idle, GError **error)
{
	g_autoptr(GPtrArray) folders = device_folders(lab, error);

	for (guint i = 0; folders && i < sources->len; i++) {
		struct source *source = g_ptr_array_index(sources, i);
		g_autofree char *name = pair_name(lab, folders, source->path);
		struct half *half = &find_pair(pairs, name)->halves[side];

		g_ptr_array_add(half->sources, source);
		source_add_up(&half->sum, source);
		half->met |= ran_more(source, side == SIDE_DEVICE ? idle : NULL);
	}
	return folders;
}

static gint by_name(gconstpointer a, gconstpointer b)
{
	const struct pair *one = *(struct pair *const *)a, *other = *(struct pair *const *)b;
	bool last = g_str_equal(one->name, CORE), others_last = g_str_equal(other->name, CORE);

	return last != others_last ? last - others_last : strcmp(one->name, other->name);
}

GPtrArray *pairs_new(const struct lab *lab, const GPtrArray *const sources[SIDES],
		     const GPtrArray *idle, GError **error)
{
	GPtrArray *pairs = g_ptr_array_new_with_free_func(pair_free);

	for (int side = 0; side < SIDES; side++) {
		if (add_side(pairs, lab, side, sources[side], idle, error))
			continue;
		g_ptr_array_unref(pairs);
		return NULL;
	}
	for (guint i = pairs->len; i-- > 0;) {
		const struct pair *pair = g_ptr_array_index(pairs, i);

		if (!pair->halves[SIDE_DRIVER].met && !pair->halves[SIDE_DEVICE].met)
			g_ptr_array_remove_index(pairs, i);
	}
	g_ptr_array_sort(pairs, by_name);
	return pairs;
}

char *pair_file_name(const struct lab *lab, const char *path)
{
	static const char *const trees[] = {"/drivers/", "/net/9p/", "/hw/"};
	g_autofree char *root = real_path(lab->root);
	const char *name = path;

	if (g_str_has_prefix(path, root) && path[strlen(root)] == '/')
		name = path + strlen(root) + 1;
	if (name != path && !g_str_has_prefix(name, "build/"))
		return g_strdup(name);
	for (guint i = 0; i < G_N_ELEMENTS(trees); i++)
		if (strstr(path, trees[i]))
			return g_strdup(g_strrstr(path, trees[i]) + 1);
	return g_strdup(name);
}
