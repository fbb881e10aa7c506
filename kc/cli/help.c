/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "cli/help.h"
#include "base/status.h"

#include <string.h>

#define WIDTH 80
#define OPTION_INDENT 26

static const char synopsis[] = "kc COMMAND [OPTION...] [OPERAND...]";

static const char about[] =
	"kc boots, runs and examines KernelCraft's lab: its own Linux kernel, root file system "
	"and QEMU with virtio devices whose both halves live in this project. KVM is used where "
	"it really works, emulation otherwise.";

static const struct {
	const char *name, *meaning;
} variables[] = {
	{"KC_ROOT", "the KernelCraft folder; without it kc looks above its own place, then above "
		    "the current folder"},
	{"KC_ACCEL", "auto, kvm or tcg, as --accel"},
	{"KC_CACHE_LIMIT", "how much saved machines may take, such as 500M; 2G without it"},
};

/* One paragraph, from column @column on, later lines indented by @indent. */
static void wrap_paragraph(FILE *out, const char *text, size_t len, size_t column, size_t indent)
{
	const char *end = text + len;
	bool first = true;

	while (text < end) {
		size_t word = strcspn(text, " \n");

		word = MIN(word, (size_t)(end - text));
		if (!first && column + 1 + word >= WIDTH) {
			fprintf(out, "\n%*s", (int)indent, "");
			column = indent;
			first = true;
		}
		column += fprintf(out, "%s%.*s", first ? "" : " ", (int)word, text);
		first = false;
		text += word;
		text += strspn(text, " ");
	}
	fputc('\n', out);
}

static void wrap(FILE *out, const char *text)
{
	const char *gap;

	for (; (gap = strstr(text, "\n\n")); text = gap + 2) {
		wrap_paragraph(out, text, gap - text, 0, 0);
		fputc('\n', out);
	}
	wrap_paragraph(out, text, strlen(text), 0, 0);
}

static void print_entry(FILE *out, const char *name, const char *help)
{
	int column = fprintf(out, "  %s", name);

	if (column + 2 > OPTION_INDENT) {
		fputc('\n', out);
		column = 0;
	}
	fprintf(out, "%*s", OPTION_INDENT - column, "");
	wrap_paragraph(out, help, strlen(help), OPTION_INDENT, OPTION_INDENT);
}

static void print_option(FILE *out, const struct option_row *row)
{
	g_autofree char *letter = row->letter ? g_strdup_printf("-%c, ", row->letter)
					      : g_strdup("    ");
	g_autofree char *name = g_strdup_printf("%s--%s%s%s", letter, row->name,
						row->value ? " " : "",
						row->value ? row->value : "");

	print_entry(out, name, row->help);
}

static void print_statuses(FILE *out)
{
	fputs("\nExit status, where it is not the command's own:\n", out);
	for (int status = 1; status < STATUS_END; status++) {
		g_autofree char *number = g_strdup_printf("%d", status);

		if (status_meaning(status))
			print_entry(out, number, status_meaning(status));
	}
	print_entry(out, "128 + n", "signal n ended the command, or kc");
}

void help_overview(const struct command *const *commands, FILE *out)
{
	fprintf(out, "usage: %s\n\n", synopsis);
	wrap(out, about);
	fputs("\nCommands:\n", out);
	for (size_t i = 0; commands[i]; i++)
		print_entry(out, commands[i]->name, commands[i]->summary);
	print_statuses(out);
	fputs("\nEnvironment:\n", out);
	for (size_t i = 0; i < G_N_ELEMENTS(variables); i++)
		print_entry(out, variables[i].name, variables[i].meaning);
	fputs("\n'kc COMMAND --help' says more about one.\n", out);
}

static char *command_synopsis(const struct command *command)
{
	GString *out = g_string_new("kc ");

	g_string_append(out, command->name);
	if (command->words)
		g_string_append_printf(out, " [%s]", command->words);
	g_string_append(out, " [OPTION...]");
	if (command->operands)
		g_string_append_printf(out, " %s", command->operands);
	return g_string_free(out, FALSE);
}

/* Those that another command's help explains are only named. */
static void print_shared(FILE *out, const struct command *command)
{
	g_autoptr(GString) text = g_string_new(NULL);

	g_string_printf(text, "As 'kc %s --help' says:", command->shared);
	for (size_t i = 1; command->options[i]; i++)
		for (const struct option_row *row = command->options[i]; row->name; row++)
			g_string_append_printf(text, " --%s", row->name);
	fputc('\n', out);
	wrap(out, text->str);
}

void help_command(const struct command *command, FILE *out)
{
	g_autofree char *usage = command_synopsis(command);

	fprintf(out, "usage: %s\n\n", usage);
	wrap(out, command->text);
	fputs("\nOptions:\n", out);
	for (size_t i = 0; command->options[i] && !(i && command->shared); i++)
		for (const struct option_row *row = command->options[i]; row->name; row++)
			print_option(out, row);
	print_entry(out, "-h, --help", "say this");
	if (command->shared)
		print_shared(out, command);
}

