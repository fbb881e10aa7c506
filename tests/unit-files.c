/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Files of the user's and of the lab's: found, recognised, written whole. */
#include "../kc/host-file.h"
#include "../kc/image.h"
#include "../kc/lab.h"
#include "../kc/status.h"
#include "unit.h"

#include <elf.h>
#include <glib/gstdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static char *folder;

static int make_folder(void **state)
{
	(void)state;
	folder = g_dir_make_tmp("kc-unit-XXXXXX", NULL);
	return folder ? 0 : -1;
}

static int remove_folder(void **state)
{
	const char *argv[] = {"rm", "-rf", folder, NULL};

	(void)state;
	g_unsetenv("KC_ROOT");
	g_spawn_sync(NULL, (char **)argv, NULL, G_SPAWN_SEARCH_PATH, NULL, NULL, NULL, NULL, NULL,
		     NULL);
	g_free(folder);
	return 0;
}

static char *path_of(const char *name)
{
	return g_build_filename(folder, name, NULL);
}

/* @size bytes of zero with @head at @at. */
static char *write_image(const char *name, size_t size, size_t at, const void *head, size_t len)
{
	g_autofree char *bytes = g_malloc0(size + 1);
	char *path = path_of(name);

	memcpy(bytes + at, head, len);
	assert_true(g_file_set_contents(path, bytes, size, NULL));
	return path;
}

static void make_dirs(const char *name)
{
	g_autofree char *path = path_of(name);

	assert_int_equal(g_mkdir_with_parents(path, 0700), 0);
}

static void a_bzimage_is_a_kernel(void **state)
{
	g_autofree char *path = write_image("bzImage", 4096, 0x202, "HdrS", 4);

	(void)state;
	assert_true(image_is_kernel(path, NULL));
}

static char *write_elf(const char *name, guint16 type, guint16 machine, size_t size)
{
	Elf64_Ehdr elf = {.e_type = type, .e_machine = machine};

	memcpy(elf.e_ident, ELFMAG, SELFMAG);
	elf.e_ident[EI_CLASS] = ELFCLASS64;
	return write_image(name, size, 0, &elf, MIN(size, sizeof(elf)));
}

static void a_vmlinux_is_a_kernel(void **state)
{
	g_autofree char *path = write_elf("vmlinux", ET_EXEC, EM_X86_64, 4096);

	(void)state;
	assert_true(image_is_kernel(path, NULL));
}

static void refuse_kernel(char *path, const char *words)
{
	GError *error = NULL;

	assert_false(image_is_kernel(path, &error));
	assert_refused(error, STATUS_MISUSE, words);
	g_free(path);
}

static void what_is_no_kernel_is_named(void **state)
{
	(void)state;
	refuse_kernel(path_of("absent"), "No such file");
	refuse_kernel(g_strdup(folder), "not a file");
	refuse_kernel(g_strdup("/dev/null"), "not a file");
	refuse_kernel(write_image("empty", 0, 0, "", 0), "empty");
	refuse_kernel(write_image("script", 10, 0, "#!/bin/sh", 9), "script");
	refuse_kernel(write_image("cpio", 2000, 0, "070701", 6), "initramfs");
	refuse_kernel(write_image("short", 0x204, 0x202, "Hd", 2), "neither");
	refuse_kernel(write_elf("arm", ET_EXEC, EM_AARCH64, 4096), "ELF");
	refuse_kernel(write_elf("program", ET_DYN, EM_X86_64, 4096), "ELF");
	refuse_kernel(write_elf("cut", ET_EXEC, EM_X86_64, 40), "ELF");
}

static void assert_root(char *path, enum image_root wanted)
{
	enum image_root kind;

	assert_true(image_root_kind(path, &kind, NULL));
	assert_int_equal(kind, wanted);
	g_free(path);
}

static void roots_are_told_apart(void **state)
{
	(void)state;
	assert_root(write_image("a.cpio", 600, 0, "070701", 6), ROOT_INITRD);
	assert_root(write_image("a.gz", 600, 0, "\x1f\x8b", 2), ROOT_INITRD);
	assert_root(write_image("a.zst", 600, 0, "\x28\xb5\x2f\xfd", 4), ROOT_INITRD);
	assert_root(write_image("a.qcow2", 4096, 0, "QFI\xfb", 4), ROOT_QCOW2);
	assert_root(write_image("a.ext4", 4096, 0x438, "\x53\xef", 2), ROOT_RAW);
}

static void refuse_root(char *path, const char *words)
{
	enum image_root kind;
	GError *error = NULL;

	assert_false(image_root_kind(path, &kind, &error));
	assert_refused(error, STATUS_MISUSE, words);
	g_free(path);
}

