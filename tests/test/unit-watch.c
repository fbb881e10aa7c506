/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Whatever an editor does, its file is told once; and what is built for it. */
#include "test/edit.h"
#include "test/watch.h"
#include "../unit.h"

#include <glib/gstdio.h>
#include <string.h>
#include <unistd.h>

#define SECONDS 10

struct folder {
	char *path;
	struct watch *watch;
};

static char *in(const struct folder *folder, const char *name)
{
	return g_build_filename(folder->path, name, NULL);
}

static void write_file(const struct folder *folder, const char *name, const char *text)
{
	g_autofree char *path = in(folder, name);

	/* In place: g_file_set_contents() would rename. */
	assert_true(g_file_set_contents_full(path, text, -1, G_FILE_SET_CONTENTS_NONE, 0644, NULL));
}

static int open_folder(void **state)
{
	struct folder *folder = g_new0(struct folder, 1);

	folder->path = g_dir_make_tmp("kc-watch-XXXXXX", NULL);
	folder->watch = watch_new(NULL);
	write_file(folder, "driver.c", "old");
	*state = folder;
	return folder->watch && watch_folder(folder->watch, folder->path, NULL) ? 0 : -1;
}

static int close_folder(void **state)
{
	struct folder *folder = *state;
	g_autoptr(GDir) dir = g_dir_open(folder->path, 0, NULL);
	const char *name;

	while (dir && (name = g_dir_read_name(dir))) {
		g_autofree char *path = in(folder, name);

		g_remove(path);
	}
	g_rmdir(folder->path);
	watch_free(folder->watch);
	g_free(folder->path);
	g_free(folder);
	return 0;
}

static GPtrArray *changed(struct folder *folder)
{
	assert_int_equal(watch_wait(folder->watch, loop_deadline(SECONDS)), LOOP_DONE);
	return watch_take(folder->watch);
}

static bool has(const GPtrArray *paths, const struct folder *folder, const char *name)
{
	g_autofree char *path = in(folder, name);

	return g_ptr_array_find_with_equal_func((GPtrArray *)paths, path, g_str_equal, NULL);
}

static void a_file_written_in_place(void **state)
{
	g_autoptr(GPtrArray) paths = NULL;

	write_file(*state, "driver.c", "new");
	write_file(*state, "driver.c", "newer");
	paths = changed(*state);
	assert_int_equal(paths->len, 1);
	assert_true(has(paths, *state, "driver.c"));
	assert_false(watch_has_news(((struct folder *)*state)->watch));
}

static void a_file_renamed_over_another(void **state)
{
	g_autofree char *from = in(*state, ".driver.c.new"), *to = in(*state, "driver.c");
	g_autoptr(GPtrArray) paths = NULL;

	write_file(*state, ".driver.c.new", "new");
	assert_int_equal(rename(from, to), 0);
	paths = changed(*state);
	assert_true(has(paths, *state, "driver.c"));
}

static void a_file_removed(void **state)
{
	g_autofree char *path = in(*state, "driver.c");
	g_autoptr(GPtrArray) paths = NULL;

	assert_int_equal(unlink(path), 0);
	paths = changed(*state);
	assert_true(has(paths, *state, "driver.c"));
}

static void a_link_in_its_place(void **state)
{
	g_autofree char *path = in(*state, "new.c");
	g_autoptr(GPtrArray) paths = NULL;

	assert_int_equal(symlink("driver.c", path), 0);
	paths = changed(*state);
	assert_true(has(paths, *state, "new.c"));
}

static void several_at_once(void **state)
{
	g_autoptr(GPtrArray) paths = NULL;

	write_file(*state, "driver.c", "new");
	write_file(*state, "abi.h", "new");
	write_file(*state, "device.c", "new");
	paths = changed(*state);
	assert_int_equal(paths->len, 3);
}

static void a_folder_that_is_another_now(void **state)
{
	struct folder *folder = *state;
	g_autofree char *file = in(folder, "driver.c");
	g_autoptr(GPtrArray) gone = NULL, back = NULL;

	unlink(file);
	assert_int_equal(rmdir(folder->path), 0);
	gone = changed(folder);
	assert_true(gone->len > 0);
	assert_int_equal(g_mkdir(folder->path, 0755), 0);
	assert_true(watch_folder(folder->watch, folder->path, NULL));
	write_file(folder, "driver.c", "new");
	back = changed(folder);
	assert_true(has(back, folder, "driver.c"));
}

