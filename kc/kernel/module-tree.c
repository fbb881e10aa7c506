/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "kernel/module-tree.h"
#include "base/status.h"
#include "base/unpack.h"
#include "kernel/module-elf.h"

#include <fts.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define DEPTH_MAX 32 /* of needs: a circle is no tree of modules */

struct module_tree {
	char *folder;
	char *release; /* or NULL */
	GHashTable *files; /* by name */
	GHashTable *built_in; /* names; NULL: the folder does not tell */
};

/* "drivers/char/hw_random/virtio-rng.ko.xz" is virtio_rng; NULL: it is no module. */
static char *name_of(const char *path)
{
	static const char *const suffixes[] = {".ko", ".ko.gz", ".ko.xz", ".ko.zst", NULL};
	g_autofree char *base = g_path_get_basename(path);
	char *suffix = strstr(base, ".ko");

	if (!suffix || !g_strv_contains(suffixes, suffix))
		return NULL;
	*suffix = '\0';
	return g_strdelimit(g_steal_pointer(&base), "-", '_');
}

static void find_files(struct module_tree *tree)
{
	char *const roots[] = {tree->folder, NULL};
	/* Links to a source tree, "build" and "source", are not followed. */
	FTS *walk = fts_open(roots, FTS_PHYSICAL | FTS_NOSTAT | FTS_NOCHDIR, NULL);
	FTSENT *entry;

	while (walk && (entry = fts_read(walk))) {
		bool file = entry->fts_info == FTS_F || entry->fts_info == FTS_NSOK;
		char *name = file ? name_of(entry->fts_path) : NULL;

		if (name)
			g_hash_table_replace(tree->files, name, g_strdup(entry->fts_path));
	}
	if (walk)
		fts_close(walk);
}

static void read_built_in(struct module_tree *tree)
{
	g_autofree char *path = g_build_filename(tree->folder, "modules.builtin", NULL);
	g_autofree char *text = NULL;
	g_auto(GStrv) lines = NULL;

	if (!g_file_get_contents(path, &text, NULL, NULL))
		return;
	tree->built_in = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
	lines = g_strsplit(text, "\n", -1);
	for (int i = 0; lines[i]; i++) {
		char *name = name_of(lines[i]);

		if (name)
			g_hash_table_add(tree->built_in, name);
	}
}

struct module_tree *module_tree_open(const char *folder, const char *release, GError **error)
{
	struct module_tree *tree = g_new0(struct module_tree, 1);

	tree->folder = realpath(folder, NULL);
	tree->release = g_strdup(release);
	tree->files = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, g_free);
	if (tree->folder)
		find_files(tree);
	if (g_hash_table_size(tree->files)) {
		read_built_in(tree);
		return tree;
	}
	g_set_error(error, STATUS_ERROR, STATUS_MISUSE,
		    "no kernel module (.ko, .ko.xz ...) in '%s'", folder);
	module_tree_free(tree);
	return NULL;
}

void module_tree_free(struct module_tree *tree)
{
	if (!tree)
		return;
	free(tree->folder);
	g_free(tree->release);
	g_hash_table_unref(tree->files);
	g_clear_pointer(&tree->built_in, g_hash_table_unref);
	g_free(tree);
}

const char *module_tree_folder(const struct module_tree *tree)
{
	return tree->folder;
}

const char *module_tree_file(const struct module_tree *tree, const char *name)
{
	return g_hash_table_lookup(tree->files, name);
}

bool module_tree_is_built_in(const struct module_tree *tree, const char *name)
{
	return tree->built_in && g_hash_table_contains(tree->built_in, name);
}

bool module_tree_knows_built_in(const struct module_tree *tree)
{
	return tree->built_in;
}

/* "6.1.0-50-cloud-amd64 SMP preempt mod_unload modversions " */
static bool is_of(const char *release, const char *magic)
{
	size_t len = strcspn(magic, " ");

	return !release || (strlen(release) == len && strncmp(magic, release, len) == 0);
}

/* Names, as the build of the modules found them; NULL with @error. */
static char **take_needs(const struct module_tree *tree, const char *file, const char *contents,
			 GError **error)
{
	g_autofree char *why = NULL, *also = NULL;
	g_autofree char *needs = module_elf_info(contents, "depends", &why);
	g_autofree char *magic = module_elf_info(contents, "vermagic", &also);

	if (!needs || !magic)
		g_set_error(error, STATUS_ERROR, STATUS_MISUSE, "'%s' is not a kernel module: %s",
			    file, why ? why : also);
	else if (!is_of(tree->release, magic))
		g_set_error(error, STATUS_ERROR, STATUS_MISUSE,
			    "'%s' is a module of Linux %.*s, the kernel is %s", file,
			    (int)strcspn(magic, " "), magic, tree->release);
	else
		return g_strsplit(needs, ",", -1);
	return NULL;
}

static char **read_needs(const struct module_tree *tree, const char *file, GError **error)
{
	g_autofree char *unpacked = NULL;
	char **needs;
	int fd;

	if (!unpack_tool_of(file))
		return take_needs(tree, file, file, error);
	fd = unpack_file(file, error);
	if (fd < 0)
		return NULL;
	unpacked = g_strdup_printf("/proc/self/fd/%d", fd);
	needs = take_needs(tree, file, unpacked, error);
	close(fd);
	return needs;
}

static bool contains(const GPtrArray *files, const char *file)
{
	for (guint i = 0; i < files->len; i++)
		if (g_str_equal(g_ptr_array_index(files, i), file))
			return true;
	return false;
}

static bool add(const struct module_tree *tree, const char *name, GPtrArray *files, int depth,
		GError **error)
{
	const char *file = module_tree_file(tree, name);
	g_auto(GStrv) needs = NULL;

	if (!file || depth > DEPTH_MAX) {
		g_set_error(error, STATUS_ERROR, STATUS_MISUSE,
			    file ? "'%s' has modules that need each other, such as %s"
				 : "'%s' has no module %s",
			    tree->folder, name);
		return false;
	}
	if (contains(files, file))
		return true;
	needs = read_needs(tree, file, error);
	if (!needs)
		return false;
	for (int i = 0; needs[i]; i++) {
		g_strdelimit(needs[i], "-", '_');
		if (!*needs[i] || module_tree_is_built_in(tree, needs[i]))
			continue;
		if (!add(tree, needs[i], files, depth + 1, error)) {
			g_prefix_error(error, "%s needs %s: ", name, needs[i]);
			return false;
		}
	}
	g_ptr_array_add(files, g_strdup(file));
	return true;
}

bool module_tree_add(const struct module_tree *tree, const char *name, GPtrArray *files,
		     GError **error)
{
	return add(tree, name, files, 0, error);
}
