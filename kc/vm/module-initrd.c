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

/* One that cannot be inserted is told on the console; whether it was needed shows. */
static const char insert_all[] = "#!/bin/sh\n"
				 "for module in /" FOLDER "/*.ko; do\n"
				 "\tinsmod $module || echo \"kc: cannot insert $module\"\n"
				 "done >/dev/console 2>&1\n";

static const char go_on[] = "rm -r /" FOLDER "\n"
			    "exec /init \"$@\"\n";

/* The disk shows up a moment behind its driver. */
static const char change_root[] =
	"mount -t devtmpfs devtmpfs /dev\n"
	"mount -t proc proc /proc\n"
	"for word in $(cat /proc/cmdline); do\n"
	"\tcase $word in\n"
	"\troot=*) root=${word#root=} ;;\n"
	"\tinit=*) init=${word#init=} ;;\n"
	"\tesac\n"
	"done\n"
	"tries=100\n"
	"while [ ! -b \"$root\" ] && [ $tries -gt 0 ]; do\n"
	"\tusleep 50000\n"
	"\ttries=$((tries - 1))\n"
	"done\n"
	"mkdir -p /kc-root\n"
	"mount \"$root\" /kc-root || echo \"kc: cannot mount $root\" >/dev/console\n"
	"umount /proc /dev\n"
	"exec switch_root /kc-root \"${init:-/sbin/init}\" \"$@\"\n";

static bool add_module(GByteArray *archive, guint number, const char *file, GError **error)
{
	g_autofree char *name = g_strdup_printf(FOLDER "/%03u.ko", number);
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

/* An archive behind another one replaces files of that, and adds its own. */
static bool add_ours(GByteArray *archive, const GPtrArray *files, const char *script,
		     GError **error)
{
	cpio_align(archive);
	cpio_add_folder(archive, FOLDER);
	for (guint i = 0; i < files->len; i++)
		if (!add_module(archive, i, g_ptr_array_index(files, i), error))
			return false;
	cpio_add_file(archive, MODULE_INITRD_INIT + 1, 0755, script, strlen(script));
	cpio_end(archive);
	return true;
}

static char *name_of(const char *base, const GPtrArray *files, const char *script)
{
	g_autoptr(GString) all = g_string_new(script);
	g_autofree char *build = lab_build_of(base);
	g_autofree char *sum = NULL;

	g_string_append_printf(all, "%s\n", build ? build : "");
	for (guint i = 0; i < files->len; i++) {
		g_autofree char *one = lab_build_of(g_ptr_array_index(files, i));

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

static bool write_initrd(const char *path, const char *base, const GPtrArray *files,
			 const char *script, GError **error)
{
	g_autoptr(GByteArray) archive = g_byte_array_new();
	g_autoptr(GMappedFile) ours = g_mapped_file_new(base, FALSE, NULL);
	struct host_file *file;
	bool ok;

	if (ours)
		g_byte_array_append(archive, (const guint8 *)g_mapped_file_get_contents(ours),
				    g_mapped_file_get_length(ours));
	if (!add_ours(archive, files, script, error))
		return false;
	file = host_file_new(path, error);
	ok = file && host_file_write(file, archive->data, archive->len, error) &&
	     host_file_commit(file, error);
	host_file_free(file);
	return ok;
}

char *module_initrd(const struct machine *machine, const struct lab *lab, const GPtrArray *files,
		    GError **error)
{
	const char *base = machine->initrd ? machine->initrd : lab->parts[LAB_INITRAMFS];
	g_autofree char *script = g_strconcat(insert_all, machine->disk ? change_root : go_on,
					      NULL);
	g_autofree char *folder = g_build_filename(lab->root, "build", "cache", NULL);
	g_autofree char *name = name_of(base, files, script);
	g_autofree char *path = g_build_filename(folder, name, NULL);

	if (machine->disk && !lab_require(lab, LAB_INITRAMFS, error))
		return NULL;
	if (g_file_test(path, G_FILE_TEST_IS_REGULAR))
		return g_steal_pointer(&path);
	g_mkdir_with_parents(folder, 0777);
	drop_old(folder);
	return write_initrd(path, base, files, script, error) ? g_steal_pointer(&path) : NULL;
}
