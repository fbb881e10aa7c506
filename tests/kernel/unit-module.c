/* SPDX-License-Identifier: GPL-2.0-or-later */
/* How a user's words for a module become a file and what the kernel reads as its parameters. */
#include "base/status.h"
#include "kernel/module.h"
#include "../unit.h"

#include <elf.h>
#include <glib/gstdio.h>
#include <string.h>
#include <unistd.h>

static struct lab *lab_in(const char *root)
{
	struct lab *lab = g_new0(struct lab, 1);

	lab->root = g_strdup(root);
	lab->parts[LAB_MODULES] = g_build_filename(root, "modules", NULL);
	g_mkdir_with_parents(lab->parts[LAB_MODULES], 0777);
	return lab;
}

static void touch(const char *folder, const char *name)
{
	g_autofree char *path = g_build_filename(folder, name, NULL);
	g_autofree char *above = g_path_get_dirname(path);

	g_mkdir_with_parents(above, 0777);
	assert_true(g_file_set_contents(path, "x", 1, NULL));
}

/* A word with '|' for each end of a parameter; the file as seen from the folder. */
static void check(const char *folder, const char *text, const char *file, const char *parameters)
{
	struct lab *lab = lab_in(folder);
	g_autofree char *want = g_build_filename(folder, file, NULL);
	g_autofree char *joined = NULL;
	GError *error = NULL;
	struct module module;

	if (!module_parse(&module, text, lab, folder, &error))
		fail_msg("'%s': %s", text, error->message);
	assert_string_equal(module.file, want);
	joined = g_strjoinv("|", module.parameters);
	assert_string_equal(joined, parameters);
	module_clear(&module);
	lab_free(lab);
}

static void refuse(const char *folder, const char *text, const char *words)
{
	struct lab *lab = lab_in(folder);
	GError *error = NULL;
	struct module module;

	assert_false(module_parse(&module, text, lab, folder, &error));
	assert_refused(error, STATUS_MISUSE, words);
	module_clear(&module);
	lab_free(lab);
}

static void a_name_is_the_labs_and_a_file_the_users(void **state)
{
	touch(*state, "modules/hello.ko");
	touch(*state, "hello.ko");
	touch(*state, "hello.ko.zst");
	touch(*state, "sub/x");
	check(*state, "hello", "modules/hello.ko", "");
	check(*state, "hello.ko", "hello.ko", "");
	check(*state, "hello.ko.zst", "hello.ko.zst", "");
	check(*state, "sub/x", "sub/x", "");
	check(*state, " hello\twhom=me\n", "modules/hello.ko", "whom=me");
	refuse(*state, "helo", "did you mean the module 'hello'?");
	refuse(*state, "wholly_other", "'make all' builds the lab's");
	refuse(*state, "hello.ko.xz", "no file '");
	refuse(*state, "", "the name or the file of a module");
	refuse(*state, "  ", "the name or the file of a module");
	refuse(*state, "''", "the name or the file of a module");
}

static void a_path_may_hold_anything(void **state)
{
	touch(*state, "my mods/hello.ko");
	touch(*state, "my  mods/a\tb.ko");
	touch(*state, "it's/\"x\".ko");
	touch(*state, "a:b/x.ko");
	touch(*state, "my/file");
	check(*state, "my mods/hello.ko", "my mods/hello.ko", "");
	check(*state, "my mods/hello.ko whom=me", "my mods/hello.ko", "whom=me");
	check(*state, "'my mods/hello.ko' whom=me", "my mods/hello.ko", "whom=me");
	check(*state, "my\\ mods/hello.ko whom=me", "my mods/hello.ko", "whom=me");
	check(*state, "my  mods/a\tb.ko", "my  mods/a\tb.ko", "");
	check(*state, "it's/\"x\".ko a=1 b=2", "it's/\"x\".ko", "a=1|b=2");
	check(*state, "a:b/x.ko", "a:b/x.ko", "");
	refuse(*state, "my mods/absent.ko", "quote a path that has blanks");
	refuse(*state, "my", "no file");
}

static void a_folder_is_no_module(void **state)
{
	touch(*state, "my/file");
	touch(*state, "my mods/x.ko");
	check(*state, "my mods/x.ko", "my mods/x.ko", "");
	refuse(*state, "./my", "no file");
}

static void values_reach_the_kernel_whole(void **state)
{
	touch(*state, "modules/m.ko");
	check(*state, "m a=1   b=2\tc=3", "modules/m.ko", "a=1|b=2|c=3");
	check(*state, "m a='x   y' b=2", "modules/m.ko", "a=\"x   y\"|b=2");
	check(*state, "m 'a=x   y'", "modules/m.ko", "a=\"x   y\"");
	check(*state, "m a=\"x   y\"", "modules/m.ko", "a=\"x   y\"");
	check(*state, "m a=x\\ \\ y", "modules/m.ko", "a=\"x  y\"");
	/* As whoever is used to insmod writes it. */
	check(*state, "m a='\"x   y\"'", "modules/m.ko", "a=\"x   y\"");
	check(*state, "m 'a=x\ty\nz'", "modules/m.ko", "a=\"x\ty\nz\"");
	check(*state, "m \"a=it's\"", "modules/m.ko", "a=it's");
	check(*state, "m \"a=it's one\"", "modules/m.ko", "a=\"it's one\"");
	check(*state, "m a= b=", "modules/m.ko", "a=|b=");
	check(*state, "m flag a=1,2,3", "modules/m.ko", "flag|a=1,2,3");
	check(*state, "m a=#1", "modules/m.ko", "a=#1");
	/* The second byte is a blank to the kernel. */
	check(*state, "m a=voil\303\240", "modules/m.ko", "a=\"voil\303\240\"");
	check(*state, "m a=caf\303\251", "modules/m.ko", "a=caf\303\251");
	check(*state, "m 'a=x \"y\" z'", "modules/m.ko", "a=\"x \"y\" z\"");
}

