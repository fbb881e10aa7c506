/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The table of splats against the kernel's own sources: a row whose words are
 * in none of the strings of the file that it names would never be seen. The
 * tree is the lab's, or LINUX_SRC.
 */
#include "kernel/splat-table.h"
#include "lab/lab.h"
#include "../unit.h"

#include <ctype.h>
#include <stdio.h>
#include <string.h>

struct tree {
	char *root;
	unsigned version;
};

static char *find_tree(void)
{
	g_autofree char *exe = g_file_read_link("/proc/self/exe", NULL);
	g_autofree char *above = exe ? g_path_get_dirname(exe) : NULL;
	g_autofree char *project = above ? lab_search_upward(above) : NULL;
	const char *own = g_getenv("LINUX_SRC");

	if (own && *own)
		return g_strdup(own);
	return project ? g_build_filename(project, "build", "src", "linux", NULL) : NULL;
}

static char *read_file(const struct tree *tree, const char *name)
{
	g_autofree char *path = g_build_filename(tree->root, name, NULL);
	char *text = NULL;

	g_file_get_contents(path, &text, NULL, NULL);
	return text;
}

static unsigned make_variable(const char *makefile, const char *name)
{
	g_autofree char *line = g_strdup_printf("\n%s = ", name);
	const char *at = strstr(makefile, line);

	return at ? g_ascii_strtoull(at + strlen(line), NULL, 10) : 0;
}

static int open_tree(void **state)
{
	struct tree *tree = g_new0(struct tree, 1);
	g_autofree char *makefile = NULL;

	tree->root = find_tree();
	makefile = tree->root ? read_file(tree, "Makefile") : NULL;
	if (makefile)
		tree->version = LINUX(make_variable(makefile, "VERSION"),
				      make_variable(makefile, "PATCHLEVEL"));
	*state = tree;
	return 0;
}

static int close_tree(void **state)
{
	struct tree *tree = *state;

	g_free(tree->root);
	g_free(tree);
	return 0;
}

/* Behind a comment or a character that opens at @at; @at itself if none does. */
static const char *skip_no_string(const char *at)
{
	const char *end = NULL;

	if (g_str_has_prefix(at, "/*"))
		end = strstr(at + 2, "*/");
	else if (at[0] == '\'' && at[1] == '"' && at[2] == '\'')
		return at + 3;
	return end ? end + 2 : at;
}

/* Appends what is quoted at @at, escapes undone; returns what follows. */
static const char *take_literal(const char *at, GString *out)
{
	for (at++; *at && *at != '"'; at++) {
		if (*at != '\\')
			g_string_append_c(out, *at);
		else if (*++at == 'n')
			g_string_append_c(out, '\n');
		else
			g_string_append_c(out, *at);
	}
	return *at ? at + 1 : at;
}

/* All strings of a source file; those that stand side by side are one. */
static GPtrArray *strings_of(const char *source)
{
	GPtrArray *strings = g_ptr_array_new_with_free_func(g_free);
	GString *one = NULL;

	for (const char *at = source; *at;) {
		const char *rest = skip_no_string(at);

		if (rest != at) {
			at = rest;
		} else if (*at == '"') {
			one = one ? one : g_string_new(NULL);
			at = take_literal(at, one);
		} else {
			if (one && !isspace((unsigned char)*at))
				g_ptr_array_add(strings,
						g_string_free(g_steal_pointer(&one), FALSE));
			at++;
		}
	}
	if (one)
		g_ptr_array_add(strings, g_string_free(one, FALSE));
	return strings;
}

/* The first line of what a format prints: a 1 for each value. */
static char *printed(const char *format)
{
	GString *out = g_string_new(NULL);

	for (const char *at = format; *at && *at != '\n'; at++) {
		if (*at != '%') {
			g_string_append_c(out, *at);
			continue;
		}
		at += 1 + strspn(at + 1, "-+ #0123456789.*hlzLt");
		if (*at == 'p')
			at += strspn(at + 1, G_CSET_A_2_Z G_CSET_a_2_z);
		g_string_append_c(out, '1');
		if (!*at)
			break;
	}
	return g_string_free(out, FALSE);
}

