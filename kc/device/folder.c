/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "device/folder.h"
#include "base/status.h"

#include <errno.h>
#include <glib/gstdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define LOCAL_LIST "devices.local" /* at the project's root; a folder a line */

bool device_folder_option(const char *value, void *field, GError **error)
{
	g_autofree char *path = g_canonicalize_filename(value, NULL);
	const char *before = g_getenv("KC_DEVICES");
	g_autofree char *all = before && *before ? g_strconcat(before, ":", path, NULL)
						 : g_strdup(path);

	(void)field;
	if (g_file_test(path, G_FILE_TEST_IS_DIR) && !strchr(path, ':'))
		return g_setenv("KC_DEVICES", all, true);
	g_set_error(error, STATUS_ERROR, STATUS_MISUSE,
		    strchr(path, ':') ? "'%s': a ':' parts folders, so none may have it in its name"
				      : "no such folder: '%s'",
		    path);
	return false;
}

static void folder_free(struct device_folder *folder)
{
	g_free(folder->name);
	g_free(folder->path);
	g_free(folder->type);
	g_free(folder);
}

/* What the first match of @pattern in a file of the folder has in its brackets, or NULL. */
static char *read_match(const char *path, const char *name, const char *pattern)
{
	g_autofree char *file = g_build_filename(path, name, NULL);
	g_autofree char *text = NULL;
	g_autoptr(GRegex) regex = g_regex_new(pattern, G_REGEX_MULTILINE, 0, NULL);
	g_autoptr(GMatchInfo) match = NULL;

	if (!g_file_get_contents(file, &text, NULL, NULL) || !g_regex_match(regex, text, 0, &match))
		return NULL;
	return g_match_info_fetch(match, 1);
}

/* "#define VIRTIO_ID_HELLO 63", as the driver and the device read it */
static unsigned read_id(const char *path)
{
	g_autofree char *number = read_match(path, "abi.h", "^#define\\s+VIRTIO_ID_\\w+\\s+(\\d+)");

	return number ? strtoul(number, NULL, 10) : 0;
}

/* A device that is not called as its folder is says so to QEMU, and nowhere else. */
static char *read_type(const char *path, const char *name)
{
	static const char pattern[] = "\\.generic_name = \"([\\w-]+)-pci\"";
	char *type = read_match(path, "device-pci.c", pattern);

	if (!type)
		type = read_match(path, "device.c", pattern);
	return type ? type : g_strconcat("virtio-", name, NULL);
}

static bool clashes(const GPtrArray *folders, const struct device_folder *new, GError **error)
{
	for (guint i = 0; i < folders->len; i++) {
		const struct device_folder *other = folders->pdata[i];
		bool name = g_str_equal(other->name, new->name);

		if (!name && (!new->id || other->id != new->id))
			continue;
		g_set_error(error, STATUS_ERROR, STATUS_MISUSE,
			    "two devices have one %s, %s%u: %s and %s; rename one, or leave it out",
			    name ? "name" : "id", name ? new->name : "", new->id, other->path,
			    new->path);
		return true;
	}
	return false;
}

static bool add(GPtrArray *folders, const char *path, GError **error)
{
	struct device_folder *folder = g_new0(struct device_folder, 1);
	char *real = realpath(path, NULL);

	/* One that is named twice, or by a link, is the same. */
	folder->path = g_strdup(real ? real : path);
	free(real);
	folder->name = g_path_get_basename(folder->path);
	folder->id = read_id(folder->path);
	folder->type = read_type(folder->path, folder->name);
	for (guint i = 0; i < folders->len; i++)
		if (g_str_equal(((struct device_folder *)folders->pdata[i])->path, folder->path)) {
			folder_free(folder);
			return true;
		}
	if (clashes(folders, folder, error)) {
		folder_free(folder);
		return false;
	}
	g_ptr_array_add(folders, folder);
	return true;
}

static bool has_abi(const char *path)
{
	g_autofree char *abi = g_build_filename(path, "abi.h", NULL);

	return g_file_test(abi, G_FILE_TEST_IS_REGULAR);
}

/* Those in @home, of which each has an abi.h. */
static bool add_home(GPtrArray *folders, const char *home, GError **error)
{
	g_autoptr(GDir) dir = g_dir_open(home, 0, NULL);
	const char *name;

	while (dir && (name = g_dir_read_name(dir))) {
		g_autofree char *path = g_build_filename(home, name, NULL);

		if (*name != '.' && has_abi(path) && !add(folders, path, error))
			return false;
	}
	return true;
}

/* A device's own folder, or one that holds several; or none yet, as before 'kc new'. */
static bool add_named(GPtrArray *folders, const char *path, const char *who, GError **error)
{
	if (has_abi(path))
		return add(folders, path, error);
	if (g_file_test(path, G_FILE_TEST_IS_DIR))
		return add_home(folders, path, error);
	g_set_error(error, STATUS_ERROR, STATUS_MISUSE, "%s names '%s', where no folder is", who,
		    path);
	return false;
}