static void what_the_kernel_cannot_be_told_is_refused(void **state)
{
	touch(*state, "modules/m.ko");
	refuse(*state, "m 'a=5\" wide'", "between two '\"'");
	refuse(*state, "m 'a=5\"'", "between two '\"'");
	refuse(*state, "m 'two words'", "not of the form PARAMETER=VALUE");
	refuse(*state, "m a='open", "m a='open");
	refuse(*state, "m a=\"open", "m a=\"open");
}

/* A model of lib/cmdline.c's next_arg(), told apart from ours by how it is written. */
static char *kernel_value(const char *parameters, unsigned which)
{
	g_autofree char *copy = g_strdup(parameters);
	char *at = copy, *value = NULL;

	for (unsigned n = 0; n <= which; n++) {
		char *equals = NULL;
		bool in = false;

		while (*at == ' ')
			at++;
		value = NULL;
		for (; *at; at++) {
			if (*at == '"')
				in = !in;
			else if (strchr(" \t\n\v\f\r\xa0", *at) && !in)
				break;
			else if (*at == '=' && !equals)
				equals = at;
		}
		if (*at)
			*at++ = '\0';
		value = equals ? equals + 1 : NULL;
	}
	if (value && *value == '"') {
		value++;
		if (*value && value[strlen(value) - 1] == '"')
			value[strlen(value) - 1] = '\0';
	}
	return g_strdup(value);
}

static void the_kernel_reads_what_was_meant(void **state)
{
	static const char *const values[] = {
		"plain", "two words", "  edges  ", "a\tb", "voil\303\240", "it's", "a \"b\" c", "",
	};

	(void)state;
	for (size_t i = 0; i < G_N_ELEMENTS(values); i++) {
		g_autofree char *word = g_strconcat("p=", values[i], NULL);
		g_autofree char *quoted = module_quote(word);
		g_autofree char *line = g_strconcat(quoted, " next=1", NULL);
		g_autofree char *value = kernel_value(line, 0);
		g_autofree char *next = kernel_value(line, 1);

		assert_string_equal(value, values[i]);
		assert_string_equal(next, "1");
	}
}

static char *elf_with(const char *folder, guint16 machine, guint16 type)
{
	char *path = g_build_filename(folder, "made.ko", NULL);
	Elf64_Ehdr header = {
		.e_ident = {0x7f, 'E', 'L', 'F', ELFCLASS64, ELFDATA2LSB, EV_CURRENT},
		.e_type = type,
		.e_machine = machine,
		.e_version = EV_CURRENT,
		.e_ehsize = sizeof(header),
		.e_shoff = 1 << 20,
		.e_shentsize = sizeof(Elf64_Shdr),
		.e_shnum = 20,
		.e_shstrndx = 19,
	};

	assert_true(g_file_set_contents(path, (char *)&header, sizeof(header), NULL));
	return path;
}

static void open_refused(const char *folder, const char *text, const char *words)
{
	struct lab *lab = lab_in(folder);
	GError *error = NULL;
	struct module module;

	assert_true(module_parse(&module, text, lab, folder, NULL));
	assert_false(module_open(&module, &error));
	assert_refused(error, STATUS_MISUSE, words);
	module_clear(&module);
	lab_free(lab);
}

static void what_is_no_module_says_so(void **state)
{
	g_autofree char *made = elf_with(*state, EM_AARCH64, ET_REL);
	g_autofree char *empty = g_build_filename(*state, "empty.ko", NULL);

	assert_true(g_file_set_contents(empty, "", 0, NULL));
	touch(*state, "text.ko");
	touch(*state, "text.ko.xz");
	open_refused(*state, "text.ko", "it is not an ELF file");
	open_refused(*state, "text.ko.xz", "it is not an ELF file");
	open_refused(*state, "empty.ko", "it is empty");
	open_refused(*state, "made.ko", "another processor");
	g_free(elf_with(*state, EM_X86_64, ET_DYN));
	open_refused(*state, "made.ko", "a program or a library");
	g_free(elf_with(*state, EM_X86_64, ET_REL));
	open_refused(*state, "made.ko", "it is cut short");
}

#define IN_FOLDER(test) cmocka_unit_test_setup_teardown(test, unit_folder, unit_folder_drop)

static const struct CMUnitTest tests[] = {
	IN_FOLDER(a_name_is_the_labs_and_a_file_the_users),
	IN_FOLDER(a_path_may_hold_anything),
	IN_FOLDER(a_folder_is_no_module),
	IN_FOLDER(values_reach_the_kernel_whole),
	IN_FOLDER(what_the_kernel_cannot_be_told_is_refused),
	cmocka_unit_test(the_kernel_reads_what_was_meant),
	IN_FOLDER(what_is_no_module_says_so),
};

UNIT_MAIN(tests)
