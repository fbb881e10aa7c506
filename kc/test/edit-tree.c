/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "test/edit-tree.h"
#include "base/status.h"
#include "test/edit-make.h"

#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

static const struct {
	const char *name, *variable, *verb, *script;
	const char *mark, *other_mark; /* files of each tree */
} trees[EDIT_TREES] = {
	[EDIT_LINUX] = {"Linux", "LINUX_SRC", "edited-linux", "scripts/edit-linux.sh",
			"include/linux/virtio.h", "Kbuild"},
	[EDIT_QEMU] = {"QEMU", "QEMU_SRC", "edited-qemu", "scripts/edit-qemu.sh",
		       "hw/virtio/virtio.c", "meson.build"},
};

/* The folder that the kernel, or QEMU, was built in. Caller frees. */
static char *build_of(const struct lab *lab, enum edit_tree tree)
{
	g_autofree char *file = g_build_filename(lab->root, "build", "lab", ".linux", NULL);
	g_autofree char *qemu = realpath(lab->parts[LAB_QEMU], NULL);
	char *folder = NULL;

	if (tree == EDIT_QEMU)
		return qemu ? g_path_get_dirname(qemu) : NULL;
	if (g_file_get_contents(file, &folder, NULL, NULL))
		g_strchomp(folder);
	return folder;
}

/* Where its sources are; NULL: that is not known. Caller frees. */
static char *top_of(const struct lab *lab, enum edit_tree tree)
{
	g_autofree char *build = build_of(lab, tree);
	g_autofree char *file = NULL, *folder = NULL;

	if (!build)
		return NULL;
	if (tree == EDIT_LINUX) {
		folder = g_build_filename(build, "source", NULL);
	} else {
		file = g_build_filename(build, "..", "src", ".tree", NULL);
		if (!g_file_get_contents(file, &folder, NULL, NULL))
			return NULL;
		g_strchomp(folder);
	}
	return realpath(folder, NULL);
}

/* Without links in the folders above it, as the trees' tops are; NULL: there is none. */
static char *plain_path(const char *word)
{
	g_autofree char *full = g_canonicalize_filename(word, NULL);
	g_autofree char *above = g_path_get_dirname(full);
	g_autofree char *name = g_path_get_basename(full);
	g_autofree char *folder = realpath(above, NULL);

	if (!folder || !g_file_test(full, G_FILE_TEST_EXISTS))
		return NULL;
	return g_file_test(full, G_FILE_TEST_IS_DIR) ? realpath(full, NULL)
						     : g_build_filename(folder, name, NULL);
}

/* What of @path is below @top; NULL: it is elsewhere. */
static const char *below(const char *top, const char *path)
{
	size_t len = strlen(top);

	if (strncmp(path, top, len) != 0 || (path[len] && path[len] != '/'))
		return NULL;
	return path[len] ? path + len + 1 : path + len;
}

static bool has(const char *folder, const char *name)
{
	g_autofree char *path = g_build_filename(folder, name, NULL);

	return g_file_test(path, G_FILE_TEST_EXISTS);
}

/* A tree that @path lies in, whether it is the lab's or not. Caller frees its top. */
static char *any_top(const char *path, enum edit_tree *tree)
{
	char *folder = g_strdup(path);

	for (;;) {
		char *above;

		for (*tree = 0; *tree < EDIT_TREES; (*tree)++)
			if (has(folder, trees[*tree].mark) && has(folder, trees[*tree].other_mark))
				return folder;
		above = g_path_get_dirname(folder);
		if (g_str_equal(above, folder)) {
			g_free(above);
			g_free(folder);
			return NULL;
		}
		g_free(folder);
		folder = above;
	}
}

static void refuse_other_tree(const struct lab *lab, const char *path, GError **error)
{
	enum edit_tree tree;
	g_autofree char *top = any_top(path, &tree);
	g_autofree char *ours = top ? top_of(lab, tree) : NULL;

	if (top)
		g_set_error(error, STATUS_ERROR, STATUS_MISUSE,
			    "'%s' is in a tree of %s that the lab was not built of%s%s; "
			    "'make all %s=%s' builds it",
			    path, trees[tree].name, ours ? ", which is of " : "", ours ? ours : "",
			    trees[tree].variable, top);
}

/* "kernelcraft: ", as die of scripts/common.sh has it, is not for a line of kc's. */
static char *words_of(const char *said)
{
	g_auto(GStrv) parts = g_strsplit(said, "kernelcraft: ", -1);
	g_autofree char *joined = g_strjoinv("", parts);

	return g_strdelimit(g_strdup(g_strstrip(joined)), "\n", ' ');
}

