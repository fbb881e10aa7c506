/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "cli/bench-machine.h"
#include "base/status.h"
#include "bench/host.h"
#include "kernel/module.h"

#include <string.h>

#define NAME_MAX_CHARS 40
#define EXAMPLE "'ours: --device echo --module echo_virtio'"

static const struct option_row setup_rows[] = {BENCH_SETUP_ROW, {.name = NULL}};

const struct option_row bench_command_rows[] = {
	GUEST_COMMAND_ROWS(struct bench_machine_options, command),
	{.name = NULL},
};

static const struct option_row *const tables[] = {setup_rows, bench_command_rows, launch_rows,
						  NULL};

static bool refuse(const struct bench_target *target, GError **error, const char *why)
{
	g_set_error(error, STATUS_ERROR, STATUS_MISUSE, "machine '%s': %s", target->name, why);
	return false;
}

static bool is_name(const char *name)
{
	if (!*name || g_utf8_strlen(name, -1) > NAME_MAX_CHARS)
		return false;
	for (; *name; name = g_utf8_next_char(name))
		if (!g_unichar_isprint(g_utf8_get_char(name)))
			return false;
	return true;
}

/* Where the name ends: a ':' with a blank or nothing behind it. Options may have others. */
static const char *find_colon(const char *text)
{
	const char *colon = *text == '-' ? NULL : strchr(text, ':');

	return colon && (colon[1] == '\0' || g_ascii_isspace(colon[1])) ? colon : NULL;
}

static bool split(struct bench_target *target, const char *text, GError **error)
{
	g_autofree char *stripped = g_strstrip(g_strdup(text));
	const char *colon = find_colon(stripped);

	target->name = colon ? g_strndup(stripped, colon - stripped) : g_strdup(stripped);
	target->text = g_strstrip(g_strdup(colon ? colon + 1 : stripped));
	if (!g_utf8_validate(text, -1, NULL))
		return refuse(target, error, "is not UTF-8");
	if (colon ? !is_name(target->name) : *stripped != '-')
		return refuse(
			target, error,
			"is neither 'NAME: OPTIONS', with a name of 40 characters at most, nor "
			"options of 'kc run': such as " EXAMPLE);
	return true;
}

static bool parse_words(struct bench_target *target, GError **error)
{
	g_autoptr(GError) cause = NULL;
	bool help = false;
	char **rest;

	if (!*target->text)
		return true;
	if (!g_shell_parse_argv(target->text, NULL, &target->words, &cause))
		return refuse(target, error, cause->message);
	rest = options_parse(tables, target->words, &target->options, &help, &cause);
	if (help)
		return refuse(target, error,
			      "has --help among its options: 'kc run --help' lists them");
	if (!rest)
		return refuse(target, error, cause->message);
	if (!*rest)
		return true;
	g_set_error(
		error, STATUS_ERROR, STATUS_MISUSE,
		"machine '%s': what is '%s' for? a value with blanks needs quotes of its own; the "
		"load comes behind '--'",
		target->name, *rest);
	return false;
}

/* What a round leaves behind, or is for all machines. */
static bool check(const struct bench_target *target, const struct bench_machine_options *common,
		  GError **error)
{
	const struct launch_options *own = &target->options.command.launch;

	if (target->options.command.transfer.gets)
		return refuse(target, error,
			      "--get has no place here: each round would fetch the "
			      "file again; use 'kc run'");
	if (own->dry_run != common->command.launch.dry_run ||
	    own->verbose != common->command.launch.verbose)
		return refuse(
			target, error,
			"--dry-run and --verbose are for all machines: give them before the first");
	return true;
}

bool bench_target_parse(struct bench_target *target, const char *text,
			const struct bench_machine_options *common, GError **error)
{
	*target = (struct bench_target){.options = *common};
	options_copy_lists(tables, &target->options);
	return split(target, text, error) && parse_words(target, error) &&
	       check(target, common, error);
}

void bench_target_clear(struct bench_target *target)
{
	launch_clear(&target->launch);
	options_clear(tables, &target->options);
	g_strfreev(target->words);
	g_free(target->name);
	g_free(target->text);
}

char *bench_target_settings(const struct bench_target *target)
{
	static const struct bench_machine_options defaults = {.command.launch = {LAUNCH_DEFAULTS}};
	struct bench_machine_options options = target->options;
	bool mmio = options.command.launch.transport == TRANSPORT_MMIO;
	g_autofree char *text = NULL;

	options.command.launch.verbose = options.command.launch.dry_run = false;
	text = options_text(tables, &options, &defaults);
	return g_strdup_printf("%s%s", text, mmio ? " --transport mmio" : "");
}

/* Adds what tells one build of @file from another; one that cannot be read fails later on. */
static void add_build(GString *builds, const char *file)
{
	g_autofree char *build = host_build_of(file);

	g_string_append_printf(builds, "%s\n", build ? build : "");
}

char *bench_target_files_build(const struct bench_target *target)
{
	const struct transfer *transfer = &target->options.command.transfer;
	g_autoptr(GString) builds = g_string_new(NULL);
	g_auto(GStrv) puts = transfer_put_files(transfer);

	for (int i = 0; transfer->modules && transfer->modules[i]; i++) {
		struct module module = {0};

		if (module_parse(&module, transfer->modules[i], target->launch.lab,
				 transfer->host_dir, NULL))
			add_build(builds, module.file);
		module_clear(&module);
	}
	for (int i = 0; puts[i]; i++)
		add_build(builds, puts[i]);
	return builds->len ? g_compute_checksum_for_string(G_CHECKSUM_MD5, builds->str, -1) : NULL;
}

bool bench_target_prepare(struct bench_target *target, char **load, GError **error)
{
	target->launch.machine.disk_throwaway = true;
	if (guest_command_prepare(&target->options.command, load, "kc bench", &target->launch,
				  error))
		return true;
	g_prefix_error(error, "machine '%s': ", target->name);
	return false;
}
