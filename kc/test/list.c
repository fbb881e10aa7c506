/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "test/list.h"
#include "base/status.h"
#include "device/folder.h"
#include "test/file.h"
#include "vm/device-option.h"

#include <string.h>

static const char *const homes[] = {"devices", DEVICE_LINKS, "modules"};

static gint by_name(gconstpointer a, gconstpointer b)
{
	return strcmp(*(const char *const *)a, *(const char *const *)b);
}

static GPtrArray *folders_of(const char *home)
{
	GPtrArray *names = g_ptr_array_new_with_free_func(g_free);
	g_autoptr(GDir) dir = g_dir_open(home, 0, NULL);
	const char *name;

	while (dir && (name = g_dir_read_name(dir)))
		g_ptr_array_add(names, g_strdup(name));
	g_ptr_array_sort(names, by_name);
	return names;
}

/* Devices are what the lab is for: theirs go without the folder's name. */
static char *suite_name(const char *home, const char *name)
{
	return g_str_equal(home, "modules") ? g_build_filename(home, name, NULL) : g_strdup(name);
}

static bool load_home(GPtrArray *tests, const struct lab *lab, const char *home, GError **error)
{
	g_autofree char *folder = g_build_filename(lab->root, home, NULL);
	g_autoptr(GPtrArray) names = folders_of(folder);

	for (guint i = 0; i < names->len; i++) {
		const char *name = g_ptr_array_index(names, i);
		g_autofree char *file = g_build_filename(folder, name, TEST_FILE_NAME, NULL);
		g_autofree char *suite = suite_name(home, name);

		if (g_file_test(file, G_FILE_TEST_EXISTS) &&
		    !test_file_load(tests, file, suite, error))
			return false;
	}
	return true;
}

static GPtrArray *tests_new(void)
{
	return g_ptr_array_new_with_free_func((GDestroyNotify)test_free);
}

static GPtrArray *load_all(const struct lab *lab, GError **error)
{
	g_autoptr(GPtrArray) tests = tests_new();

	if (!device_folders_link(lab, error))
		return NULL;
	for (size_t i = 0; i < G_N_ELEMENTS(homes); i++)
		if (!load_home(tests, lab, homes[i], error))
			return NULL;
	return g_steal_pointer(&tests);
}

/* As many parts of @name, from its end, as @pattern has. */
static const char *same_depth(const char *name, const char *pattern)
{
	const char *at = name + strlen(name);

	for (const char *slash = pattern; slash; slash = strchr(slash + 1, '/')) {
		while (at > name && *--at != '/')
			;
		if (at == name)
			return name;
	}
	return at + 1;
}

/* What is no device's goes by its whole name, so that one of each can be called the same. */
static bool fits(const struct test *test, const char *pattern)
{
	g_autofree char *devices = g_strconcat("devices/", test->name, NULL);
	g_autofree char *suite = g_strconcat("devices/", test->suite, NULL);

	if (g_str_has_prefix(test->name, "modules/"))
		return g_pattern_match_simple(pattern, test->name) ||
		       g_pattern_match_simple(pattern, test->suite);
	return g_pattern_match_simple(pattern, same_depth(devices, pattern)) ||
	       g_pattern_match_simple(pattern, same_depth(suite, pattern));
}

/* The file of tests that @place means; NULL if none. Caller frees. */
static char *file_at(const char *place)
{
	g_autofree char *inside = g_build_filename(place, TEST_FILE_NAME, NULL);

	if (g_str_has_suffix(place, ".ini") && g_file_test(place, G_FILE_TEST_IS_REGULAR))
		return g_strdup(place);
	return g_file_test(inside, G_FILE_TEST_EXISTS) ? g_steal_pointer(&inside) : NULL;
}

/* Inside the lab as seen from its root, so that it can be typed again there. */
static char *suite_of_file(const struct lab *lab, const char *file)
{
	g_autofree char *path = g_canonicalize_filename(file, NULL);
	g_autofree char *root = g_strconcat(lab->root, "/", NULL);
	const char *name = g_str_has_prefix(path, root) ? path + strlen(root) : path;

	if (g_str_has_suffix(name, "/" TEST_FILE_NAME))
		return g_strndup(name, strlen(name) - strlen("/" TEST_FILE_NAME));
	return g_strdup(name);
}

/* "PATH" or "PATH/GROUP", from the current folder or from the lab's root. */
static char *find_file(const struct lab *lab, const char *word, char **group)
{
	g_autofree char *in_lab = g_path_is_absolute(word)
					  ? g_strdup(word)
					  : g_build_filename(lab->root, word, NULL);
	const char *places[] = {word, in_lab};

	for (size_t i = 0; i < G_N_ELEMENTS(places); i++) {
		g_autofree char *above = g_path_get_dirname(places[i]);
		char *file = file_at(places[i]);

		*group = NULL;
		if (file)
			return file;
		file = file_at(above);
		if (file) {
			*group = g_path_get_basename(places[i]);
			return file;
		}
	}
	return NULL;
}

