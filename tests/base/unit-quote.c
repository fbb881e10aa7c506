/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What is printed for a user to paste must be read back as it was. */
#include "base/quote.h"
#include "../unit.h"

#include <string.h>

static void plain_words_stay_plain(void **state)
{
	static const char *const words[] = {"-m", "256M", "virtio-blk-pci,drive=root",
					    "a_b/c.d:e@f%g+h"};

	(void)state;
	for (size_t i = 0; i < G_N_ELEMENTS(words); i++) {
		g_autofree char *quoted = quote_shell(words[i]);

		assert_string_equal(quoted, words[i]);
	}
}

/* The shell itself is asked. */
static void the_shell_reads_the_same_word(void **state)
{
	static const char *const words[] = {
		"",
		"a b",
		"it's",
		"'",
		"$HOME `id` $(id)",
		"a\\b",
		"tab\tnewline\nend",
		"*?[a]",
		"~root",
		"a;b&c|d>e<f(g)",
		"!history",
		"#no comment",
		"\"quoted\"",
		"caf\303\251",
		"-x=a b",
	};

	(void)state;
	for (size_t i = 0; i < G_N_ELEMENTS(words); i++) {
		g_autofree char *quoted = quote_shell(words[i]);
		g_autofree char *script = g_strdup_printf("printf '<%%s>' %s", quoted);
		g_autofree char *wanted = g_strdup_printf("<%s>", words[i]);
		const char *argv[] = {"sh", "-c", script, NULL};
		g_autofree char *out = NULL;

		assert_true(g_spawn_sync(NULL, (char **)argv, NULL, G_SPAWN_SEARCH_PATH, NULL, NULL,
					 &out, NULL, NULL, NULL));
		assert_string_equal(out, wanted);
	}
}

static void a_command_is_one_command(void **state)
{
	const char *argv[] = {"printf",	 "[%s]\\n",	   "-append", "console=ttyS0 panic=-1",
			      "-kernel", "/a dir/vmlinux", "it's",    NULL};
	g_autofree char *command = quote_command((char *const *)argv);
	const char *shell[] = {"sh", "-c", command, NULL};
	g_autofree char *out = NULL;

	(void)state;
	assert_true(g_str_has_suffix(command, "\n"));
	assert_non_null(strstr(command, " \\\n  -append 'console=ttyS0 panic=-1'"));
	assert_true(g_spawn_sync(NULL, (char **)shell, NULL, G_SPAWN_SEARCH_PATH, NULL, NULL, &out,
				 NULL, NULL, NULL));
	assert_string_equal(out, "[-append]\n[console=ttyS0 panic=-1]\n[-kernel]\n"
				 "[/a dir/vmlinux]\n[it's]\n");
}

static void commas_are_doubled_for_qemu(void **state)
{
	g_autofree char *quoted = quote_qemu("/a,b,,c");

	(void)state;
	assert_string_equal(quoted, "/a,,b,,,,c");
}

static void a_guest_cannot_drive_the_terminal(void **state)
{
	g_autofree char *escape = quote_printable("a\033[2Jb\rc\177d\302\233e\tf");
	g_autofree char *broken = quote_printable("x\377y");
	g_autofree char *letters = quote_printable("caf\303\251 \342\202\254");

	(void)state;
	assert_string_equal(escape, "a?[2Jb?c?d?e f");
	assert_true(g_utf8_validate(broken, -1, NULL));
	assert_string_equal(letters, "caf\303\251 \342\202\254");
}

static const struct CMUnitTest tests[] = {
	cmocka_unit_test(plain_words_stay_plain),
	cmocka_unit_test(the_shell_reads_the_same_word),
	cmocka_unit_test(a_command_is_one_command),
	cmocka_unit_test(commas_are_doubled_for_qemu),
	cmocka_unit_test(a_guest_cannot_drive_the_terminal),
};

UNIT_MAIN(tests)