static void more_events_than_the_kernel_keeps(void **state)
{
	struct folder *folder = *state;
	g_autofree char *text = NULL;
	g_autoptr(GPtrArray) paths = NULL;
	unsigned limit;

	assert_true(
		g_file_get_contents("/proc/sys/fs/inotify/max_queued_events", &text, NULL, NULL));
	limit = strtoul(text, NULL, 10);
	if (limit > 100000)
		skip();
	/* Two names in turn: the kernel joins events that are the same. */
	for (unsigned i = 0; i <= limit; i++)
		write_file(folder, i % 2 ? "driver.c" : "device.c", "");
	paths = changed(folder);
	assert_true(g_ptr_array_find_with_equal_func(paths, folder->path, g_str_equal, NULL));
}

static void nothing_is_no_change(void **state)
{
	g_autofree char *path = in(*state, "driver.c");
	char *text = NULL;

	assert_true(g_file_get_contents(path, &text, NULL, NULL));
	g_free(text);
	assert_int_equal(watch_wait(((struct folder *)*state)->watch, loop_deadline(0.2)),
			 LOOP_LATE);
}

static void a_folder_that_is_not_there(void **state)
{
	struct folder *folder = *state;
	GError *error = NULL;

	assert_false(watch_folder(folder->watch, "/nonexistent/devices", &error));
	assert_refused(error, 241, "/nonexistent/devices");
}

static void what_is_built_for_which_file(void **state)
{
	static const struct {
		const char *name;
		unsigned parts;
	} files[] = {
		{"driver.c", EDIT_DRIVER},
		{"driver-files.c", EDIT_DRIVER},
		{"driver.h", EDIT_DRIVER},
		{"Kbuild", EDIT_DRIVER},
		{"device.c", EDIT_DEVICE},
		{"device-queues.c", EDIT_DEVICE},
		{"device.h", EDIT_DEVICE},
		{"meson.build", EDIT_DEVICE},
		{"trace-events", EDIT_DEVICE},
		{"test.c", EDIT_TEST},
		{"test-io.c", EDIT_TEST},
		{"tests.ini", EDIT_TESTS},
		{"abi.h", EDIT_BUILDS},
		{"hello.c", EDIT_BUILDS},
		{"README.md", 0},
		{".driver.c.swp", 0},
		{"driver.c~", 0},
		{"#driver.c#", 0},
		{".#driver.c", 0},
		{"4913", 0},
		{"driver.o", 0},
	};

	(void)state;
	for (size_t i = 0; i < G_N_ELEMENTS(files); i++)
		if (edit_parts_of(files[i].name) != files[i].parts)
			fail_msg("%s: %u", files[i].name, edit_parts_of(files[i].name));
}

static void parts_have_names(void **state)
{
	enum edit_part part;

	(void)state;
	for (unsigned wanted = EDIT_DRIVER; wanted <= EDIT_TEST; wanted <<= 1) {
		assert_true(edit_part_parse(edit_part_name(wanted), &part));
		assert_int_equal(part, wanted);
	}
	assert_false(edit_part_parse("kernel", &part));
}

#define IN_FOLDER(test) cmocka_unit_test_setup_teardown(test, open_folder, close_folder)

static const struct CMUnitTest tests[] = {
	IN_FOLDER(a_file_written_in_place),
	IN_FOLDER(a_file_renamed_over_another),
	IN_FOLDER(a_file_removed),
	IN_FOLDER(a_link_in_its_place),
	IN_FOLDER(several_at_once),
	IN_FOLDER(a_folder_that_is_another_now),
	IN_FOLDER(more_events_than_the_kernel_keeps),
	IN_FOLDER(nothing_is_no_change),
	IN_FOLDER(a_folder_that_is_not_there),
	cmocka_unit_test(what_is_built_for_which_file),
	cmocka_unit_test(parts_have_names),
};

UNIT_MAIN(tests)
