/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * kc run: one command in a guest of its own, as if it were a local one. The
 * console only matters when something goes wrong.
 */
#include "command.h"
#include "exec.h"
#include "guest.h"
#include "launch.h"
#include "term.h"

#include <string.h>
#include <unistd.h>

#define POWER_OFF_SECONDS 10

struct run_options {
	struct launch_options launch;
	const char **modules;
	const char **puts;
	const char **gets;
	const char **env;
	const char *dir;
	bool tty;
	bool no_tty;
	bool persist;
};

static const struct run_options run_defaults = {.launch = LAUNCH_DEFAULTS};

#define FIELD(name) offsetof(struct run_options, name)

static const struct option_row run_rows[] = {
	{"module", 0, "NAME|FILE.ko",
	 "insert a module of the lab's, or a file, first; may be "
	 "repeated",
	 option_list, FIELD(modules)},
	{"put", 0, "HOST[:GUEST]", "copy a file into the guest first; may be repeated", option_list,
	 FIELD(puts)},
	{"get", 0, "GUEST[:HOST]", "copy a file out of the guest afterwards; may be repeated",
	 option_list, FIELD(gets)},
	{"env", 'e', "NAME=VALUE", "set a variable for the command; may be repeated", option_list,
	 FIELD(env)},
	{"dir", 0, "FOLDER", "the command's working directory", option_string, FIELD(dir)},
	{"tty", 0, NULL, "run it on a terminal (default where stdin and stdout are one)", option_on,
	 FIELD(tty)},
	{"no-tty", 0, NULL, "run it on pipes", option_on, FIELD(no_tty)},
	{"persist", 0, NULL, "keep what the guest writes to its disk", option_on, FIELD(persist)},
	{.name = NULL},
};

/* FROM[:TO]; without TO it is FROM's last part. */
static void split_pair(const char *pair, char **from, char **to)
{
	const char *colon = strrchr(pair, ':');

	*from = colon ? g_strndup(pair, colon - pair) : g_strdup(pair);
	*to = colon && colon[1] ? g_strdup(colon + 1) : g_path_get_basename(*from);
}

/* The agent's own folder is /, a command's may be another. */
static char *in_folder(const char *folder, const char *path)
{
	return folder && !g_path_is_absolute(path) ? g_build_filename(folder, path, NULL)
						   : g_strdup(path);
}

static bool put_files(struct vm *vm, const struct run_options *options, gint64 deadline,
		      GError **error)
{
	for (int i = 0; options->puts && options->puts[i]; i++) {
		g_autofree char *host = NULL, *name = NULL, *guest = NULL;

		split_pair(options->puts[i], &host, &name);
		guest = in_folder(options->dir, name);
		if (!guest_put(vm, host, guest, deadline, error)) {
			g_prefix_error(error, "--put: ");
			return false;
		}
	}
	return true;
}

static bool get_files(struct vm *vm, const struct run_options *options, gint64 deadline,
		      GError **error)
{
	for (int i = 0; options->gets && options->gets[i]; i++) {
		g_autofree char *name = NULL, *guest = NULL, *host = NULL;

		split_pair(options->gets[i], &name, &host);
		guest = in_folder(options->dir, name);
		if (!guest_get(vm, guest, host, deadline, error)) {
			g_prefix_error(error, "--get: ");
			return false;
		}
	}
	return true;
}

static char *module_file(const struct lab *lab, const char *module)
{
	bool is_file = strchr(module, '/') || g_str_has_suffix(module, ".ko");

	return is_file ? g_strdup(module) : lab_module(lab, module);
}

static bool insert_module(struct vm *vm, const char *file, gint64 deadline, GError **error)
{
	g_autofree char *name = g_path_get_basename(file);
	g_autofree char *guest = g_build_filename("/tmp", name, NULL);
	const char *const argv[] = {"insmod", guest, NULL};
	const struct exec exec = {.argv = argv};
	int status;

	if (!guest_put(vm, file, guest, deadline, error) ||
	    !exec_run(vm, &exec, deadline, &status, error))
		return false;
	if (status == 0)
		return true;
	/* Why, the kernel only says there. */
	vm_print_tail(vm, stderr);
	g_set_error(error, STATUS_ERROR, STATUS_NOT_CARRIED,
		    "'%s' could not be inserted (insmod ended with %d)", file, status);
	return false;
}

