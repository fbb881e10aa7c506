// SPDX-License-Identifier: GPL-2.0-or-later
/* What is made of a source by its marks. */
#include "base/status.h"
#include "learn/source.h"
#include "../unit.h"

#include <string.h>

static const char text[] = "a\n"
			   "\t/* learn: cut one */\n"
			   "\tsolved\n"
			   "\tkept\n"
			   "\t/* learn: instead */\n"
			   "\t/* learn: + given */\n"
			   "\t/* learn: mistake wrong */\n"
			   "\t/* learn: - solved */\n"
			   "\t/* learn: + \tmistaken */\n"
			   "\t/* learn: + twice */\n"
			   "\t/* learn: mistake left-out */\n"
			   "\t/* learn: - kept */\n"
			   "\t/* learn: end */\n"
			   "b\n"
			   "/* learn: cut two */\n"
			   "other\n"
			   "/* learn: mistake elsewhere */\n"
			   "/* learn: - other */\n"
			   "/* learn: end */\n"
			   "c\n";

static void makes(const char *from, const struct source_wish *wish, const char *expected)
{
	g_autoptr(GError) error = NULL;
	g_autofree char *made = source_make(from, wish, &error);

	assert_null(error);
	assert_string_equal(made, expected);
}

static void test_variants(void **state)
{
	(void)state;
	makes(text, &(struct source_wish){SOURCE_SOLUTION, "one", "write", NULL},
	      "a\n\tsolved\n\tkept\nb\nother\nc\n");
	makes(text, &(struct source_wish){SOURCE_SKELETON, "one", "write", NULL},
	      "a\n\t/* TODO: write */\n\tgiven\nb\nother\nc\n");
	makes(text, &(struct source_wish){SOURCE_SKELETON, "two", "write", NULL},
	      "a\n\tsolved\n\tkept\nb\n/* TODO: write */\nc\n");
	makes(text, &(struct source_wish){SOURCE_MISTAKE, "one", "write", "wrong"},
	      "a\n\t\tmistaken\n\ttwice\n\tkept\nb\nother\nc\n");
	makes(text, &(struct source_wish){SOURCE_MISTAKE, "one", "write", "left-out"},
	      "a\n\tsolved\nb\nother\nc\n");
	makes("no mark\nat all", &(struct source_wish){SOURCE_SKELETON, "one", "write", NULL},
	      "no mark\nat all\n");
	makes("", &(struct source_wish){SOURCE_SKELETON, "one", "write", NULL}, "");
}

/* A line that was moved up is not the one that is to go. */
static void test_order(void **state)
{
	static const char moved[] = "/* learn: cut one */\n"
				    "x\n"
				    "y\n"
				    "/* learn: mistake moved */\n"
				    "/* learn: - x */\n"
				    "/* learn: + y */\n"
				    "/* learn: + x */\n"
				    "/* learn: - y */\n"
				    "/* learn: end */\n";

	(void)state;
	makes(moved, &(struct source_wish){SOURCE_MISTAKE, "one", NULL, "moved"}, "y\nx\n");
}

static void test_mistakes(void **state)
{
	g_autoptr(GPtrArray) one = source_mistakes(text, "one");
	g_autoptr(GPtrArray) three = source_mistakes(text, "three");

	(void)state;
	assert_int_equal(one->len, 2);
	assert_string_equal(one->pdata[0], "wrong");
	assert_string_equal(one->pdata[1], "left-out");
	assert_int_equal(three->len, 0);
}

static void refuses(const char *from, const char *mistake, const char *words)
{
	const struct source_wish wish = {mistake ? SOURCE_MISTAKE : SOURCE_SOLUTION, "one", NULL,
					 mistake};
	g_autoptr(GError) error = NULL;

	assert_null(source_make(from, &wish, &error));
	assert_true(g_error_matches(error, STATUS_ERROR, STATUS_HOST_NOT_READY));
	assert_non_null(strstr(error->message, words));
}

static void test_wrong_marks(void **state)
{
	(void)state;
	refuses("/* learn: cut one */\nx\n", NULL, "no end");
	refuses("/* learn: end */\n", NULL, "does not belong here");
	refuses("/* learn: cut one */\n/* learn: cut two */\n", NULL, "does not belong here");
	refuses("/* learn: cut one */\n/* learn: + x */\n", NULL, "does not belong here");
	refuses("/* learn: cut one */\n/* learn: instead */\nx\n", NULL, "a line of code");
	refuses("/* learn: cot one */\n", NULL, "does not belong here");
	refuses(text, "never", "no such mistake");
	refuses(text, "elsewhere", "no such mistake");
	refuses("/* learn: cut one */\nx\n/* learn: mistake m */\n/* learn: - y */\n"
		"/* learn: end */\n",
		"m", "no such line");
}

static const struct CMUnitTest tests[] = {
	cmocka_unit_test(test_variants),
	cmocka_unit_test(test_order),
	cmocka_unit_test(test_mistakes),
	cmocka_unit_test(test_wrong_marks),
};

UNIT_MAIN(tests)