bool edit_tree_uses(const struct lab *lab, enum edit_tree tree, const char *inside, GError **error)
{
	g_autofree char *script = g_build_filename(lab->root, trees[tree].script, NULL);
	g_autofree char *build = build_of(lab, tree);
	const char *argv[] = {script, "--needs", build, inside, NULL};
	g_autofree char *said = NULL, *words = NULL;
	g_autoptr(GError) cause = NULL;
	int status = 0;

	if (g_spawn_sync(NULL, (char **)argv, NULL, G_SPAWN_STDOUT_TO_DEV_NULL, NULL, NULL, NULL,
			 &said, &status, &cause) &&
	    status == 0)
		return true;
	words = words_of(said ? said : cause->message);
	g_set_error_literal(error, STATUS_ERROR, STATUS_MISUSE, words);
	return false;
}

static struct edit_place *place_in(const struct lab *lab, const char *path)
{
	for (enum edit_tree tree = 0; tree < EDIT_TREES; tree++) {
		g_autofree char *top = top_of(lab, tree);
		struct edit_place *place;

		if (!top || !below(top, path))
			continue;
		place = g_new0(struct edit_place, 1);
		place->tree = tree;
		place->path = g_strdup(path);
		place->inside = below(top, place->path);
		place->folder = g_file_test(path, G_FILE_TEST_IS_DIR);
		return place;
	}
	return NULL;
}

/* "hello/smp4" is a test of a device, and looks like a file that is not there. */
static bool is_missing(const struct lab *lab, const char *word)
{
	g_autofree char *folder = g_path_get_dirname(word);
	g_autofree char *parent = plain_path(folder);
	struct edit_place *place = parent && strchr(word, '/') ? place_in(lab, parent) : NULL;
	bool missing = place || g_path_is_absolute(word) || g_str_has_prefix(word, ".");

	edit_place_free(place);
	return missing;
}

struct edit_place *edit_place_find(const struct lab *lab, const char *word, GError **error)
{
	g_autofree char *path = plain_path(word);
	struct edit_place *place = path ? place_in(lab, path) : NULL;

	if (!path && is_missing(lab, word))
		g_set_error(error, STATUS_ERROR, STATUS_MISUSE, "no such file or folder: '%s'",
			    word);
	else if (path && !place && !below(lab->root, path))
		refuse_other_tree(lab, path, error);
	if (place && !place->folder && !edit_tree_uses(lab, place->tree, place->inside, error))
		g_clear_pointer(&place, edit_place_free);
	return place;
}

void edit_place_free(struct edit_place *place)
{
	if (!place)
		return;
	g_free(place->path);
	g_free(place);
}

/* What editors leave beside a file, and what no compiler reads */
static bool is_source(const char *name)
{
	static const char *const patterns[] = {"*.c",	 "*.h",		 "*.S",	     "*.inc",
					       "Kbuild", "Kconfig*",	 "Makefile", "meson.build",
					       "*.json", "trace-events", "*.hx",     NULL};

	if (*name == '.' || *name == '#')
		return false;
	for (int i = 0; patterns[i]; i++)
		if (g_pattern_match_simple(patterns[i], name))
			return true;
	return false;
}

const char *edit_place_source(const struct edit_place *place, const char *path)
{
	g_autofree char *name = g_path_get_basename(path);
	size_t top = strlen(place->path) - strlen(place->inside);

	if (place->folder ? !below(place->path, path) || !is_source(name)
			  : !g_str_equal(place->path, path))
		return NULL;
	return *place->inside ? path + top : path + top + 1;
}

void edit_built_clear(struct edit_built *built)
{
	g_clear_pointer(&built->modules, g_ptr_array_unref);
}

static void add_module(struct edit_built *built, const char *file)
{
	if (!built->modules)
		built->modules = g_ptr_array_new_with_free_func(g_free);
	if (!g_ptr_array_find_with_equal_func(built->modules, file, g_str_equal, NULL))
		g_ptr_array_add(built->modules, g_strdup(file));
}

/* A line of the scripts', in words; NULL: it is nobody's. Caller frees. */
static char *take_line(struct edit_built *built, const char *line)
{
	g_auto(GStrv) words = g_strsplit(line, " ", 3);
	guint count = g_strv_length(words);

	if (count == 3 && g_str_equal(words[0], "module")) {
		add_module(built, words[2]);
		return g_strdup_printf("module %s", words[1]);
	}
	if (g_str_equal(line, "image"))
		return g_strdup("the kernel's image");
	if (g_str_equal(line, "lab"))
		return g_strdup("kernel, modules and root file system");
	if (g_str_equal(line, "current"))
		return g_strdup("nothing was out of date");
	if (g_str_equal(line, "nothing"))
		return g_strdup("nothing: no object is built of it");
	if (count != 2)
		return NULL;
	return g_strdup_printf("%s object%s, and QEMU of them", words[1],
			       g_str_equal(words[1], "1") ? "" : "s");
}