static bool insert_modules(struct vm *vm, const struct run_options *options, const struct lab *lab,
			   gint64 deadline, GError **error)
{
	for (int i = 0; options->modules && options->modules[i]; i++) {
		g_autofree char *file = module_file(lab, options->modules[i]);

		if (!insert_module(vm, file, deadline, error)) {
			g_prefix_error(error, "--module: ");
			return false;
		}
	}
	return true;
}

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
		.dir = options->dir,
		.tty = tty,
		.reads = true,
	};
	bool ended = exec_run(vm, &exec, deadline, status, error);

	term_restore();
	return ended;
}

/* A guest that is ready for its first command. */
static bool start_guest(struct vm *vm, const struct run_options *options, gint64 deadline,
			GError **error)
{
	return guest_wait_ready(vm, options->launch.boot_timeout, deadline, error) &&
	       guest_setup(vm, deadline, error);
}

static bool run_in_vm(struct vm *vm, const struct run_options *options, const struct lab *lab,
		      char **argv, int *status, GError **error)
{
	gint64 deadline = loop_deadline(options->launch.timeout);

	if (!start_guest(vm, options, deadline, error) ||
	    !put_files(vm, options, deadline, error) ||
	    !insert_modules(vm, options, lab, deadline, error) ||
	    !run_command(vm, options, argv, deadline, status, error) ||
	    !get_files(vm, options, deadline, error))
		return false;
	return !options->persist ||
	       guest_power_off(vm, MIN(deadline, loop_deadline(POWER_OFF_SECONDS)), error);
}

/* Where the guest or QEMU, not a file of the user's, is to blame. */
static bool has_console_to_show(const GError *error)
{
	return error->code > STATUS_HOST_NOT_READY && error->code < STATUS_NOT_CARRIED;
}

static int start_and_run(const struct launch *launch, const struct run_options *options,
			 char **argv, GError **error)
{
	bool verbose = options->launch.verbose;
	GError *cause = NULL;
	int status = 0;
	struct vm *vm;

	if (verbose)
		launch_announce(launch, true);
	loop_catch_signals();
	vm = vm_start(&launch->machine, verbose ? STDERR_FILENO : -1, verbose ? STDERR_FILENO : -1,
		      error);
	if (!vm)
		return 0;
	if (!run_in_vm(vm, options, launch->lab, argv, &status, &cause)) {
		if (has_console_to_show(cause))
			vm_print_tail(vm, stderr);
		g_propagate_error(error, cause);
	}
	vm_stop(vm);
	return status;
}

/* Before anything is started: what is missing is missing after a boot, too. */
static bool check_files(const struct run_options *options, const struct lab *lab, GError **error)
{
	for (int i = 0; options->puts && options->puts[i]; i++) {
		g_autofree char *host = NULL, *guest = NULL;

		split_pair(options->puts[i], &host, &guest);
		if (!g_file_test(host, G_FILE_TEST_IS_REGULAR)) {
			g_set_error(error, STATUS_ERROR, STATUS_MISUSE, "--put: no file '%s'",
				    host);
			return false;
		}
	}
	for (int i = 0; options->modules && options->modules[i]; i++) {
		g_autofree char *file = module_file(lab, options->modules[i]);

		if (!g_file_test(file, G_FILE_TEST_IS_REGULAR)) {
			g_set_error(error, STATUS_ERROR, STATUS_MISUSE,
				    "--module: no file '%s'; 'make modules' builds the lab's",
				    file);
			return false;
		}
	}
	return true;
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
	       check_files(options, launch->lab, error);
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
			status = start_and_run(&launch, options, operands, error);
	}
	launch_clear(&launch);
	return status;
}

static const struct option_row *const run_tables[] = {run_rows, launch_rows, NULL};

const struct command command_run = {
	.name = "run",
	.operands = "[--] COMMAND [ARGUMENT...]",
	.summary = "run one command in a guest of its own",
	.text = "Boots the lab, runs COMMAND in it and ends with the command's own status, 128+n "
		"where signal n ended it, 127 where the guest has no such command. Its stdin, "
		"stdout and stderr are kc's, byte for byte and apart.\n\n"
		"A first Ctrl-C or SIGTERM is passed on to the command, a second ends the VM. On a "
		"terminal keys go to the command, and Ctrl-A x ends the VM. Nothing that the guest "
		"writes to its disk is kept, but with --persist. The console is shown when "
		"something goes wrong, or with --verbose.",
	.options = run_tables,
	.fields_size = sizeof(struct run_options),
	.defaults = &run_defaults,
	.run = run_run,
};
