/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "test/edit.h"
#include "test/edit-make.h"

#include <string.h>

static const struct {
	enum edit_part part;
	const char *name, *verb, *needs;
} parts[] = {
	{EDIT_DRIVER, "driver", "driver", "Kbuild"},
	{EDIT_DEVICE, "device", "device", "meson.build"},
	{EDIT_TEST, "test", "guest-test", "test.c"},
};

static const struct {
	const char *pattern;
	unsigned parts;
} files[] = {
	/* What editors leave beside a file while it is open */
	{".*", 0},
	{"#*", 0},
	{"*~", 0},
	{"driver*.[ch]", EDIT_DRIVER},
	{"Kbuild", EDIT_DRIVER},
	{"device*.[ch]", EDIT_DEVICE},
	{"meson.build", EDIT_DEVICE},
	{"trace-events", EDIT_DEVICE},
	{"test*.[ch]", EDIT_TEST},
	{"tests.ini", EDIT_TESTS},
	/* abi.h, or one that only its folder's build files know */
	{"*.[ch]", EDIT_BUILDS},
};

/* A '*' in front, or "[ch]" behind: no more is needed. */
static bool fits(const char *pattern, const char *name)
{
	size_t len = strlen(pattern);
	g_autofree char *c = NULL, *h = NULL;

	if (!g_str_has_suffix(pattern, "[ch]"))
		return g_pattern_match_simple(pattern, name);
	c = g_strdup_printf("%.*sc", (int)(len - 4), pattern);
	h = g_strdup_printf("%.*sh", (int)(len - 4), pattern);
	return g_pattern_match_simple(c, name) || g_pattern_match_simple(h, name);
}

unsigned edit_parts_of(const char *name)
{
	for (size_t i = 0; i < G_N_ELEMENTS(files); i++)
		if (fits(files[i].pattern, name))
			return files[i].parts;
	return 0;
}

static bool has_file(const struct lab *lab, const char *folder, const char *name)
{
	g_autofree char *path = g_build_filename(lab->root, folder, name, NULL);

	return g_file_test(path, G_FILE_TEST_EXISTS);
}

unsigned edit_parts_in(const struct lab *lab, const char *folder, unsigned wanted)
{
	unsigned present = wanted & EDIT_TESTS;

	for (size_t i = 0; i < G_N_ELEMENTS(parts); i++)
		if ((wanted & parts[i].part) && has_file(lab, folder, parts[i].needs))
			present |= parts[i].part;
	return present;
}

const char *edit_part_name(enum edit_part part)
{
	for (size_t i = 0; i < G_N_ELEMENTS(parts); i++)
		if (parts[i].part == part)
			return parts[i].name;
	g_assert_not_reached();
}

bool edit_part_parse(const char *name, enum edit_part *part)
{
	for (size_t i = 0; i < G_N_ELEMENTS(parts); i++) {
		*part = parts[i].part;
		if (g_str_equal(parts[i].name, name))
			return true;
	}
	return false;
}

static const char *verb_of(enum edit_part part)
{
	for (size_t i = 0; i < G_N_ELEMENTS(parts); i++)
		if (parts[i].part == part)
			return parts[i].verb;
	g_assert_not_reached();
}

bool edit_build(const struct lab *lab, const char *folder, enum edit_part part, GError **error)
{
	g_autofree char *dir = g_strconcat("DIR=", folder, NULL);
	g_autofree char *what = g_strdup_printf("the %s of %s", edit_part_name(part), folder);
	const char *words[] = {verb_of(part), dir, NULL};

	return edit_make(lab, words, what, NULL, error);
}

char *edit_test_program(const struct lab *lab, const char *folder)
{
	g_autofree char *name = g_path_get_basename(folder);
	g_autofree char *file = g_strconcat(name, "_test", NULL);
	g_autofree char *path = g_build_filename(lab->root, "build", "rootfs", "tests", file, NULL);

	if (!has_file(lab, folder, "test.c") || !g_file_test(path, G_FILE_TEST_EXISTS))
		return NULL;
	return g_steal_pointer(&path);
}
