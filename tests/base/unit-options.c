/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The command line: what is taken, what is refused, and with which words. */
#include "base/options.h"
#include "base/status.h"
#include "../unit.h"

#include <string.h>

struct fields {
	const char *name;
	const char **list;
	double seconds;
	unsigned count;
	unsigned size;
	bool on;
};

#define FIELD(name) offsetof(struct fields, name)

static const struct option_row rows[] = {
	{"name", 'n', "TEXT", "a text", option_string, FIELD(name)},
	{"list", 'l', "TEXT", "texts", option_list, FIELD(list)},
	{"timeout", 't', "SECONDS", "a time", option_seconds, FIELD(seconds)},
	{"count", 0, "N", "a number", option_count, FIELD(count)},
	{"memory", 'm', "SIZE", "a size", option_mebibytes, FIELD(size)},
	{"on", 'o', NULL, "a switch", option_on, FIELD(on)},
	{.name = NULL},
};

static const struct option_row *const tables[] = {rows, NULL};

static char **parse(struct fields *fields, const char *words, bool *help, GError **error)
{
	static char **argv; /* the fields point into it */

	memset(fields, 0, sizeof(*fields));
	g_strfreev(argv);
	argv = g_strsplit(words, " ", -1);
	return options_parse(tables, argv, fields, help, error);
}

static void every_spelling_is_taken(void **state)
{
	static const char *const spellings[] = {"--name x", "--name=x", "-n x", "-nx"};
	struct fields fields;
	bool help = false;

	(void)state;
	for (size_t i = 0; i < G_N_ELEMENTS(spellings); i++) {
		char **rest = parse(&fields, spellings[i], &help, NULL);

		assert_non_null(rest);
		assert_null(*rest);
		assert_string_equal(fields.name, "x");
	}
	parse(&fields, "--name=", &help, NULL);
	assert_string_equal(fields.name, "");
	parse(&fields, "--name=--", &help, NULL);
	assert_string_equal(fields.name, "--");
	parse(&fields, "--name -o", &help, NULL);
	assert_string_equal(fields.name, "-o");
	assert_false(fields.on);
}

static void a_list_grows(void **state)
{
	struct fields fields;
	bool help = false;

	(void)state;
	parse(&fields, "-l a --list=b -o -lc", &help, NULL);
	assert_int_equal(g_strv_length((char **)fields.list), 3);
	assert_string_equal(fields.list[0], "a");
	assert_string_equal(fields.list[2], "c");
	assert_true(fields.on);
	g_free(fields.list);
}

static void what_was_said_is_said_again(void **state)
{
	static const struct fields defaults = {.name = "n", .count = 3};
	struct fields one = defaults, other;
	char *words[] = {"--list",   "a b",	  "-o", "--memory", "2G",
			 "--list=c", "--timeout", "3",	NULL};
	char *more[] = {"--list=d", "--name", "n", "--count", "4", NULL};
	bool help = false;
	char *text;

	(void)state;
	assert_non_null(options_parse(tables, words, &one, &help, NULL));
	other = one;
	options_copy_lists(tables, &other);
	assert_non_null(options_parse(tables, more, &other, &help, NULL));
	text = options_text(tables, &one, &defaults);
	assert_string_equal(text, "--list 'a b' --list c --memory 2048 --on");
	g_free(text);
	text = options_text(tables, &other, &defaults);
	assert_string_equal(text, "--list 'a b' --list c --list d --count 4 --memory 2048 --on");
	g_free(text);
	options_clear(tables, &one);
	options_clear(tables, &other);
}

static void a_commands_own_options_are_left_to_it(void **state)
{
	struct fields fields;
	bool help = false;
	char **rest = parse(&fields, "-o ls --on --help -x", &help, NULL);

	(void)state;
	assert_string_equal(rest[0], "ls");
	assert_int_equal(g_strv_length(rest), 4);
	assert_false(help);
	rest = parse(&fields, "-o -- --name", &help, NULL);
	assert_string_equal(rest[0], "--name");
	assert_null(fields.name);
	rest = parse(&fields, "- x", &help, NULL);
	assert_string_equal(rest[0], "-");
}