static void tell(struct edit_built *built, enum edit_tree tree, const char *said, gint64 begin)
{
	g_auto(GStrv) lines = g_strsplit(said, "\n", -1);
	g_autoptr(GString) text = g_string_new(NULL);

	for (int i = 0; lines[i]; i++) {
		g_autofree char *words = *lines[i] ? take_line(built, lines[i]) : NULL;

		if (words)
			g_string_append_printf(text, "%s%s", text->len ? ", " : "", words);
	}
	printf("%s: built in %.1f s: %s\n", trees[tree].name,
	       (g_get_monotonic_time() - begin) / 1e6, text->str);
	fflush(stdout);
}

char *edit_machine(const struct lab *lab, bool disk)
{
	static const enum lab_part parts[] = {LAB_VMLINUX, LAB_INITRAMFS, LAB_QEMU, LAB_DRIVERS};
	size_t count = G_N_ELEMENTS(parts) - (disk ? 0 : 1);
	GString *all = g_string_new(NULL);

	for (size_t i = 0; i < count; i++) {
		g_autofree char *one = lab_build_of(lab->parts[parts[i]]);

		g_string_append_printf(all, "%s\n", one ? one : "");
	}
	return g_string_free(all, FALSE);
}

bool edit_tree_build(const struct lab *lab, enum edit_tree tree, const GPtrArray *files,
		     struct edit_built *built, GError **error)
{
	g_autoptr(GString) list = g_string_new("FILES=");
	g_autofree char *before = edit_machine(lab, false), *after = NULL;
	g_autofree char *drivers = lab_build_of(lab->parts[LAB_DRIVERS]), *now = NULL;
	g_autofree char *said = NULL, *what = NULL;
	gint64 begin = g_get_monotonic_time();
	const char *words[] = {trees[tree].verb, NULL, NULL};

	for (guint i = 0; i < files->len; i++)
		g_string_append_printf(list, "%s%s", i ? " " : "",
				       (const char *)g_ptr_array_index(files, i));
	words[1] = list->str;
	what = g_strdup_printf("%s with %s", trees[tree].name, list->str + strlen("FILES="));
	if (!edit_make(lab, words, what, &said, error))
		return false;
	tell(built, tree, said, begin);
	after = edit_machine(lab, false);
	now = lab_build_of(lab->parts[LAB_DRIVERS]);
	built->machine |= !g_str_equal(before, after);
	built->drivers |= g_strcmp0(drivers, now) != 0;
	return true;
}

static bool is_newer(const char *file, const char *than)
{
	struct stat one, other;

	return stat(file, &one) == 0 && stat(than, &other) == 0 &&
	       (one.st_mtim.tv_sec > other.st_mtim.tv_sec ||
		(one.st_mtim.tv_sec == other.st_mtim.tv_sec &&
		 one.st_mtim.tv_nsec > other.st_mtim.tv_nsec));
}

void edit_tree_add_modules(const struct lab *lab, struct edit_built *built)
{
	g_autofree char *list = g_build_filename(lab->parts[LAB_MODULES], "stock", NULL);
	g_autofree char *text = NULL;
	g_autoptr(GPtrArray) others = NULL;
	g_auto(GStrv) names = NULL;

	if (!g_file_get_contents(list, &text, NULL, NULL))
		return;
	/* In the order of their list: what others use comes first. */
	others = g_steal_pointer(&built->modules);
	names = g_strsplit(text, "\n", -1);
	for (int i = 0; names[i]; i++) {
		g_autofree char *file = g_build_filename(lab->parts[LAB_MODULES], names[i], NULL);

		if (*names[i] && is_newer(file, lab->parts[LAB_INITRAMFS]))
			add_module(built, file);
	}
	for (guint i = 0; others && i < others->len; i++)
		add_module(built, g_ptr_array_index(others, i));
}

static void add_newer(const struct edit_place *place, const char *folder, const char *than,
		      GPtrArray *paths)
{
	g_autoptr(GDir) dir = g_dir_open(folder, 0, NULL);
	const char *name;

	while (dir && (name = g_dir_read_name(dir))) {
		g_autofree char *path = g_build_filename(folder, name, NULL);
		struct stat st;

		if (lstat(path, &st) < 0 || *name == '.')
			continue;
		if (S_ISDIR(st.st_mode))
			add_newer(place, path, than, paths);
		else if (edit_place_source(place, path) && is_newer(path, than))
			g_ptr_array_add(paths, g_steal_pointer(&path));
	}
}

void edit_place_add_newer(const struct lab *lab, const struct edit_place *place, GPtrArray *paths)
{
	g_autofree char *build = build_of(lab, place->tree);
	g_autofree char *made = g_build_filename(
		build, place->tree == EDIT_QEMU ? "qemu-system-x86_64" : "vmlinux", NULL);

	add_newer(place, place->path, made, paths);
}
