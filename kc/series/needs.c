/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "series/needs.h"
#include "test/list.h"

#include <string.h>

#define HELLO "hello_virtio"

static void add_module(struct needs *needs, const char *text)
{
	g_autofree char *name = g_strndup(text, strcspn(text, " "));

	/* A file of the user's is no business of ours. */
	if (!strchr(name, '/') && !g_str_has_suffix(name, ".ko") &&
	    !g_ptr_array_find_with_equal_func(needs->modules, name, g_str_equal, NULL))
		g_ptr_array_add(needs->modules, g_steal_pointer(&name));
}

static bool has_module(const struct needs *needs, const char *name)
{
	return g_ptr_array_find_with_equal_func(needs->modules, name, g_str_equal, NULL);
}

static void add_test(struct needs *needs, const struct test *test)
{
	struct needs own = {.modules = g_ptr_array_new_with_free_func(g_free)};

	for (int i = 0; test->transfer.modules && test->transfer.modules[i]; i++) {
		add_module(&own, test->transfer.modules[i]);
		add_module(needs, test->transfer.modules[i]);
	}
	needs->hello |= !test->launch.devices && !test->launch.no_device && has_module(&own, HELLO);
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

static void add_command(struct needs *needs, char *const *words)
{
	bool device = false;

	for (; *words && **words == '-' && !g_str_equal(*words, "--"); words++) {
		const char *module = value_of(*words, words[1], "--module");
		bool other = value_of(*words, words[1], "--device") ||
			     g_str_has_prefix(*words, "-d") || g_str_equal(*words, "--no-device");

		if (module)
			add_module(needs, module);
		device |= other;
		/* An option's value may follow as a word; none of ours begins with '-'. */
		if (words[1] && *words[1] != '-' && !strchr(*words, '='))
			words++;
	}
	needs->hello = !device && has_module(needs, HELLO);
}

void needs_find(struct needs *needs, const struct trial *trial, const struct lab *lab)
{
	char *const *words = trial->words + trial->head;

	*needs = (struct needs){.modules = g_ptr_array_new_with_free_func(g_free)};
	if (trial->tests)
		add_tests(needs, words, lab);
	else
		add_command(needs, words);
}

void needs_clear(struct needs *needs)
{
	g_ptr_array_unref(needs->modules);
}
