/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "cli/dispatch.h"
#include "base/status.h"
#include "cli/help.h"

#include <string.h>

static int fail(const struct command *command, GError *error)
{
	bool misused = g_error_matches(error, STATUS_ERROR, STATUS_MISUSE);
	int status = status_report(error);

	if (misused)
		fprintf(stderr, "kc: see 'kc %s --help'\n", command->name);
	return status;
}

static int finish(const struct command *command, const void *fields, int status)
{
	bool bisects = command->bisect_offset &&
		       *(const bool *)((const char *)fields + command->bisect_offset);
	int told = bisects ? status_for_bisect(status) : status;

	if (told != status)
		fprintf(stderr, "kc: status %d, for git bisect %d\n", status, told);
	return told;
}

/*
 * Moves operands to the front of @argv, up to "--", and what follows that behind their
 * NULL, for which the "--" makes room.
 */
static char **parse_load(const struct command *command, char **argv, void *fields, bool *help,
			 GError **error)
{
	char **operands = argv, **rest;
	unsigned count = 0;

	while ((rest = options_parse(command->options, argv, fields, help, error)) && !*help) {
		if (rest > argv && g_str_equal(rest[-1], "--")) {
			operands[count] = NULL;
			memmove(operands + count + 1, rest,
				(g_strv_length(rest) + 1) * sizeof(*rest));
			return operands;
		}
		if (!*rest) {
			g_set_error(error, STATUS_ERROR, STATUS_MISUSE,
				    "no '--' and command behind it: kc %s %s", command->name,
				    command->operands);
			return NULL;
		}
		operands[count++] = *rest;
		argv = rest + 1;
	}
	return rest;
}

/* The same, for one that can do without a "--", which leaves *@load alone. */
static char **parse_optional_load(const struct command *command, char **argv, void *fields,
				  bool *help, GError **error)
{
	char **operands = argv, **rest;
	unsigned count = 0;

	while ((rest = options_parse(command->options, argv, fields, help, error)) && !*help) {
		bool behind = rest > argv && g_str_equal(rest[-1], "--");

		if (behind)
			*(char ***)((char *)fields + command->load_offset) = rest;
		if (behind || !*rest) {
			operands[count] = NULL;
			return operands;
		}
		operands[count++] = *rest;
		argv = rest + 1;
	}
	return rest;
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

	if (command->load)
		return parse_load(command, argv, fields, help, error);
	if (command->load_offset)
		return parse_optional_load(command, argv, fields, help, error);
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

int command_dispatch(const struct command *const *commands, const struct command *command,
		     char **argv)
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
	else if (argv && command->tell)
		status = command->tell(commands, fields, argv, &error);
	else if (argv)
		status = command->run(fields, argv, &error);
	options_clear(command->options, fields);
	if (error)
		status = fail(command, g_steal_pointer(&error));
	return finish(command, fields, status);
}
