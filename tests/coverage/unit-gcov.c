/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What is read of counters, on a small program of which each count is known; and what is refused. */
#include "base/status.h"
#include "coverage/gcov.h"
#include "coverage/source.h"
#include "../unit.h"

#include <glib/gstdio.h>
#include <string.h>

static const char program[] = "#include <stdlib.h>\n"
			      "#include \"both.h\"\n"
			      "\n"
			      "static int never(int x)\n"
			      "{\n"
			      "\treturn x;\n"
			      "}\n"
			      "\n"
			      "int main(int argc, char **argv)\n"
			      "{\n"
			      "\tint n = argc > 1 ? atoi(argv[1]) : 0;\n"
			      "\n"
			      "\tfor (int i = 0; i < n; i++)\n"
			      "\t\tn += both(0);\n"
			      "\tif (n < 0)\n"
			      "\t\treturn never(n);\n"
			      "\treturn other(n);\n"
			      "}\n";
static const char other[] = "#include \"both.h\"\n"
			    "int other(int n)\n"
			    "{\n"
			    "\treturn both(n) - n;\n"
			    "}\n";
static const char header[] = "int other(int n);\n"
			     "static int both(int x)\n"
			     "{\n"
			     "\treturn x;\n"
			     "}\n";

static void put(const char *folder, const char *name, const char *text)
{
	g_autofree char *path = g_build_filename(folder, name, NULL);

	assert_true(g_file_set_contents(path, text, -1, NULL));
}

static void run_in(const char *folder, const char *command)
{
	g_autofree char *line = g_strdup_printf("cd '%s' && %s", folder, command);
	const char *argv[] = {"sh", "-c", line, NULL};
	int status = -1;

	assert_true(g_spawn_sync(NULL, (char **)argv, NULL, G_SPAWN_SEARCH_PATH, NULL, NULL, NULL,
				 NULL, &status, NULL));
	assert_int_equal(status, 0);
}

/* Compiled, and run twice, each into a folder of its own: "one" 3 times round, "two" 4 times. */
static void build_and_run(const char *folder)
{
	put(folder, "main.c", program);
	put(folder, "other.c", other);
	put(folder, "both.h", header);
	run_in(folder, "gcc --coverage -c \"$PWD/main.c\" -o \"$PWD/main.o\"");
	run_in(folder, "gcc --coverage -c \"$PWD/other.c\" -o \"$PWD/other.o\"");
	run_in(folder, "gcc --coverage main.o other.o -o prog");
	run_in(folder, "GCOV_PREFIX=\"$PWD/one\" ./prog 3 && GCOV_PREFIX=\"$PWD/two\" ./prog 4");
}

static GPtrArray *folders_of(const char *folder, const char *first, const char *second)
{
	GPtrArray *folders = g_ptr_array_new_with_free_func(g_free);

	g_ptr_array_add(folders, g_build_filename(folder, first, NULL));
	if (second)
		g_ptr_array_add(folders, g_build_filename(folder, second, NULL));
	return folders;
}

static const struct source *source_at(const GPtrArray *sources, const char *name)
{
	for (guint i = 0; i < sources->len; i++) {
		const struct source *source = g_ptr_array_index(sources, i);

		if (g_str_has_suffix(source->path, name))
			return source;
	}
	fail_msg("no %s", name);
	return NULL;
}

static guint64 count_at(const struct source *source, unsigned number)
{
	for (guint i = 0; i < source->lines->len; i++) {
		const struct source_line *line = &g_array_index(source->lines, struct source_line,
								i);

		if (line->number == number)
			return line->count;
	}
	fail_msg("%s: no line %u", source->path, number);
	return 0;
}