static void what_is_no_root_is_refused(void **state)
{
	(void)state;
	refuse_root(path_of("absent"), "No such file");
	refuse_root(g_strdup(folder), "not a file");
	refuse_root(write_image("empty", 0, 0, "", 0), "no root");
	refuse_root(write_image("odd", 4097, 0, "x", 1), "no root");
	refuse_root(write_elf("elf", ET_EXEC, EM_X86_64, 4096), "no root");
}

static void the_project_is_found_upward(void **state)
{
	g_autofree char *deep = path_of("p/devices/hello/x");
	g_autofree char *project = path_of("p");
	g_autofree char *found = NULL;

	(void)state;
	make_dirs("p/devices/hello/x");
	make_dirs("p/kc");
	found = lab_search_upward(deep);
	assert_string_equal(found, project);
}

/* A program of that name in a folder "bin" is no project folder. */
static void a_built_lab_alone_is_a_project(void **state)
{
	g_autofree char *program = path_of("q/build/bin/kc");
	g_autofree char *project = path_of("q");
	g_autofree char *found = NULL;

	(void)state;
	make_dirs("q/build/lab");
	make_dirs("q/build/bin");
	found = lab_search_upward(program);
	assert_string_equal(found, project);
}

static void no_project_is_no_project(void **state)
{
	(void)state;
	make_dirs("r/devices");
	g_autofree char *path = path_of("r/devices");

	assert_null(lab_search_upward(path));
	assert_null(lab_search_upward("/"));
}

static void kc_root_is_believed_or_refused(void **state)
{
	g_autofree char *project = path_of("s");
	GError *error = NULL;
	struct lab *lab;

	(void)state;
	make_dirs("s/build/lab");
	g_setenv("KC_ROOT", project, TRUE);
	lab = lab_find(NULL);
	assert_non_null(lab);
	assert_string_equal(lab->root, project);
	assert_false(lab_require(lab, LAB_DISK, &error));
	assert_refused(error, STATUS_HOST_NOT_READY, "'make rootfs'");
	lab_free(lab);
	g_setenv("KC_ROOT", "/nowhere", TRUE);
	assert_null(lab_find(&error));
	assert_refused(error, STATUS_HOST_NOT_READY, "KC_ROOT is '/nowhere'");
}

static guint count_entries(void)
{
	GDir *dir = g_dir_open(folder, 0, NULL);
	guint count = 0;

	while (g_dir_read_name(dir))
		count++;
	g_dir_close(dir);
	return count;
}

static void a_file_appears_whole_or_not_at_all(void **state)
{
	g_autofree char *path = path_of("got");
	struct host_file *file = host_file_new(path, NULL);
	g_autofree char *text = NULL;

	(void)state;
	assert_true(host_file_write(file, "half", 4, NULL));
	assert_int_equal(count_entries(), 0);
	host_file_free(file);
	assert_int_equal(count_entries(), 0);
	file = host_file_new(path, NULL);
	assert_true(host_file_write(file, "whole", 5, NULL));
	assert_true(host_file_commit(file, NULL));
	host_file_free(file);
	assert_true(g_file_get_contents(path, &text, NULL, NULL));
	assert_string_equal(text, "whole");
}

static void a_file_is_replaced(void **state)
{
	g_autofree char *path = write_image("old", 3, 0, "old", 3);
	struct host_file *file = host_file_new(path, NULL);
	g_autofree char *text = NULL;

	(void)state;
	assert_true(host_file_write(file, "new!", 4, NULL));
	assert_true(host_file_commit(file, NULL));
	host_file_free(file);
	assert_true(g_file_get_contents(path, &text, NULL, NULL));
	assert_string_equal(text, "new!");
	assert_int_equal(count_entries(), 1);
}

static void a_file_in_no_folder_is_refused(void **state)
{
	g_autofree char *path = path_of("absent/file");
	GError *error = NULL;

	(void)state;
	assert_null(host_file_new(path, &error));
	assert_refused(error, STATUS_NOT_CARRIED, "absent/file");
	assert_null(host_file_new(folder, &error));
	assert_refused(error, STATUS_NOT_CARRIED, folder);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, make_folder, remove_folder)

static const struct CMUnitTest tests[] = {
	TEST(a_bzimage_is_a_kernel),
	TEST(a_vmlinux_is_a_kernel),
	TEST(what_is_no_kernel_is_named),
	TEST(roots_are_told_apart),
	TEST(what_is_no_root_is_refused),
	TEST(the_project_is_found_upward),
	TEST(a_built_lab_alone_is_a_project),
	TEST(no_project_is_no_project),
	TEST(kc_root_is_believed_or_refused),
	TEST(a_file_appears_whole_or_not_at_all),
	TEST(a_file_is_replaced),
	TEST(a_file_in_no_folder_is_refused),
};

UNIT_MAIN(tests)
