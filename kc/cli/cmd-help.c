/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "cli/command.h"
#include "cli/help.h"
#include "lab/lab.h"
#include "base/status.h"

struct help_options {
	bool man;
	bool bash;
};

static const struct option_row help_rows[] = {
	{"man", 0, NULL, "the manual page, as roff", option_on, offsetof(struct help_options, man)},
	{"bash", 0, NULL, "completion for bash", option_on, offsetof(struct help_options, bash)},
	{.name = NULL},
};

static int help_tell(const struct command *const *commands, const void *fields, char **operands,
		     GError **error)
{
	const struct help_options *options = fields;
	const struct command *command;

	if (options->man) {
		help_man(commands, stdout);
	} else if (options->bash) {
		help_bash(commands, stdout);
	} else if (*operands) {
		command = command_find(commands, *operands, error);
		if (command)
			help_command(command, stdout);
	} else {
		help_overview(commands, stdout);
	}
	return 0;
}

static const struct option_row *const help_tables[] = {help_rows, NULL};

const struct command command_help = {
	.name = "help",
	.operands = "[COMMAND]",
	.operands_max = 1,
	.summary = "say what kc can do",
	.text = "Says what kc, or one command of it, can do.",
	.options = help_tables,
	.fields_size = sizeof(struct help_options),
	.tell = help_tell,
};

static void print_part(const struct lab *lab, const char *name, enum lab_part part)
{
	g_autofree char *version = lab_part_version(lab, part);

	printf("%s %s\n", name, version ? version : "not built");
}

static int version_run(const void *fields, char **operands, GError **error)
{
	g_autoptr(GError) no_lab = NULL;
	struct lab *lab = lab_find(&no_lab);

	(void)fields, (void)operands, (void)error;
	printf("kc %s\n", KC_VERSION);
	if (!lab)
		return 0;
	print_part(lab, "linux", LAB_RELEASE);
	print_part(lab, "qemu", LAB_QEMU);
	lab_free(lab);
	return 0;
}

static const struct option_row *const no_tables[] = {NULL};

const struct command command_version = {
	.name = "version",
	.summary = "say which kc, kernel and QEMU these are",
	.text = "Says which kc, kernel and QEMU these are.",
	.options = no_tables,
	.run = version_run,
};
