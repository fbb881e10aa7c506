/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * kc run: one command in a guest of its own, as if it were a local one. The
 * console only matters when something goes wrong.
 */
#include "carry.h"
#include "command.h"
#include "complaint.h"
#include "exec.h"
#include "guest.h"
#include "launch.h"
#include "start.h"
#include "term.h"

#include <string.h>
#include <unistd.h>

#define POWER_OFF_SECONDS 10

struct run_options {
	struct launch_options launch;
	struct carry carry;
	const char **env;
	bool tty;
	bool no_tty;
	bool persist;
	bool cold;
	bool phases;
	const char **allow;
};

static const struct run_options run_defaults = {.launch = LAUNCH_DEFAULTS};

#define FIELD(name) offsetof(struct run_options, name)

static const struct option_row run_rows[] = {
	CARRY_ROWS(struct run_options, carry),
	{"env", 'e', "NAME=VALUE", "set a variable for the command; may be repeated", option_list,
	 FIELD(env)},
	{"dir", 0, "FOLDER", "the command's working directory", option_string, FIELD(carry.dir)},
	{"tty", 0, NULL, "run it on a terminal (default where stdin and stdout are one)", option_on,
	 FIELD(tty)},
	{"no-tty", 0, NULL, "run it on pipes", option_on, FIELD(no_tty)},
	{"persist", 0, NULL, "keep what the guest writes to its disk", option_on, FIELD(persist)},
	{"cold", 0, NULL, "boot, rather than go on from a saved machine", option_on, FIELD(cold)},
	{"phases", 0, NULL, "say what the time went to, on stderr", option_on, FIELD(phases)},
	{"allow", 0, "'PATTERN | REASON'",
	 "a complaint of the kernel's that is known, as its first line, with '*' for what "
	 "varies; may be repeated",
	 option_list, FIELD(allow)},
	{.name = NULL},
};

static bool wants_tty(const struct run_options *options)
{
	if (options->no_tty || !isatty(STDIN_FILENO))
		return false;
	return options->tty || isatty(STDOUT_FILENO);
}

/* A program on a terminal asks TERM what it can do; --env has the last word. */
static const char **command_env(const struct run_options *options, bool tty, char **term)
{
	const char **env = NULL;
	const char *name = g_getenv("TERM");

	if (tty && name) {
		*term = g_strdup_printf("TERM=%s", name);
		option_list(*term, &env, NULL);
	}
	for (int i = 0; options->env && options->env[i]; i++)
		option_list(options->env[i], &env, NULL);
	return env;
}

static bool run_command(struct vm *vm, const struct run_options *options, char **argv,
			gint64 deadline, int *status, GError **error)
{
	bool tty = wants_tty(options) && term_raw();
	g_autofree char *term = NULL;
	g_autofree const char **env = command_env(options, tty, &term);
	const struct exec exec = {
		.argv = (const char *const *)argv,
		.env = env,
		.dir = options->carry.dir,
		.tty = tty,
		.reads = true,
	};
	bool ended = exec_run(vm, &exec, deadline, status, error);

	term_restore();
	return ended;
}

static bool run_in_vm(struct vm *vm, const struct run_options *options, const struct lab *lab,
		      char **argv, gint64 deadline, int *status, GError **error)
{
	if (!carry_in(vm, &options->carry, lab, deadline, error) ||
	    !run_command(vm, options, argv, deadline, status, error) ||
	    !carry_out(vm, &options->carry, deadline, error))
		return false;
	return !options->persist ||
	       guest_power_off(vm, MIN(deadline, loop_deadline(POWER_OFF_SECONDS)), error);
}

