/* SPDX-License-Identifier: GPL-2.0-or-later */
/* All commands: their options are well formed, and the help tells of each. */
#include "base/status.h"
#include "cli/help.h"
#include "cli/table.h"
#include "../unit.h"

#include <string.h>

static void every_row_is_well_formed(void **state)
{
	(void)state;
	for (size_t i = 0; commands[i]; i++) {
		g_autoptr(GHashTable) names = g_hash_table_new(g_str_hash, g_str_equal);
		bool letters[256] = {['h'] = true};

		assert_true(!commands[i]->run != !commands[i]->tell);
		for (size_t t = 0; commands[i]->options[t]; t++) {
			const struct option_row *row = commands[i]->options[t];

			for (; row->name; row++) {
				assert_true(g_hash_table_add(names, (char *)row->name));
				assert_true(row->offset < commands[i]->fields_size);
				assert_false(row->letter && letters[(guchar)row->letter]);
				letters[(guchar)row->letter] = true;
				assert_non_null(row->help);
			}
		}
	}
}

static char *text_of(void (*print)(const struct command *const *commands, FILE *out))
{
	char *text = NULL;
	size_t len;
	FILE *out = open_memstream(&text, &len);

	print(commands, out);
	fclose(out);
	return text;
}

static void help_names_every_command_and_status(void **state)
{
	g_autofree char *overview = text_of(help_overview);
	g_autofree char *man = text_of(help_man);
	g_autofree char *bash = text_of(help_bash);

	(void)state;
	for (size_t i = 0; commands[i]; i++) {
		assert_non_null(strstr(overview, commands[i]->summary));
		assert_non_null(strstr(man, commands[i]->name));
		assert_non_null(strstr(bash, commands[i]->name));
	}
	for (int status = STATUS_MISUSE; status < STATUS_END; status++) {
		char number[8];

		g_snprintf(number, sizeof(number), "%d", status);
		assert_non_null(strstr(overview, number));
		assert_non_null(strstr(man, number));
	}
	assert_null(status_meaning(STATUS_MISUSE - 1));
	assert_null(status_meaning(STATUS_END));
}

#define SCREEN_LINES 24
#define SCREEN_COLUMNS 80

static char *help_of(const char *name)
{
	char *text = NULL;
	size_t len;
	FILE *out = open_memstream(&text, &len);

	help_command(command_find(commands, name, NULL), out);
	fclose(out);
	return text;
}

static void help_of_trace_fits_on_two_screens(void **state)
{
	g_autofree char *text = help_of("trace");
	g_auto(GStrv) lines = g_strsplit(g_strchomp(text), "\n", -1);

	(void)state;
	assert_true(g_strv_length(lines) <= 2 * SCREEN_LINES);
	for (int i = 0; lines[i]; i++)
		assert_true(strlen(lines[i]) < SCREEN_COLUMNS);
}

static bool explains(const char *help, const struct option_row *row)
{
	g_autofree char *named = g_strdup_printf("--%s%s%s", row->name, row->value ? " " : "",
						 row->value ? row->value : "");
	g_autofree char *entry = g_strdup_printf("%s ", named);
	g_autofree char *own_line = g_strdup_printf("%s\n", named);

	return strstr(help, entry) || strstr(help, own_line);
}

/* What a help leaves to another's is explained there, and named here. */
static void every_option_is_explained(void **state)
{
	(void)state;
	for (size_t i = 0; commands[i]; i++) {
		g_autofree char *own = help_of(commands[i]->name);
		g_autofree char *other = commands[i]->shared ? help_of(commands[i]->shared) : NULL;

		for (size_t t = 0; commands[i]->options[t]; t++)
			for (const struct option_row *row = commands[i]->options[t]; row->name;
			     row++) {
				assert_non_null(strstr(own, row->name));
				assert_true(explains(t && other ? other : own, row));
			}
	}
}

static const struct CMUnitTest tests[] = {
	cmocka_unit_test(every_row_is_well_formed),
	cmocka_unit_test(help_names_every_command_and_status),
	cmocka_unit_test(help_of_trace_fits_on_two_screens),
	cmocka_unit_test(every_option_is_explained),
};

UNIT_MAIN(tests)
