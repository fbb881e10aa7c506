/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "command.h"
#include "help.h"
#include "status.h"

#include <string.h>

const struct command *const commands[] = {
	&command_boot,	 &command_run,	 &command_test,	   &command_watch,
	&command_debug,	 &command_trace, &command_vq,	   &command_cache,
	&command_doctor, &command_help,	 &command_version, NULL,
};

const struct command *command_find(const char *name, GError **error)
{
	const char *names[G_N_ELEMENTS(commands)] = {NULL};
	const char *nearest;

	for (size_t i = 0; commands[i]; i++) {
		if (g_str_equal(commands[i]->name, name))
			return commands[i];
		names[i] = commands[i]->name;
	}
	nearest = options_nearest(name, names);
	g_set_error(error, STATUS_ERROR, STATUS_MISUSE, "unknown command '%s'%s%s%s", name,
		    nearest ? "; did you mean " : "", nearest ? nearest : "", nearest ? "?" : "");
	return NULL;
}

static int fail(const struct command *command, GError *error)
{
	bool misused = g_error_matches(error, STATUS_ERROR, STATUS_MISUSE);
	int status = status_report(error);

	if (misused)
		fprintf(stderr, "kc: 'kc %s --help' says what can be given\n", command->name);
	return status;
}

/*
 * Moves operands to the front of @argv and parses the options among them.
 * Where the first operand opens a command of the guest's, that is left alone.
 */
static char **parse(const struct command *command, char **argv, void *fields, bool *help,
		    GError **error)
{
	char **operands = argv;
	unsigned count = 0;

	argv = options_parse(command->options, argv, fields, help, error);
	if (!argv || *help || !command->operands_max)
		return argv;
	while (*argv) {
		if (count == command->operands_max) {
			g_set_error(error, STATUS_ERROR, STATUS_MISUSE, "what is '%s' for?", *argv);
			return NULL;
		}
		operands[count++] = *argv;
		argv = options_parse(command->options, argv + 1, fields, help, error);
		if (!argv || *help)
			return argv;
	}
	operands[count] = NULL;
	return operands;
}

static char **take_word(const struct command *command, char **argv, void *fields)
{
	g_auto(GStrv) words = g_strsplit(command->words ? command->words : "", "|", -1);

	if (!*argv || !g_strv_contains((const char *const *)words, *argv))
		return argv;
	*(const char **)((char *)fields + command->word_offset) = *argv;
	return argv + 1;
}

int command_dispatch(const struct command *command, char **argv)
{
	g_autofree void *fields = g_malloc0(MAX(command->fields_size, 1));
	g_autoptr(GError) error = NULL;
	bool help = false;
	int status = 0;

	if (command->defaults)
		memcpy(fields, command->defaults, command->fields_size);
	argv = take_word(command, argv, fields);
	argv = parse(command, argv, fields, &help, &error);
	if (help)
		help_command(command, stdout);
	else if (argv && *argv && !command->operands)
		g_set_error(&error, STATUS_ERROR, STATUS_MISUSE, "what is '%s' for?", *argv);
	else if (argv)
		status = command->run(fields, argv, &error);
	options_clear(command->options, fields);
	return error ? fail(command, g_steal_pointer(&error)) : status;
}
