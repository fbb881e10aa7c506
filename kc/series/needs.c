/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "series/needs.h"
#include "test/list.h"

#include <string.h>

#define HELLO "hello_virtio"
#define HELLO_DEVICE "virtio-hello-pci" /* which a machine has unless others are named */

static void needs_init(struct needs *needs)
{
	needs->modules = g_ptr_array_new_with_free_func(g_free);
	needs->devices = g_ptr_array_new_with_free_func(g_free);
}

static void add_module(struct needs *needs, const char *text)
{
	g_autofree char *name = g_strndup(text, strcspn(text, " "));

	/* A file of the user's is no business of ours. */
	if (!strchr(name, '/') && !g_str_has_suffix(name, ".ko") &&
	    !g_ptr_array_find_with_equal_func(needs->modules, name, g_str_equal, NULL))
		g_ptr_array_add(needs->modules, g_steal_pointer(&name));
}

/* Its type, of "TYPE,property=..."; only QEMU knows what JSON is. */
static void add_device(struct needs *needs, const char *option)
{
	g_autofree char *type = g_strndup(option, strcspn(option, ","));

	if (!strpbrk(type, "{=") &&
	    !g_ptr_array_find_with_equal_func(needs->devices, type, g_str_equal, NULL))
		g_ptr_array_add(needs->devices, g_steal_pointer(&type));
}

static bool has_module(const struct needs *needs, const char *name)
{
	return g_ptr_array_find_with_equal_func(needs->modules, name, g_str_equal, NULL);
}

static void add_test(struct needs *needs, const struct test *test)
{
	struct needs own;

	needs_init(&own);
	for (int i = 0; test->launch.devices && test->launch.devices[i]; i++)
		add_device(needs, test->launch.devices[i]);
	for (int i = 0; test->transfer.modules && test->transfer.modules[i]; i++) {
		add_module(&own, test->transfer.modules[i]);
		add_module(needs, test->transfer.modules[i]);
	}
	if (!test->launch.devices && !test->launch.no_device && has_module(&own, HELLO))
		add_device(needs, HELLO_DEVICE);
	needs_clear(&own);
}

static void add_tests(struct needs *needs, char *const *words, const struct lab *lab)
{
	g_autoptr(GPtrArray) names = g_ptr_array_new();
	g_autoptr(GPtrArray) tests = NULL;

	for (; *words; words++)
		if (**words != '-')
			g_ptr_array_add(names, *words);
	g_ptr_array_add(names, NULL);
	tests = test_list_find(lab, (char *const *)names->pdata, NULL);
	for (guint i = 0; tests && i < tests->len; i++)
		add_test(needs, g_ptr_array_index(tests, i));
}

/* The value of an option that is @word, or that @word begins with; NULL: it is another. */
static const char *value_of(const char *word, const char *next, const char *option)
{
	size_t len = strlen(option);

	if (!g_str_has_prefix(word, option))
		return NULL;
	return word[len] == '=' ? word + len + 1 : word[len] ? NULL : next;
}

static const char *device_of(const char *word, const char *next)
{
	const char *whole = value_of(word, next, "--device");

	if (whole || !g_str_has_prefix(word, "-d"))
		return whole;
	return word[2] ? word + 2 : next;
}

static void add_command(struct needs *needs, char *const *words)
{
	bool device = false;

	for (; *words && **words == '-' && !g_str_equal(*words, "--"); words++) {
		const char *module = value_of(*words, words[1], "--module");
		const char *other = device_of(*words, words[1]);

		if (module)
			add_module(needs, module);
		if (other)
			add_device(needs, other);
		device |= other || g_str_equal(*words, "--no-device");
		/* An option's value may follow as a word; none of ours begins with '-'. */
		if (words[1] && *words[1] != '-' && !strchr(*words, '='))
			words++;
	}
	if (!device && has_module(needs, HELLO))
		add_device(needs, HELLO_DEVICE);
}

void needs_find(struct needs *needs, const struct trial *trial, const struct lab *lab)
{
	char *const *words = trial->words + trial->head;

	needs_init(needs);
	if (trial->tests)
		add_tests(needs, words, lab);
	else
		add_command(needs, words);
}

void needs_clear(struct needs *needs)
{
	g_ptr_array_unref(needs->modules);
	g_ptr_array_unref(needs->devices);
}
