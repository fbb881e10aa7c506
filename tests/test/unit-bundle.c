/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The bundle of a failure: whole files, names of their own, a limit of their number. */
#include "test/bundle.h"
#include "../unit.h"

#include <fcntl.h>
#include <glib/gstdio.h>
#include <signal.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

static unsigned count(const char *folder)
{
	g_autoptr(GDir) dir = g_dir_open(folder, 0, NULL);
	unsigned found = 0;

	while (dir && g_dir_read_name(dir))
		found++;
	return found;
}

static void assert_file(const struct bundle *bundle, const char *name, const char *wanted)
{
	g_autofree char *path = g_build_filename(bundle->path, name, NULL);
	g_autofree char *text = NULL;

	assert_true(g_file_get_contents(path, &text, NULL, NULL));
	assert_string_equal(text, wanted);
}

static void what_is_given_is_written(void **state)
{
	g_autofree char *folder = g_build_filename(*state, "build", "failures", NULL);
	const struct bundle_file files[] = {{"verdict.txt", "failed\n", -1},
					    {"hang.txt", NULL, -1},
					    {"empty.txt", "", -1},
					    {"cut.txt", "abcdef", 3}};
	struct bundle bundle;

	bundle_write(&bundle, folder, "hello", files, G_N_ELEMENTS(files));
	assert_null(bundle.trouble);
	assert_file(&bundle, "verdict.txt", "failed\n");
	assert_file(&bundle, "empty.txt", "");
	assert_file(&bundle, "cut.txt", "abc");
	assert_int_equal(count(bundle.path), 3);
	bundle_clear(&bundle);
}

static void odd_names_stay_below_the_folder(void **state)
{
	static const char *const names[] = {"../../x", "a b;c\n", "", ".", "-rf", "\xff/\x01"};

	for (size_t i = 0; i < G_N_ELEMENTS(names); i++) {
		struct bundle bundle;
		g_autofree char *parent = NULL;

		bundle_write(&bundle, *state, names[i], NULL, 0);
		assert_non_null(bundle.path);
		parent = g_path_get_dirname(bundle.path);
		assert_string_equal(parent, *state);
		assert_null(strpbrk(bundle.path + strlen(*state) + 1, "/ ;\n\xff\x01"));
		bundle_clear(&bundle);
	}
	assert_int_equal(count(*state), G_N_ELEMENTS(names));
}

static void sixty_four_at_once_never_meet(void **state)
{
	const struct bundle_file file = {"verdict.txt", "failed\n", -1};

	for (int i = 0; i < 64; i++) {
		struct bundle bundle;

		if (fork() != 0)
			continue;
		bundle_write(&bundle, *state, "same", &file, 1);
		bundle_write(&bundle, *state, "same", &file, 1);
		_exit(bundle.path && !bundle.trouble ? 0 : 1);
	}
	for (int i = 0; i < 64; i++) {
		int status;

		assert_true(wait(&status) > 0);
		assert_int_equal(status, 0);
	}
	assert_int_equal(count(*state), 128);
}

static void make_old(const char *folder, const char *name, int age)
{
	g_autofree char *path = g_build_filename(folder, name, NULL);
	g_autofree char *file = g_build_filename(path, "verdict.txt", NULL);
	struct timespec times[2] = {{.tv_sec = time(NULL) - age}, {.tv_sec = time(NULL) - age}};

	assert_int_equal(mkdir(path, 0777), 0);
	g_file_set_contents(file, "x", 1, NULL);
	utimensat(AT_FDCWD, path, times, 0);
}

static bool has(const char *folder, const char *name)
{
	g_autofree char *path = g_build_filename(folder, name, NULL);

	return g_file_test(path, G_FILE_TEST_EXISTS);
}

static void only_the_newest_stay(void **state)
{
	struct bundle bundle;

	for (int i = 0; i < 30; i++) {
		g_autofree char *name = g_strdup_printf("t-20260101-000000-%d", i);

		make_old(*state, name, 10000 + i);
	}
	make_old(*state, "a user's own", 100000);
	bundle_write(&bundle, *state, "new", NULL, 0);
	bundle_clear(&bundle);
	assert_int_equal(count(*state), BUNDLE_KEEP + 1);
	assert_true(has(*state, "t-20260101-000000-0"));
	assert_true(has(*state, "t-20260101-000000-18"));
	assert_false(has(*state, "t-20260101-000000-19"));
	assert_true(has(*state, "a user's own"));
}

/* A limit on a file's size stands for a disk that is full. */
static void a_full_disk_is_told_and_leaves_no_half_file(void **state)
{
	g_autofree char *large = g_strnfill(100000, 'x');
	const struct bundle_file files[] = {{"verdict.txt", "failed\n", -1},
					    {"console.txt", large, -1},
					    {"replay.txt", "kc", -1}};
	struct rlimit old, tight = {.rlim_cur = 1000};
	struct bundle bundle;

	signal(SIGXFSZ, SIG_IGN);
	getrlimit(RLIMIT_FSIZE, &old);
	tight.rlim_max = old.rlim_max;
	setrlimit(RLIMIT_FSIZE, &tight);
	bundle_write(&bundle, *state, "t", files, G_N_ELEMENTS(files));
	setrlimit(RLIMIT_FSIZE, &old);
	assert_non_null(strstr(bundle.trouble, "console.txt"));
	assert_file(&bundle, "verdict.txt", "failed\n");
	assert_file(&bundle, "replay.txt", "kc");
	assert_int_equal(count(bundle.path), 2);
	bundle_clear(&bundle);
}

static void no_folder_is_told(void **state)
{
	g_autofree char *file = g_build_filename(*state, "file", NULL);
	struct bundle bundle;

	g_file_set_contents(file, "x", 1, NULL);
	bundle_write(&bundle, file, "t", NULL, 0);
	assert_null(bundle.path);
	assert_non_null(strstr(bundle.trouble, file));
	bundle_clear(&bundle);
}

static void versions_name_what_there_is(void **state)
{
	struct lab lab = {.root = *state};
	g_autofree char *text = NULL;

	for (int i = 0; i < LAB_PARTS; i++)
		lab.parts[i] = *state;
	text = bundle_versions(&lab);
	assert_true(g_str_has_prefix(text, "kernel "));
	assert_non_null(strstr(text, "\nhost "));
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, unit_folder, unit_folder_drop)

static const struct CMUnitTest tests[] = {
	TEST(what_is_given_is_written),
	TEST(odd_names_stay_below_the_folder),
	TEST(sixty_four_at_once_never_meet),
	TEST(only_the_newest_stay),
	TEST(a_full_disk_is_told_and_leaves_no_half_file),
	TEST(no_folder_is_told),
	TEST(versions_name_what_there_is),
};

UNIT_MAIN(tests)
