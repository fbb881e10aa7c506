/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "bench/carry.h"
#include "base/quote.h"
#include "base/status.h"
#include "bench/capture.h"
#include "bench/counts.h"
#include "lab/qemu-devices.h"

#include <errno.h>
#include <glib/gstdio.h>
#include <string.h>

#define TAG COUNT_OWN_ID /* of the mount, too */
#define GUEST "/tmp/" COUNT_OWN_ID

static bool fail(GError **error, const char *what, const char *why)
{
	g_set_error(error, STATUS_ERROR, STATUS_HOST_NOT_READY, "%s: %s", what, why);
	return false;
}

/* "NAME => FILE (ADDRESS)", and the loader: "FILE (ADDRESS)"; of what has no file there is no need. */
static char *file_of(const char *line)
{
	const char *start = strchr(line, '/');

	return start ? g_strndup(start, strcspn(start, " \n")) : NULL;
}

/* The program and its libraries; it alone where it is static. NULL with @error. */
static char **files_of(const char *program, GError **error)
{
	const char *argv[] = {"ldd", program, NULL};
	g_autoptr(GStrvBuilder) files = g_strv_builder_new();
	g_autofree char *said = NULL;
	g_auto(GStrv) lines = NULL;
	int status;

	if (!g_spawn_sync(NULL, (char **)argv, NULL,
			  G_SPAWN_SEARCH_PATH | G_SPAWN_STDERR_TO_DEV_NULL, NULL, NULL, &said, NULL,
			  &status, error))
		return NULL;
	g_strv_builder_add(files, program);
	lines = g_strsplit(status == 0 ? said : "", "\n", -1);
	for (int i = 0; lines[i]; i++) {
		g_autofree char *file = file_of(lines[i]);

		if (strstr(lines[i], "not found")) {
			fail(error, program, g_strstrip(lines[i]));
			return NULL;
		}
		if (file)
			g_strv_builder_add(files, file);
	}
	return g_strv_builder_end(files);
}

/* The files as they are now: another version of one makes another folder. */
static char *folder_for(const struct lab *lab, const char *name, char **files)
{
	g_autoptr(GChecksum) sum = g_checksum_new(G_CHECKSUM_SHA256);
	g_autofree char *last = NULL;

	for (int i = 0; files[i]; i++) {
		g_autofree char *build = lab_build_of(files[i]);

		g_checksum_update(sum, (const guchar *)(build ? build : files[i]), -1);
	}
	last = g_strdup_printf("%s-%.16s", name, g_checksum_get_string(sum));
	return g_build_filename(lab->root, "build", "cache", "programs", last, NULL);
}

static bool copy(char **files, const char *folder, GError **error)
{
	g_autoptr(GStrvBuilder) words = g_strv_builder_new();
	g_autofree char *said = NULL;
	g_auto(GStrv) argv = NULL;
	int status;

	g_strv_builder_add_many(words, "cp", "-L", "--reflink=auto", "-t", folder, NULL);
	g_strv_builder_addv(words, (const char **)files);
	argv = g_strv_builder_end(words);
	if (!g_spawn_sync(NULL, argv, NULL, G_SPAWN_SEARCH_PATH, NULL, NULL, NULL, &said, &status,
			  error))
		return false;
	return status == 0 || fail(error, "cannot copy the load's program", g_strstrip(said));
}

static void remove_folder(const char *folder)
{
	const char *argv[] = {"rm", "-rf", "--", folder, NULL};

	g_spawn_sync(NULL, (char **)argv, NULL, G_SPAWN_SEARCH_PATH, NULL, NULL, NULL, NULL, NULL,
		     NULL);
}

/* Whole or not at all, and another kc may be as fast. */
static bool make(const char *folder, char **files, GError **error)
{
	g_autofree char *parent = g_path_get_dirname(folder);
	g_autofree char *half = g_strconcat(folder, ".XXXXXX", NULL);
	bool made;

	if (g_mkdir_with_parents(parent, 0755) < 0 || !g_mkdtemp_full(half, 0755))
		return fail(error, half, g_strerror(errno));
	made = copy(files, half, error);
	if (made && rename(half, folder) == 0)
		return true;
	if (made && !g_file_test(folder, G_FILE_TEST_IS_DIR))
		made = fail(error, folder, g_strerror(errno));
	remove_folder(half);
	return made;
}

bool carry_init(struct carry *carry, const struct lab *lab, const char *program, GError **error)
{
	g_autofree char *found = g_find_program_in_path(program);
	g_autofree char *file = found ? g_canonicalize_filename(found, NULL) : NULL;
	g_auto(GStrv) files = NULL;

	carry->program = g_path_get_basename(program);
	if (!file)
		return true;
	files = files_of(file, error);
	if (!files)
		return false;
	carry->folder = folder_for(lab, carry->program, files);
	return g_file_test(carry->folder, G_FILE_TEST_IS_DIR) || make(carry->folder, files, error);
}