/* As scripts/device-dirs.sh reads them; @base NULL: where kc was called. */
static char *absolute(const char *path, const char *base)
{
	g_autofree char *home = g_str_has_prefix(path, "~/")
					? g_build_filename(g_get_home_dir(), path + 2, NULL)
					: NULL;

	return g_canonicalize_filename(home ? home : path, base);
}

static bool add_listed(GPtrArray *folders, char **paths, const char *who, const char *base,
		       GError **error)
{
	for (int i = 0; paths[i]; i++) {
		const char *line = g_strstrip(paths[i]);
		g_autofree char *path = absolute(line, base);

		if (*line && *line != '#' && !add_named(folders, path, who, error))
			return false;
	}
	return true;
}

static bool add_local(GPtrArray *folders, const struct lab *lab, GError **error)
{
	g_autofree char *file = g_build_filename(lab->root, LOCAL_LIST, NULL);
	g_autofree char *text = NULL;
	g_auto(GStrv) lines = NULL;

	if (!g_file_get_contents(file, &text, NULL, NULL))
		return true;
	lines = g_strsplit(text, "\n", -1);
	return add_listed(folders, lines, LOCAL_LIST, lab->root, error);
}

static gint by_name(gconstpointer a, gconstpointer b)
{
	const struct device_folder *const *x = a, *const *y = b;

	return strcmp((*x)->name, (*y)->name);
}

GPtrArray *device_folders(const struct lab *lab, GError **error)
{
	g_autoptr(GPtrArray) folders = g_ptr_array_new_with_free_func((GDestroyNotify)folder_free);
	g_autofree char *home = g_build_filename(lab->root, "devices", NULL);
	g_autofree char *links = g_build_filename(lab->root, DEVICE_LINKS, NULL);
	const char *wish = g_getenv("KC_DEVICES");
	g_auto(GStrv) paths = g_strsplit(wish ? wish : "", ":", -1);

	if (!add_home(folders, home, error) ||
	    !add_listed(folders, paths, "KC_DEVICES", NULL, error) ||
	    !add_local(folders, lab, error) || !add_home(folders, links, error))
		return NULL;
	g_ptr_array_sort(folders, by_name);
	return g_steal_pointer(&folders);
}

static bool link_folder(const char *links, const struct device_folder *folder, GError **error)
{
	g_autofree char *link = g_build_filename(links, folder->name, NULL);

	if (g_mkdir_with_parents(links, 0777) == 0 &&
	    (symlink(folder->path, link) == 0 || errno == EEXIST))
		return true;
	g_set_error(error, STATUS_ERROR, STATUS_NOT_CARRIED, "cannot link '%s': %s", link,
		    g_strerror(errno));
	return false;
}

bool device_folders_link(const struct lab *lab, GError **error)
{
	g_autoptr(GPtrArray) folders = device_folders(lab, error);
	g_autofree char *links = g_build_filename(lab->root, DEVICE_LINKS, NULL);
	g_autofree char *home = g_build_filename(lab->root, "devices", NULL);
	g_autofree char *real = realpath(home, NULL);

	for (guint i = 0; folders && i < folders->len; i++) {
		const struct device_folder *folder = folders->pdata[i];
		g_autofree char *parent = g_path_get_dirname(folder->path);

		if (g_strcmp0(parent, real) != 0 && !link_folder(links, folder, error))
			return false;
	}
	return folders;
}

const struct device_folder *device_folder_find(const GPtrArray *folders, const char *name)
{
	for (guint i = 0; i < folders->len; i++) {
		const struct device_folder *folder = folders->pdata[i];

		if (g_str_equal(folder->name, name))
			return folder;
	}
	return NULL;
}

static const struct device_folder *owner_of(const GPtrArray *folders, unsigned id)
{
	for (guint i = 0; i < folders->len; i++) {
		const struct device_folder *folder = folders->pdata[i];

		if (folder->id == id)
			return folder;
	}
	return NULL;
}

unsigned device_free_id(const GPtrArray *folders)
{
	for (unsigned id = DEVICE_ID_LAST; id >= DEVICE_ID_FIRST; id--)
		if (!owner_of(folders, id))
			return id;
	return 0;
}

bool device_id_check(const GPtrArray *folders, unsigned id, GError **error)
{
	const struct device_folder *owner = owner_of(folders, id);

	if (id >= DEVICE_ID_FIRST && id <= DEVICE_ID_LAST && !owner)
		return true;
	if (id < DEVICE_ID_FIRST)
		g_set_error(error, STATUS_ERROR, STATUS_MISUSE,
			    "--id %u: 1 to %u are the specification's; %u to %u are free", id,
			    DEVICE_ID_FIRST - 1, DEVICE_ID_FIRST, DEVICE_ID_LAST);
	else if (id > DEVICE_ID_LAST)
		g_set_error(error, STATUS_ERROR, STATUS_MISUSE,
			    "--id %u: virtio-pci reaches no id above %u (PCI id 0x1040 + id, at "
			    "most 0x107f); %u to %u are free",
			    id, DEVICE_ID_LAST, DEVICE_ID_FIRST, DEVICE_ID_LAST);
	else
		g_set_error(error, STATUS_ERROR, STATUS_MISUSE, "--id %u: %s has it", id,
			    owner->path);
	return false;
}