static bool contains(const GPtrArray *tests, const struct test *test)
{
	for (guint i = 0; i < tests->len; i++)
		if (g_str_equal(((struct test *)g_ptr_array_index(tests, i))->name, test->name))
			return true;
	return false;
}

/* Moves what fits from @from to @to; true if anything does. */
static bool take_fitting(GPtrArray *to, GPtrArray *from,
			 bool (*fit)(const struct test *, const char *), const char *pattern)
{
	bool any = false;

	for (guint i = 0; i < from->len;) {
		const struct test *test = g_ptr_array_index(from, i);

		if (pattern && !fit(test, pattern)) {
			i++;
			continue;
		}
		any = true;
		if (contains(to, test))
			g_ptr_array_remove_index(from, i);
		else
			g_ptr_array_add(to, g_ptr_array_steal_index(from, i));
	}
	return any;
}

static bool has_group(const struct test *test, const char *pattern)
{
	return g_pattern_match_simple(pattern, test->group);
}

static bool take_file(GPtrArray *found, const struct lab *lab, const char *word, bool *any,
		      GError **error)
{
	g_autofree char *group = NULL;
	g_autofree char *file = find_file(lab, word, &group);
	g_autofree char *suite = file ? suite_of_file(lab, file) : NULL;
	g_autoptr(GPtrArray) tests = tests_new();

	*any = false;
	if (file && !test_file_load(tests, file, suite, error))
		return false;
	*any = take_fitting(found, tests, has_group, group);
	return true;
}

static bool fits_some(const GPtrArray *tests, const char *pattern)
{
	for (guint i = 0; i < tests->len; i++)
		if (fits(g_ptr_array_index(tests, i), pattern))
			return true;
	return false;
}

static void unknown_word(const GPtrArray *all, const char *word, GError **error)
{
	g_autoptr(GPtrArray) names = g_ptr_array_new();
	const char *nearest;

	for (guint i = 0; i < all->len; i++) {
		const struct test *test = g_ptr_array_index(all, i);

		g_ptr_array_add(names, (char *)test->name);
		g_ptr_array_add(names, (char *)test->suite);
	}
	g_ptr_array_add(names, NULL);
	nearest = options_nearest(word, (const char *const *)names->pdata);
	g_set_error(error, STATUS_ERROR, STATUS_MISUSE,
		    "no test is called '%s', and no " TEST_FILE_NAME
		    " is there; %s%s%s'kc test --list' lists them",
		    word, nearest ? "did you mean '" : "", nearest ? nearest : "",
		    nearest ? "'? " : "");
}

static bool take_word(GPtrArray *found, GPtrArray *all, const struct lab *lab, const char *given,
		      GError **error)
{
	g_autofree char *word = g_strdup(given);
	bool any;

	for (size_t len = strlen(word); len > 1 && word[len - 1] == '/'; len--)
		word[len - 1] = '\0';
	/* What is found already has left the list. */
	any = fits_some(found, word);
	if (take_fitting(found, all, fits, word) || any)
		return true;
	if (!take_file(found, lab, word, &any, error))
		return false;
	if (!any)
		unknown_word(all, given, error);
	return any;
}

static GPtrArray *find(const struct lab *lab, char *const *wanted, GError **error)
{
	g_autoptr(GPtrArray) all = load_all(lab, error);
	g_autoptr(GPtrArray) found = tests_new();

	if (!all)
		return NULL;
	if (!*wanted)
		return g_steal_pointer(&all);
	for (int i = 0; wanted[i]; i++)
		if (!take_word(found, all, lab, wanted[i], error))
			return NULL;
	return g_steal_pointer(&found);
}

/* Before anything is started: launch.c would find it as late as that. */
static bool resolve_devices(struct test *test, struct device_names *names, GError **error)
{
	const char **devices = test->launch.devices;

	for (int i = 0; devices && devices[i]; i++) {
		g_autofree char *device = device_option_resolve(names, test->launch.transport,
								devices[i], error);

		if (!device) {
			g_prefix_error(error, "%s device: ", test->where);
			return false;
		}
		devices[i] = g_string_chunk_insert(test->strings, device);
	}
	return true;
}

GPtrArray *test_list_find(const struct lab *lab, char *const *wanted, GError **error)
{
	g_autoptr(GPtrArray) found = find(lab, wanted, error);
	struct device_names *names = found ? device_names_new(lab, lab->parts[LAB_QEMU], error)
					   : NULL;
	bool resolved = names;

	for (guint i = 0; resolved && i < found->len; i++)
		resolved = resolve_devices(found->pdata[i], names, error);
	device_names_free(names);
	return resolved ? g_steal_pointer(&found) : NULL;
}