void carry_clear(struct carry *carry)
{
	g_clear_pointer(&carry->folder, g_free);
	g_clear_pointer(&carry->program, g_free);
}

static void append(char ***words, char *word)
{
	guint n = *words ? g_strv_length(*words) : 0;

	*words = g_renew(char *, *words, n + 2);
	(*words)[n] = word;
	(*words)[n + 1] = NULL;
}

void carry_attach(const struct carry *carry, struct launch *launch)
{
	const char *device = launch->machine.transport == TRANSPORT_PCI ? "virtio-9p-pci"
									: "virtio-9p-device";
	g_auto(GStrv) known = qemu_devices(launch->lab, launch->machine.qemu);
	g_autofree char *path = NULL;

	if (!carry->folder || (known && !g_strv_contains((const char *const *)known, device)))
		return;
	path = quote_qemu(carry->folder);
	append(&launch->extra, g_strdup("-fsdev"));
	append(&launch->extra, g_strdup_printf("local,id=" TAG ",security_model=none,readonly=on,"
					       "path=%s",
					       path));
	append(&launch->devices,
	       g_strdup_printf("%s,id=" TAG ",fsdev=" TAG ",mount_tag=" TAG, device));
	launch->machine.extra = (const char *const *)launch->extra;
	launch->machine.devices = (const char *const *)launch->devices;
}

/* Its pages come over 9p when they are first used: not while it is measured. */
static bool warm_up(char **words, struct vm *vm, gint64 deadline, GError **error)
{
	g_autoptr(GStrvBuilder) argv = g_strv_builder_new();
	g_auto(GStrv) all = NULL;
	struct capture capture;
	bool ran;

	g_strv_builder_addv(argv, (const char **)words);
	g_strv_builder_add(argv, "--version");
	all = g_strv_builder_end(argv);
	ran = capture_run(&capture, vm, (const char *const *)all, NULL, NULL, deadline, error);
	capture_clear(&capture);
	return ran;
}

/* 0: as asked for; 1: there is one already; else what mount said. */
static bool mount(struct vm *vm, const char *program, gint64 deadline, int *status, GError **error)
{
	const char *const argv[] = {
		"sh",
		"-c",
		"command -v \"$1\" >/dev/null && exit 1\n"
		"mkdir -p " GUEST " && mount -t 9p -o trans=virtio,msize=262144,cache=loose,ro " TAG
		" " GUEST " || exit 2",
		"sh",
		program,
		NULL};
	struct capture capture;
	bool ran = capture_run(&capture, vm, argv, NULL, NULL, deadline, error);

	*status = capture.status;
	capture_clear(&capture);
	return ran;
}

static char **loader_words(const struct carry *carry)
{
	g_autoptr(GStrvBuilder) words = g_strv_builder_new();
	g_autofree char *program = g_build_filename(GUEST, carry->program, NULL);
	g_autoptr(GDir) folder = g_dir_open(carry->folder, 0, NULL);
	const char *name = NULL;

	while (folder && (name = g_dir_read_name(folder)) && !g_str_has_prefix(name, "ld-"))
		;
	if (name) {
		g_autofree char *loader = g_build_filename(GUEST, name, NULL);

		g_strv_builder_add_many(words, loader, "--library-path", GUEST, NULL);
	}
	g_strv_builder_add(words, program);
	return g_strv_builder_end(words);
}

char **carry_words(const struct carry *carry, struct vm *vm, gint64 deadline, GError **error)
{
	const char *const own[] = {carry->program, NULL};
	char **words;
	int status;

	if (!mount(vm, carry->program, deadline, &status, error))
		return NULL;
	if (status == 1)
		return g_strdupv((char **)own);
	if (status == 0) {
		words = loader_words(carry);
		if (!warm_up(words, vm, deadline, error))
			g_clear_pointer(&words, g_strfreev);
		return words;
	}
	if (carry->folder)
		g_set_error(error, STATUS_ERROR, STATUS_NOT_CARRIED,
			    "the guest has no '%s', and cannot mount the folder with this host's: "
			    "its kernel needs CONFIG_NET_9P_VIRTIO and CONFIG_9P_FS, its QEMU "
			    "virtio-9p; or put one into its root",
			    carry->program);
	else
		g_set_error(error, STATUS_ERROR, STATUS_NOT_CARRIED,
			    "neither the guest nor this host has '%s'; install it here ('apt "
			    "install %s'), or put it into the guest's root",
			    carry->program, carry->program);
	return NULL;
}
