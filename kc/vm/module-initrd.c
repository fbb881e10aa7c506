/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "vm/module-initrd.h"
#include "base/cpio.h"
#include "base/host-file.h"
#include "base/status.h"
#include "base/unpack.h"

#include <errno.h>
#include <glib/gstdio.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#define FOLDER "kc-modules"
#define PREFIX "modules-"
#define KEPT_SECONDS (7 * 24 * 3600) /* since its last use */

/* "drivers/char/hw_random/virtio-rng.ko.xz", which is unpacked here, is "003-virtio-rng.ko". */
static char *name_in_archive(guint number, const char *file)
{
	g_autofree char *base = g_path_get_basename(file);
	char *suffix = strstr(base, ".ko");

	if (suffix)
		*suffix = '\0';
	return g_strdup_printf(FOLDER "/%03u-%s.ko", number, base);
}

static bool add_module(GByteArray *archive, guint number, const char *file, GError **error)
{
	g_autofree char *name = name_in_archive(number, file);
	g_autofree char *unpacked = NULL;
	g_autoptr(GError) cause = NULL;
	g_autofree char *data = NULL;
	gsize len = 0;
	int fd = -1;

	if (unpack_tool_of(file)) {
		fd = unpack_file(file, error);
		if (fd < 0)
			return false;
		unpacked = g_strdup_printf("/proc/self/fd/%d", fd);
	}
	if (g_file_get_contents(unpacked ? unpacked : file, &data, &len, &cause))
		cpio_add_file(archive, name, 0644, data, len);
	else
		g_set_error_literal(error, STATUS_ERROR, STATUS_MISUSE, cause->message);
	if (fd >= 0)
		close(fd);
	return data;
}

static bool add_init(GByteArray *archive, const struct lab *lab, GError **error)
{
	g_autofree char *data = NULL;
	gsize len;

	if (!lab_require(lab, LAB_INIT, error) ||
	    !g_file_get_contents(lab->parts[LAB_INIT], &data, &len, error))
		return false;
	cpio_add_file(archive, MODULE_INITRD_INIT + 1, 0755, data, len);
	return true;
}

/* An archive behind another one replaces files of that, and adds its own. */
static bool add_ours(GByteArray *archive, const struct lab *lab, const GPtrArray *files,
		     GError **error)
{
	cpio_align(archive);
	cpio_add_folder(archive, FOLDER);
	for (guint i = 0; i < files->len; i++)
		if (!add_module(archive, i, g_ptr_array_index(files, i), error))
			return false;
	if (!add_init(archive, lab, error))
		return false;
	cpio_end(archive);
	return true;
}

/* By the builds of all that goes into it. */
static char *name_of(const GPtrArray *inputs)
{
	g_autoptr(GString) all = g_string_new(NULL);
	g_autofree char *sum = NULL;

	for (guint i = 0; i < inputs->len; i++) {
		g_autofree char *one = lab_build_of(g_ptr_array_index(inputs, i));

		g_string_append_printf(all, "%s\n", one ? one : "");
	}
	sum = g_compute_checksum_for_string(G_CHECKSUM_SHA256, all->str, all->len);
	return g_strdup_printf(PREFIX "%.32s.cpio", sum);
}

static void drop_old(const char *folder)
{
	g_autoptr(GDir) dir = g_dir_open(folder, 0, NULL);
	time_t old = time(NULL) - KEPT_SECONDS;
	const char *name;

	while (dir && (name = g_dir_read_name(dir))) {
		g_autofree char *path = g_build_filename(folder, name, NULL);
		struct stat st;

		if (g_str_has_prefix(name, PREFIX) && lstat(path, &st) == 0 &&
		    MAX(st.st_atime, st.st_mtime) < old)
			unlink(path);
	}
}

static void append_file(GByteArray *archive, const char *path)
{
	g_autoptr(GMappedFile) file = path ? g_mapped_file_new(path, FALSE, NULL) : NULL;

	if (file)
		g_byte_array_append(archive, (const guint8 *)g_mapped_file_get_contents(file),
				    g_mapped_file_get_length(file));
}

static bool fill(GByteArray *archive, const char *base, const struct lab *lab,
		 const GPtrArray *files, GError **error)
{
	append_file(archive, base);
	if (files)
		return add_ours(archive, lab, files, error);
	cpio_align(archive);
	append_file(archive, lab->parts[LAB_DRIVERS]);
	return true;
}

static bool write_initrd(const char *path, const char *base, const struct lab *lab,
			 const GPtrArray *files, GError **error)
{
	g_autoptr(GByteArray) archive = g_byte_array_new();
	struct host_file *file;
	bool ok;

	if (!fill(archive, base, lab, files, error))
		return false;
	file = host_file_new(path, error);
	ok = file && host_file_write(file, archive->data, archive->len, error) &&
	     host_file_commit(file, error);
	host_file_free(file);
	return ok;
}

static char *path_of(const struct lab *lab, const char *base, const GPtrArray *files)
{
	g_autoptr(GPtrArray) inputs = g_ptr_array_new();
	g_autofree char *name = NULL;

	if (base)
		g_ptr_array_add(inputs, (char *)base);
	for (guint i = 0; files && i < files->len; i++)
		g_ptr_array_add(inputs, g_ptr_array_index(files, i));
	g_ptr_array_add(inputs, lab->parts[files ? LAB_INIT : LAB_DRIVERS]);
	name = name_of(inputs);
	return g_build_filename(lab->root, "build", "cache", name, NULL);
}

char *module_initrd(const char *base, const struct lab *lab, const GPtrArray *files, GError **error)
{
	g_autofree char *path = path_of(lab, base, files);
	g_autofree char *folder = g_path_get_dirname(path);

	if (g_file_test(path, G_FILE_TEST_IS_REGULAR))
		return g_steal_pointer(&path);
	g_mkdir_with_parents(folder, 0777);
	drop_old(folder);
	return write_initrd(path, base, lab, files, error) ? g_steal_pointer(&path) : NULL;
}
