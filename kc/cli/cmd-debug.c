/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * kc debug: gdb on the driver, in the guest's kernel, on the device, in QEMU,
 * or on both at once. The guest is up and its driver not yet loaded when gdb
 * comes; modules and the command follow, as far as gdb lets them.
 */
#include "cli/command.h"
#include "cli/debug-session.h"

#include <string.h>
#include <unistd.h>

static const struct debug_options debug_defaults = {.launch = {LAUNCH_DEFAULTS}, .on = "driver"};

#define FIELD(name) offsetof(struct debug_options, name)

static const struct option_row debug_rows[] = {
	{"break", 'b', "[SIDE:]WHERE",
	 "stop there, as gdb's break has it (a function, FILE:LINE, 'WHERE if CONDITION'); with "
	 "'both', SIDE is driver or device; may be repeated",
	 option_list, FIELD(breaks)},
	{"script", 'x', "[SIDE:]FILE", "gdb commands to run once the breakpoints are set",
	 option_list, FIELD(scripts)},
	{"batch", 0, NULL,
	 "without a terminal: run the script, or show each breakpoint the first time that it is "
	 "reached",
	 option_on, FIELD(batch)},
	TRANSFER_ROWS(struct debug_options, transfer),
	{"symbols", 0, "FILE", "the running kernel's vmlinux with debug information", option_string,
	 FIELD(symbols)},
	{"cold", 0, NULL, "boot, rather than go on from a saved machine", option_on, FIELD(cold)},
	{.name = NULL},
};

/* The side that @text is for, and in *rest what is meant; DEBUG_SIDES if it does not say. */
static enum debug_side split_side(const char *text, const char **rest)
{
	for (int side = 0; side < DEBUG_SIDES; side++) {
		size_t len = strlen(debug_side_name(side));

		if (strncmp(text, debug_side_name(side), len) == 0 && text[len] == ':') {
			*rest = text + len + 1;
			return side;
		}
	}
	*rest = text;
	return DEBUG_SIDES;
}

/* Finds the side's task; NULL with @error where that is unclear. */
static struct debug_task *task_for(struct debug_session *session, const char *option,
				   const char *text, const char **rest, GError **error)
{
	bool both = session->wanted[DEBUG_DRIVER] && session->wanted[DEBUG_DEVICE];
	enum debug_side side = split_side(text, rest);

	if (side == DEBUG_SIDES && !both)
		side = session->wanted[DEBUG_DRIVER] ? DEBUG_DRIVER : DEBUG_DEVICE;
	if (side < DEBUG_SIDES && session->wanted[side] && **rest)
		return &session->tasks[side];
	g_set_error(error, STATUS_ERROR, STATUS_MISUSE,
		    side == DEBUG_SIDES ? "--%s: is '%s' for the driver or for the device? Say "
					  "driver:%s or device:%s"
					: "--%s: '%s' is not for 'kc debug %s'",
		    option, text, side == DEBUG_SIDES ? text : session->options->on, text);
	return NULL;
}

static bool add_breaks(struct debug_session *session, GError **error)
{
	for (int i = 0; session->options->breaks && session->options->breaks[i]; i++) {
		const char *text = session->options->breaks[i], *where;
		struct debug_task *task = task_for(session, "break", text, &where, error);

		if (!task)
			return false;
		option_list(where, &task->breaks, NULL);
	}
	return true;
}

static bool add_scripts(struct debug_session *session, GError **error)
{
	for (int i = 0; session->options->scripts && session->options->scripts[i]; i++) {
		const char *text = session->options->scripts[i], *file;
		struct debug_task *task = task_for(session, "script", text, &file, error);

		if (!task)
			return false;
		if (task->script || !g_file_test(file, G_FILE_TEST_IS_REGULAR)) {
			g_set_error(error, STATUS_ERROR, STATUS_MISUSE,
				    task->script ? "--script: one for a side: '%s' is the second"
						 : "--script: no file '%s'",
				    file);
			return false;
		}
		task->script = file;
	}
	return true;
}

/* The kernel's own vmlinux may hold its symbols, or lie beside the one that does. */
static const char *find_symbols(const struct debug_session *session)
{
	const struct debug_options *options = session->options;

	if (options->symbols)
		return options->symbols;
	return options->launch.kernel ? options->launch.kernel
				      : session->launch.lab->parts[LAB_VMLINUX_DEBUG];
}