static void counts_of_two_runs_are_added(void **state)
{
	g_autoptr(GPtrArray) folders = folders_of(*state, "one", "two");
	g_autofree char *sum = g_build_filename(*state, "sum", NULL);
	g_autoptr(GPtrArray) sources = NULL;
	const struct source *source;
	struct source_sum sums = {0};
	GError *error = NULL;

	build_and_run(*state);
	assert_true(gcov_merge(folders, sum, &error));
	sources = gcov_read(sum, &error);
	assert_non_null(sources);
	/* Neither <stdlib.h> nor any other header of the system's */
	assert_int_equal(sources->len, 3);
	source = source_at(sources, "/main.c");
	assert_int_equal(count_at(source, 14), 3 + 4);
	assert_int_equal(count_at(source, 6), 0);
	assert_int_equal(count_at(source, 17), 2);
	source_add_up(&sums, source);
	assert_int_equal(sums.functions, 2);
	assert_int_equal(sums.functions_run, 1);
	assert_int_equal(sums.lines - sums.lines_run, 3);
	/* Each object has a copy of it */
	source = source_at(sources, "/both.h");
	assert_int_equal(count_at(source, 4), 3 + 4 + 2);
	assert_int_equal(source->functions->len, 1);
	assert_false(source->stale);
}

static void a_source_that_was_changed_since_is_seen(void **state)
{
	g_autoptr(GPtrArray) folders = folders_of(*state, "one", NULL);
	g_autofree char *sum = g_build_filename(*state, "sum", NULL);
	g_autoptr(GPtrArray) sources = NULL;
	GError *error = NULL;

	build_and_run(*state);
	run_in(*state, "touch -d '1 hour' other.c");
	assert_true(gcov_merge(folders, sum, &error));
	sources = gcov_read(sum, &error);
	assert_true(source_at(sources, "/other.c")->stale);
	assert_false(source_at(sources, "/main.c")->stale);
}

/* Built again behind our back */
static void counters_of_another_build_are_refused(void **state)
{
	g_autoptr(GPtrArray) folders = folders_of(*state, "one", NULL);
	g_autofree char *sum = g_build_filename(*state, "sum", NULL);
	GError *error = NULL;

	build_and_run(*state);
	put(*state, "other.c", "int other(int n)\n{\n\tif (n > 7)\n\t\tn++;\n\treturn n;\n}\n");
	run_in(*state, "gcc --coverage -c \"$PWD/other.c\" -o \"$PWD/other.o\"");
	assert_true(gcov_merge(folders, sum, &error));
	assert_null(gcov_read(sum, &error));
	assert_refused(error, STATUS_NOT_CARRIED, "mismatch");
}

static void notes_that_are_gone_are_named(void **state)
{
	g_autoptr(GPtrArray) folders = folders_of(*state, "one", NULL);
	g_autofree char *sum = g_build_filename(*state, "sum", NULL);
	GError *error = NULL;

	build_and_run(*state);
	run_in(*state, "rm other.gcno");
	assert_true(gcov_merge(folders, sum, &error));
	assert_null(gcov_read(sum, &error));
	assert_refused(error, STATUS_NOT_CARRIED, "other.gcno' are missing");
}

static void nothing_counted_is_no_source(void **state)
{
	g_autoptr(GPtrArray) folders = g_ptr_array_new();
	g_autofree char *sum = g_build_filename(*state, "sum", NULL);
	g_autoptr(GPtrArray) sources = NULL;
	GError *error = NULL;

	assert_true(gcov_merge(folders, sum, &error));
	assert_false(g_file_test(sum, G_FILE_TEST_EXISTS));
	sources = gcov_read(sum, &error);
	assert_non_null(sources);
	assert_int_equal(sources->len, 0);
}

static void shares_are_rounded_down(void **state)
{
	(void)state;
	assert_int_equal(source_permille(999999, 1000000), 999);
	assert_int_equal(source_permille(1, 1), 1000);
	assert_int_equal(source_permille(0, 0), 1000);
	assert_int_equal(source_permille(0, 7), 0);
}

#define IN_FOLDER(test) cmocka_unit_test_setup_teardown(test, unit_folder, unit_folder_drop)

static const struct CMUnitTest tests[] = {
	IN_FOLDER(counts_of_two_runs_are_added),
	IN_FOLDER(a_source_that_was_changed_since_is_seen),
	IN_FOLDER(counters_of_another_build_are_refused),
	IN_FOLDER(notes_that_are_gone_are_named),
	IN_FOLDER(nothing_counted_is_no_source),
	cmocka_unit_test(shares_are_rounded_down),
};

UNIT_MAIN(tests)