/* What pr_*() of this file puts ahead; "" if it does not say. Caller frees. */
static char *prefix_of(const char *source, const char *name)
{
	g_autoptr(GRegex) regex = g_regex_new(
		"#define\\s+pr_fmt\\(fmt\\)\\s+(?:KBUILD_MODNAME\\s+)?\"([^\"]*)\"", 0, 0, NULL);
	g_autoptr(GMatchInfo) match = NULL;
	g_autofree char *base = g_path_get_basename(name);
	g_autofree char *text = NULL, *whole = NULL;

	if (!g_regex_match(regex, source, 0, &match))
		return g_strdup("");
	whole = g_match_info_fetch(match, 0);
	text = g_match_info_fetch(match, 1);
	if (!strstr(whole, "KBUILD_MODNAME"))
		return g_steal_pointer(&text);
	base[strcspn(base, ".")] = '\0';
	return g_strconcat(base, text, NULL);
}

/*
 * A prefix that is not this file's own: a device's name, or the pr_fmt of the
 * file that includes this one.
 */
static const char *without_prefix(const char *pattern)
{
	size_t len = strspn(pattern, G_CSET_a_2_z "*");

	return len && g_str_has_prefix(pattern + len, ": ") ? pattern + len + 2 : pattern;
}

/* A format may open with __func__. */
static bool prints(const char *prefix, const char *format, const char *pattern)
{
	g_autofree char *line = printed(format);
	g_autofree char *whole = g_strconcat(prefix, line, NULL);
	const char *bare = without_prefix(pattern);
	g_autofree char *function = g_strndup(bare, strspn(bare, G_CSET_a_2_z "_"));
	g_autofree char *named = g_strconcat(function, line + (*line == '1'), NULL);

	return g_pattern_match_simple(pattern, whole) || g_pattern_match_simple(pattern, line) ||
	       (!*prefix && g_pattern_match_simple(bare, line)) ||
	       (g_str_has_prefix(format, "%s ") && g_pattern_match_simple(bare, named));
}

static bool is_in(const struct tree *tree, const char *name, const char *pattern)
{
	g_autofree char *source = read_file(tree, name);
	g_autofree char *prefix = source ? prefix_of(source, name) : NULL;
	g_autoptr(GPtrArray) strings = source ? strings_of(source) : NULL;

	for (guint i = 0; strings && i < strings->len; i++)
		if (prints(prefix, g_ptr_array_index(strings, i), pattern))
			return true;
	return false;
}

static bool is_of_version(const struct splat_row *row, unsigned version)
{
	return version >= row->since && (!row->until || version <= row->until);
}

static void each_row_is_what_its_source_prints(void **state)
{
	const struct tree *tree = *state;
	size_t count;
	const struct splat_row *rows = splat_table_rows(&count);
	unsigned missing = 0;

	for (size_t i = 0; i < count; i++) {
		if (!is_of_version(&rows[i], tree->version) ||
		    is_in(tree, rows[i].source, rows[i].pattern))
			continue;
		print_message("# Linux %u.%u: %s prints no '%s'\n", tree->version >> 8,
			      tree->version & 0xff, rows[i].source, rows[i].pattern);
		missing++;
	}
	assert_int_equal(missing, 0);
}

/* The search itself can fail. */
static void other_words_are_not_found(void **state)
{
	static const struct {
		const char *source, *pattern;
	} wrong[] = {
		{"kernel/irq/spurious.c", "irq *: everybody cared (try booting *"},
		{"kernel/fork.c", "BUG: KASAN: *"},
		{"fs/sysfs/dir.c", "kernfs: cannot create duplicate filename '*'"},
		{"lib/kobject.c", "kobject: kobject_add_internal succeeded for *"},
		{"no/such/file.c", "*"},
	};
	const struct tree *tree = *state;

	for (size_t i = 0; i < G_N_ELEMENTS(wrong); i++)
		if (is_in(tree, wrong[i].source, wrong[i].pattern))
			fail_msg("found in %s: %s", wrong[i].source, wrong[i].pattern);
}

static const struct CMUnitTest tests[] = {
	cmocka_unit_test(each_row_is_what_its_source_prints),
	cmocka_unit_test(other_words_are_not_found),
};

static bool have_tree(void)
{
	void *state;
	bool found;

	open_tree(&state);
	found = ((struct tree *)state)->version != 0;
	close_tree(&state);
	return found;
}

int main(void)
{
	if (!have_tree()) {
		puts("1..1\nok 1 - each_row_is_what_its_source_prints # SKIP no source of Linux in "
		     "build/src/linux; LINUX_SRC names another");
		return 0;
	}
	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, open_tree, close_tree);
}
