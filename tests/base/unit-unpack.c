/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What is packed is told by its first bytes, and comes out as it went in. */
#include "base/status.h"
#include "base/unpack.h"
#include "../unit.h"

#include <fcntl.h>
#include <string.h>
#include <unistd.h>

static const char *const tools[] = {"gzip", "xz", "zstd", "bzip2", "lz4", "lzop", NULL};

static bool is_here(const char *tool)
{
	g_autofree char *path = g_find_program_in_path(tool);

	return path;
}

/* Text that no packer makes much smaller, in a file that @tool has packed. */
static char *pack(const char *folder, const char *tool, GString *text)
{
	g_autofree char *plain = g_build_filename(folder, "plain", NULL);
	char *packed = g_strconcat(plain, ".", tool, NULL);
	g_autofree char *line = g_strdup_printf("%s -c '%s' >'%s'", tool, plain, packed);
	const char *argv[] = {"sh", "-c", line, NULL};
	int status;

	g_string_set_size(text, 0);
	for (int i = 0; i < 20000; i++)
		g_string_append_printf(text, "%u\n", (unsigned)i * 2654435761U);
	assert_true(g_file_set_contents(plain, text->str, text->len, NULL));
	assert_true(g_spawn_sync(NULL, (char **)argv, NULL,
				 G_SPAWN_SEARCH_PATH | G_SPAWN_STDERR_TO_DEV_NULL, NULL, NULL, NULL,
				 NULL, &status, NULL));
	assert_int_equal(status, 0);
	return packed;
}

static void all_comes_out_again(void **state)
{
	for (int i = 0; tools[i]; i++) {
		g_autoptr(GString) text = g_string_new(NULL);
		g_autofree char *packed = NULL, *path = NULL, *back = NULL;
		char head[16] = "";
		gsize len;
		int fd;

		if (!is_here(tools[i]))
			continue;
		packed = pack(*state, tools[i], text);
		assert_true(g_file_get_contents(packed, &back, NULL, NULL));
		assert_string_equal(unpack_tool(back, 8), tools[i]);
		g_clear_pointer(&back, g_free);
		assert_int_equal(unpack_head(packed, head, sizeof(head), NULL), sizeof(head));
		assert_memory_equal(head, text->str, sizeof(head));
		fd = unpack_file(packed, NULL);
		assert_true(fd >= 0);
		path = g_strdup_printf("/proc/self/fd/%d", fd);
		assert_true(g_file_get_contents(path, &back, &len, NULL));
		assert_int_equal(len, text->len);
		assert_memory_equal(back, text->str, len);
		close(fd);
	}
}

/* The tool's own words say what is wrong. */
static void what_is_cut_short_is_refused(void **state)
{
	for (int i = 0; tools[i]; i++) {
		g_autoptr(GString) text = g_string_new(NULL);
		g_autofree char *packed = NULL;
		GError *error = NULL;

		if (!is_here(tools[i]))
			continue;
		packed = pack(*state, tools[i], text);
		assert_int_equal(truncate(packed, 20000), 0);
		assert_int_equal(unpack_file(packed, &error), -1);
		assert_refused(error, STATUS_MISUSE, tools[i]);
	}
}

static void what_is_not_packed_is_refused(void **state)
{
	g_autofree char *path = g_build_filename(*state, "text", NULL);
	g_autofree char *absent = g_build_filename(*state, "absent", NULL);
	GError *error = NULL;

	assert_true(g_file_set_contents(path, "plain text", -1, NULL));
	assert_null(unpack_tool("plain text", 10));
	assert_null(unpack_tool("", 0));
	assert_null(unpack_tool("\x1f", 1));
	assert_int_equal(unpack_file(path, &error), -1);
	assert_refused(error, STATUS_MISUSE, "it is not packed");
	assert_int_equal(unpack_file(absent, &error), -1);
	assert_refused(error, STATUS_MISUSE, "No such file");
}

static void a_missing_tool_is_named_with_its_package(void **state)
{
	g_autofree char *path = g_build_filename(*state, "x.xz", NULL);
	g_autofree char *before = g_strdup(g_getenv("PATH"));
	GError *error = NULL;

	assert_true(g_file_set_contents(path,
					"\xfd"
					"7zXZ\0rest",
					10, NULL));
	g_setenv("PATH", *state, TRUE);
	assert_int_equal(unpack_file(path, &error), -1);
	g_setenv("PATH", before, TRUE);
	assert_refused(error, STATUS_HOST_NOT_READY, "'apt install xz-utils'");
}

static const struct CMUnitTest tests[] = {
	cmocka_unit_test_setup_teardown(all_comes_out_again, unit_folder, unit_folder_drop),
	cmocka_unit_test_setup_teardown(what_is_cut_short_is_refused, unit_folder,
					unit_folder_drop),
	cmocka_unit_test_setup_teardown(what_is_not_packed_is_refused, unit_folder,
					unit_folder_drop),
	cmocka_unit_test_setup_teardown(a_missing_tool_is_named_with_its_package, unit_folder,
					unit_folder_drop),
};

UNIT_MAIN(tests)