static int start_and_run(const struct launch *launch, const struct run_options *options,
			 char **argv, struct splat_watch *watch, GError **error)
{
	int out = options->launch.verbose ? STDERR_FILENO : -1;
	struct phases phases = {0};
	const struct start start = {
		.cold = options->cold || options->persist,
		.boot_timeout = launch_boot_timeout(&options->launch),
		.timeout = options->launch.timeout,
		.console_out = out,
		.errors_out = out,
		.kmsg = complaint_see,
		.kmsg_opaque = watch,
		.phases = options->phases ? &phases : NULL,
	};
	GError *cause = NULL;
	gint64 deadline;
	int status = 0;
	struct vm *vm;

	if (options->launch.verbose)
		launch_announce(launch, true);
	loop_catch_signals();
	vm = start_guest(launch, &start, &deadline, &cause);
	if (!cause)
		run_in_vm(vm, options, launch->lab, argv, deadline, &status, &cause);
	phases_mark(&phases, PHASE_COMMAND);
	if (cause && vm && complaint_wants_console(cause))
		vm_print_tail(vm, stderr);
	complaint_judge(watch, launch->lab, status, &cause);
	if (cause)
		g_propagate_error(error, cause);
	vm_stop(vm);
	phases_mark(&phases, PHASE_END);
	if (options->phases)
		phases_print(&phases, stderr);
	return status;
}

static int run_watched(const struct launch *launch, const struct run_options *options, char **argv,
		       GError **error)
{
	struct allow_list *allow = complaint_allowed(options->allow, error);
	struct splat_watch *watch;
	int status;

	if (!allow)
		return 0;
	watch = splat_watch_new(allow);
	status = start_and_run(launch, options, argv, watch, error);
	splat_watch_free(watch);
	allow_list_free(allow);
	return status;
}

static bool check_env(const struct run_options *options, GError **error)
{
	for (int i = 0; options->env && options->env[i]; i++) {
		if (strchr(options->env[i], '=') && options->env[i][0] != '=')
			continue;
		g_set_error(error, STATUS_ERROR, STATUS_MISUSE,
			    "--env: '%s' is not of the form NAME=VALUE", options->env[i]);
		return false;
	}
	return true;
}

static bool prepare(struct launch *launch, const struct run_options *options, char **operands,
		    GError **error)
{
	launch->machine.disk_throwaway = !options->persist;
	launch->machine.reset_ends = true;
	if (!*operands && !options->launch.dry_run) {
		g_set_error(error, STATUS_ERROR, STATUS_MISUSE,
			    "a command is needed, such as 'kc run -- uname -a'");
		return false;
	}
	return check_env(options, error) && launch_prepare(launch, &options->launch, error) &&
	       carry_check(&options->carry, launch->lab, error);
}

static int run_run(const void *fields, char **operands, GError **error)
{
	const struct run_options *options = fields;
	struct launch launch = {0};
	int status = 0;

	if (prepare(&launch, options, operands, error)) {
		if (options->launch.dry_run)
			launch_print(&launch);
		else
			status = run_watched(&launch, options, operands, error);
	}
	launch_clear(&launch);
	return status;
}

static const struct option_row *const run_tables[] = {run_rows, launch_rows, NULL};

const struct command command_run = {
	.name = "run",
	.operands = "[--] COMMAND [ARGUMENT...]",
	.summary = "run one command in a guest of its own",
	.text = "Runs COMMAND in a fresh guest and ends with the command's own status, 128+n "
		"where signal n ended it, 127 where the guest has no such command. Its stdin, "
		"stdout and stderr are kc's, byte for byte and apart.\n\n"
		"The first run of a machine boots it and saves it; further runs go on from there, "
		"each with entropy, time and name of its own, until a file or an option that it "
		"depends on changes ('kc cache'). It boots each time with --cold, with --persist, "
		"and where --qemu-args bring a disk, as what is on it may change.\n\n"
		"A first Ctrl-C or SIGTERM is passed on to the command, a second ends the VM. On a "
		"terminal keys go to the command, and Ctrl-A x ends the VM. Nothing that the guest "
		"writes to its disk is kept, but with --persist. The console is shown when "
		"something goes wrong, or with --verbose.\n\n"
		"Where the kernel warned (WARNING, BUG, KASAN, lockdep, stalls ...) its words are "
		"shown and the status is 245, however the command ended, unless --allow knows the "
		"complaint and says why it may pass.",
	.options = run_tables,
	.fields_size = sizeof(struct run_options),
	.defaults = &run_defaults,
	.run = run_run,
};
