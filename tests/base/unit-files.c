/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Files of the user's and of the lab's: found, written whole. */
#include "base/host-file.h"
#include "lab/lab.h"
#include "base/status.h"
#include "../unit.h"

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

static void make_dirs(const char *name)
{
	g_autofree char *path = path_of(name);

	assert_int_equal(g_mkdir_with_parents(path, 0700), 0);
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
	g_autofree char *path = path_of("old");
	g_autofree char *text = NULL;
	struct host_file *file;

	(void)state;
	assert_true(g_file_set_contents(path, "old", 3, NULL));
	file = host_file_new(path, NULL);
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
	TEST(the_project_is_found_upward),	  TEST(a_built_lab_alone_is_a_project),
	TEST(no_project_is_no_project),		  TEST(kc_root_is_believed_or_refused),
	TEST(a_file_appears_whole_or_not_at_all), TEST(a_file_is_replaced),
	TEST(a_file_in_no_folder_is_refused),
};

UNIT_MAIN(tests)