static void help_is_seen_before_the_command(void **state)
{
	struct fields fields;
	bool help = false;

	(void)state;
	parse(&fields, "-o --help", &help, NULL);
	assert_true(help);
	parse(&fields, "-h", &help, NULL);
	assert_true(help);
}

static void refuse(const char *line, const char *words)
{
	struct fields fields;
	GError *error = NULL;
	bool help = false;

	assert_null(parse(&fields, line, &help, &error));
	assert_refused(error, STATUS_MISUSE, words);
}

static void misuse_is_named(void **state)
{
	(void)state;
	refuse("--nmae x", "did you mean --name?");
	refuse("--frobnicate", "unknown option '--frobnicate'");
	refuse("--x", "'--x'");
	refuse("-x", "'-x'");
	refuse("--n x", "'--n'");
	refuse("--=x", "unknown option");
	refuse("--name", "--name needs a value: TEXT");
	refuse("--name -- x", "--name needs a value: TEXT");
	refuse("-l -- x", "--list needs a value: TEXT");
	refuse("--on=yes", "--on takes no value");
	refuse("-oy", "--on takes no value");
}

static void numbers_are_checked(void **state)
{
	static const char *const wrong[] = {
		"--count=0",
		"--count=-1",
		"--count=x",
		"--count=4097",
		"--count=",
		"--count=1x",
		"--timeout=0",
		"--timeout=-3",
		"--timeout=nan",
		"--timeout=inf",
		"--timeout=1h",
		"--timeout=1e9",
		"--timeout= 1",
		"--memory=0",
		"--memory=-5",
		"--memory=x",
		"--memory=5K",
		"--memory=1GiB",
		"--memory=99999999999999999999",
	};

	(void)state;
	for (size_t i = 0; i < G_N_ELEMENTS(wrong); i++) {
		struct fields fields;
		GError *error = NULL;
		char *argv[] = {(char *)wrong[i], NULL};
		bool help = false;

		memset(&fields, 0, sizeof(fields));
		assert_null(options_parse(tables, argv, &fields, &help, &error));
		assert_refused(error, STATUS_MISUSE, "--");
	}
}

static void numbers_are_read(void **state)
{
	struct fields fields;
	bool help = false;

	(void)state;
	parse(&fields, "--count 8 -t 0.5 -m 512", &help, NULL);
	assert_int_equal(fields.count, 8);
	assert_true(fields.seconds == 0.5);
	assert_int_equal(fields.size, 512);
	parse(&fields, "-m 512M", &help, NULL);
	assert_int_equal(fields.size, 512);
	parse(&fields, "-m 2G", &help, NULL);
	assert_int_equal(fields.size, 2048);
}

static void a_slip_is_near_nonsense_is_not(void **state)
{
	static const char *const names[] = {"boot", "run", "doctor", NULL};

	(void)state;
	assert_string_equal(options_nearest("bot", names), "boot");
	assert_string_equal(options_nearest("docter", names), "doctor");
	assert_string_equal(options_nearest("ruun", names), "run");
	assert_null(options_nearest("frobnicate", names));
	assert_null(options_nearest("x", names));
	assert_null(options_nearest("", names));
}

static const struct CMUnitTest tests[] = {
	cmocka_unit_test(every_spelling_is_taken),
	cmocka_unit_test(a_list_grows),
	cmocka_unit_test(what_was_said_is_said_again),
	cmocka_unit_test(a_commands_own_options_are_left_to_it),
	cmocka_unit_test(help_is_seen_before_the_command),
	cmocka_unit_test(misuse_is_named),
	cmocka_unit_test(numbers_are_checked),
	cmocka_unit_test(numbers_are_read),
	cmocka_unit_test(a_slip_is_near_nonsense_is_not),
};

UNIT_MAIN(tests)