/* Text as roff: no macro at a line's start, no hyphen that is a dash. */
static void roff(FILE *out, const char *text)
{
	for (; *text; text++) {
		if (*text == '-')
			fputs("\\-", out);
		else if (*text == '\\')
			fputs("\\e", out);
		else if (*text == '\'')
			fputs("\\(aq", out);
		else if (text[0] == '\n' && text[1] == '\n')
			fputs("\n.PP", out);
		else
			fputc(*text, out);
	}
	fputc('\n', out);
}

static void roff_entry(FILE *out, const char *name, const char *help)
{
	fputs(".TP\n.B ", out);
	roff(out, name);
	roff(out, help);
}

static void roff_option(FILE *out, const struct option_row *row)
{
	fputs(".TP\n", out);
	if (row->letter)
		fprintf(out, ".RB \\-%c \", \" \\-\\-", row->letter);
	else
		fputs(".B \\-\\-", out);
	for (const char *at = row->name; *at; at++)
		fprintf(out, *at == '-' ? "\\-" : "%c", *at);
	if (row->value)
		fprintf(out, "%s\\fI%s\\fR", row->letter ? " \" \" " : " ", row->value);
	fputc('\n', out);
	roff(out, row->help);
}

static void roff_command(FILE *out, const struct command *command)
{
	g_autofree char *title = command_synopsis(command);

	fputs(".SS ", out);
	roff(out, title);
	roff(out, command->text);
	for (size_t i = 0; command->options[i]; i++)
		for (const struct option_row *row = command->options[i]; row->name; row++)
			roff_option(out, row);
}

void help_man(const struct command *const *commands, FILE *out)
{
	fputs(".TH KC 1 \"\" KernelCraft\n.SH NAME\nkc \\- boot, run and examine a virtio lab\n"
	      ".SH SYNOPSIS\n.B kc\n\\fICOMMAND\\fR [\\fIOPTION\\fR...] [\\fIOPERAND\\fR...]\n"
	      ".SH DESCRIPTION\n",
	      out);
	roff(out, about);
	fputs(".SH COMMANDS\n", out);
	for (size_t i = 0; commands[i]; i++)
		roff_command(out, commands[i]);
	fputs(".SH EXIT STATUS\nOf\n.B kc run\nthe command's own, 128+n where signal n ended it; "
	      "else 0, or\n",
	      out);
	for (int status = 1; status < STATUS_END; status++) {
		g_autofree char *number = g_strdup_printf("%d", status);

		if (status_meaning(status))
			roff_entry(out, number, status_meaning(status));
	}
	fputs(".SH ENVIRONMENT\n", out);
	for (size_t i = 0; i < G_N_ELEMENTS(variables); i++)
		roff_entry(out, variables[i].name, variables[i].meaning);
}

static void bash_values(FILE *out, const struct option_row *row)
{
	g_auto(GStrv) values = NULL;

	if (!row->value)
		return;
	values = g_strsplit(row->value, "|", -1);
	fprintf(out, "\t--%s)\n\t\tmapfile -t COMPREPLY < <(compgen", row->name);
	if (strstr(row->value, "FILE") || strstr(row->value, "HOST"))
		fputs(" -f", out);
	else if (strstr(row->value, "FOLDER"))
		fputs(" -d", out);
	fputs(" -W \"", out);
	for (int i = 0; values[i]; i++)
		if (g_ascii_islower(values[i][0]))
			fprintf(out, "%s ", values[i]);
	fputs("\" -- \"$cur\"); return ;;\n", out);
}

static void bash_words(FILE *out, const char *words)
{
	g_autofree char *list = g_strdup(words ? words : "");

	if (words)
		fprintf(out, " %s", g_strdelimit(list, "|", ' '));
}

void help_bash(const struct command *const *commands, FILE *out)
{
	g_autoptr(GHashTable) done = g_hash_table_new(g_str_hash, g_str_equal);

	fputs("_kc() {\n\tlocal cur=${COMP_WORDS[COMP_CWORD]} words=\n"
	      "\tcase ${COMP_WORDS[COMP_CWORD-1]} in\n",
	      out);
	for (size_t i = 0; commands[i]; i++)
		for (size_t t = 0; commands[i]->options[t]; t++)
			for (const struct option_row *row = commands[i]->options[t]; row->name;
			     row++)
				if (g_hash_table_add(done, (char *)row->name))
					bash_values(out, row);
	fputs("\tesac\n\tcase ${COMP_WORDS[1]} in\n", out);
	for (size_t i = 0; commands[i]; i++) {
		fprintf(out, "\t%s) words=\"--help", commands[i]->name);
		for (size_t t = 0; commands[i]->options[t]; t++)
			for (const struct option_row *row = commands[i]->options[t]; row->name;
			     row++)
				fprintf(out, " --%s", row->name);
		bash_words(out, commands[i]->words);
		fputs("\" ;;\n", out);
	}
	fputs("\tesac\n\t[ \"$COMP_CWORD\" -gt 1 ] || words=\"", out);
	for (size_t i = 0; commands[i]; i++)
		fprintf(out, "%s ", commands[i]->name);
	fputs("\"\n\tmapfile -t COMPREPLY < <(compgen -W \"$words\" -- \"$cur\")\n}\n"
	      "complete -o default -F _kc kc\n",
	      out);
}