static bool check_symbols(struct debug_session *session, GError **error)
{
	const char *symbols = find_symbols(session);

	if (session->wanted[DEBUG_DRIVER] && !g_file_test(symbols, G_FILE_TEST_EXISTS)) {
		g_set_error(error, STATUS_ERROR, STATUS_HOST_NOT_READY,
			    "the kernel's symbols are missing: no '%s'; 'make linux' builds the "
			    "lab's, --symbols names another's",
			    symbols);
		return false;
	}
	session->tasks[DEBUG_DRIVER].symbols = symbols;
	return true;
}

static bool open_modules(struct debug_session *session, GError **error)
{
	struct debug_task *task = &session->tasks[DEBUG_DRIVER];

	session->modules = transfer_modules(&session->options->transfer, session->launch.lab,
					    error);
	if (!session->modules)
		return false;
	task->modules = (const struct module *)session->modules->data;
	task->module_count = session->modules->len;
	return true;
}

static bool check_terminal(const struct debug_options *options, GError **error)
{
	if (options->batch || (isatty(STDIN_FILENO) && isatty(STDOUT_FILENO)))
		return true;
	g_set_error(error, STATUS_ERROR, STATUS_MISUSE,
		    "gdb needs a terminal to be typed at; --batch does without");
	return false;
}

static bool check_operands(char **operands, GError **error)
{
	if (!operands[0] ||
	    !g_strv_contains((const char *const[]){"driver", "device", "both", NULL}, operands[0]))
		return true;
	g_set_error(error, STATUS_ERROR, STATUS_MISUSE,
		    "'%s' belongs in front of the options: 'kc debug %s [OPTION...]'", operands[0],
		    operands[0]);
	return false;
}

static bool prepare(struct debug_session *session, char **operands, GError **error)
{
	const struct debug_options *options = session->options;
	struct launch *launch = &session->launch;

	session->wanted[DEBUG_DRIVER] = !g_str_equal(options->on, "device");
	session->wanted[DEBUG_DEVICE] = !g_str_equal(options->on, "driver");
	for (int side = 0; side < DEBUG_SIDES; side++) {
		session->tasks[side].side = side;
		session->tasks[side].batch = options->batch;
		session->tasks[side].labelled = g_str_equal(options->on, "both");
	}
	launch->machine.disk_throwaway = true;
	launch->machine.reset_ends = true;
	return check_operands(operands, error) && add_breaks(session, error) &&
	       add_scripts(session, error) && check_terminal(options, error) &&
	       debugger_check(error) && launch_prepare(launch, &options->launch, error) &&
	       check_symbols(session, error) && open_modules(session, error) &&
	       transfer_check(&options->transfer, launch->lab, error);
}

static void session_clear(struct debug_session *session)
{
	for (int side = 0; side < DEBUG_SIDES; side++)
		g_free(session->tasks[side].breaks);
	if (session->modules)
		g_array_unref(session->modules);
	launch_clear(&session->launch);
}

static int run_debug(const void *fields, char **operands, GError **error)
{
	struct debug_session session = {.options = fields};
	int status = 0;

	if (prepare(&session, operands, error)) {
		if (session.options->launch.dry_run)
			launch_print(&session.launch);
		else
			status = debug_session_run(&session, operands, error);
	}
	session_clear(&session);
	return status;
}

static const struct option_row *const debug_tables[] = {debug_rows, launch_rows, NULL};

const struct command command_debug = {
	.name = "debug",
	.words = "driver|device|both",
	.word_offset = FIELD(on),
	.operands = "[--] [COMMAND [ARGUMENT...]]",
	.summary = "gdb on the driver, the device, or both",
	.text = "Starts a guest as 'kc run' does and puts gdb on its kernel ('driver', the "
		"default), on QEMU ('device') or on each ('both'). Then it inserts the modules "
		"and runs COMMAND. A module's symbols are there before its first instruction "
		"runs, so that a break in a driver's probe is reached:\n\n"
		"kc debug driver --module hello_virtio --break hello_probe -- true\n\n"
		"A module's symbols are found by the name in its file, and a kernel that KASLR "
		"moved by the CPU's interrupt table.\n\n"
		"On a terminal the machine is stopped when gdb's prompt appears, or goes on to the "
		"first --break; leaving gdb ends the machine. With 'both' the driver's gdb has "
		"the terminal, and kc prints the command that starts the device's in "
		"another.\n\n"
		"With --batch nothing is asked: each --break is shown the first time that it is "
		"reached, with its arguments and what they point at, or --script says what to do. "
		"Its lines begin with 'driver: ' or 'device: ' where there are both. kc ends "
		"with COMMAND's status; with 250 if the script failed or a --break was never "
		"reached. --timeout is 600 then by default.",
	.options = debug_tables,
	.fields_size = sizeof(struct debug_options),
	.defaults = &debug_defaults,
	.run = run_debug,
};
