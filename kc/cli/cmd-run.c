/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * kc run: one command in a guest of its own, as if it were a local one. The
 * console only matters when something goes wrong.
 */
#include "base/term.h"
#include "cli/command.h"
#include "cli/guest-command.h"
#include "coverage/coverage.h"
#include "coverage/guest.h"
#include "vm/exec.h"
#include "vm/guest.h"

#include <unistd.h>

#define POWER_OFF_SECONDS 10

struct run_options {
	struct guest_command command;
	struct coverage_options coverage;
	bool tty;
	bool no_tty;
	bool persist;
	bool bisect;
};

static const struct run_options run_defaults = {.command.launch = {LAUNCH_DEFAULTS}};

#define FIELD(name) offsetof(struct run_options, name)

static const struct option_row run_rows[] = {
	GUEST_COMMAND_ROWS(struct run_options, command),
	{"tty", 0, NULL, "run it on a terminal (default where stdin and stdout are one)", option_on,
	 FIELD(tty)},
	{"no-tty", 0, NULL, "run it on pipes", option_on, FIELD(no_tty)},
	{"persist", 0, NULL, "keep what the guest writes to its disk", option_on, FIELD(persist)},
	{"bisect", 0, NULL,
	 "end as 'git bisect run' asks: 0, 1 for bad, 125 where it cannot be told", option_on,
	 FIELD(bisect)},
	COVERAGE_ROWS(struct run_options, coverage),
	{"phases", 0, NULL, "say what the time went to, on stderr", option_on,
	 FIELD(command.phases)},
	{.name = NULL},
};

/* One run: what was asked for, and where. */
struct run {
	const struct run_options *options;
	const struct lab *lab;
	char **argv;
	struct coverage_guest *counted; /* or NULL */
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
	for (int i = 0; options->command.env && options->command.env[i]; i++)
		option_list(options->command.env[i], &env, NULL);
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
		.dir = options->command.transfer.dir,
		.tty = tty,
		.reads = true,
		.signals = true,
	};
	bool ended = exec_run(vm, &exec, deadline, status, error);

	term_restore();
	return ended;
}

static int run_in_vm(struct vm *vm, gint64 deadline, void *opaque, GError **error)
{
	const struct run *run = opaque;
	const struct transfer *transfer = &run->options->command.transfer;
	GError *cause = NULL;
	int status = 0;

	if (run->counted && !run->options->command.cold &&
	    !coverage_guest_begin(vm, deadline, error))
		return 0;
	if (!transfer_in(vm, transfer, run->lab, deadline, error))
		return 0;
	if (!run_command(vm, run->options, run->argv, deadline, &status, &cause)) {
		if (transfer->gets && transfer_may_salvage(cause))
			transfer_salvage(vm, transfer, cause, NULL);
		g_propagate_error(error, cause);
		return 0;
	}
	if (run->counted)
		coverage_guest_fetch(run->counted, vm);
	if (transfer_out(vm, transfer, status, deadline, error) && run->options->persist)
		guest_power_off(vm, MIN(deadline, loop_deadline(POWER_OFF_SECONDS)), error);
	return status;
}

static int run_prepared(const struct run_options *options, char **operands,
			struct coverage_guest *counted, GError **error)
{
	struct launch launch = {.machine.disk_throwaway = !options->persist};
	int status = 0;

	launch.machine.counts = counted ? counted->device : NULL;
	if (guest_command_prepare(&options->command, operands, "kc run -- uname -a", &launch,
				  error)) {
		struct run run = {options, launch.lab, operands, counted};

		if (options->command.launch.dry_run)
			launch_print(&launch);
		else
			status = guest_command_run(&options->command, &launch, run_in_vm, &run,
						   error);
	}
	launch_clear(&launch);
	return status;
}

/* What failed is told of, too, as it was run; but not what a signal ended. */
static void report(const struct coverage *coverage, char **operands, GError *cause, GError **error)
{
	g_autofree char *command = g_strjoinv(" ", operands);
	g_autofree char *what = g_strconcat("kc run -- ", command, NULL);
	g_autoptr(GError) failed = NULL;

	if (cause && status_is_signal(cause->code))
		return;
	if (!coverage_report(coverage, what, &failed) && !cause)
		g_propagate_error(error, g_steal_pointer(&failed));
	else if (failed)
		fprintf(stderr, "kc: %s\n", failed->message);
}

static int run_counted(const struct run_options *options, char **operands, GError **error)
{
	struct coverage_guest counted = {0};
	struct coverage *coverage = coverage_new(&options->coverage, &options->command.launch,
						 error);
	GError *cause = NULL;
	int status = 0;

	if (coverage && coverage_guest_open(&counted, coverage_scratch(coverage), error)) {
		status = run_prepared(options, operands, &counted, &cause);
		if (cause)
			coverage_guest_lose(&counted, cause->message);
		report(coverage, operands, cause, error);
		if (cause)
			g_propagate_error(error, cause);
	}
	coverage_guest_clear(&counted);
	coverage_free(coverage);
	return status;
}

static int run_run(const void *fields, char **operands, GError **error)
{
	struct run_options options = *(const struct run_options *)fields;
	bool counts = coverage_is_wanted(&options.coverage) && !options.command.launch.dry_run;

	options.command.cold |= options.persist;
	options.command.launch.counts = coverage_is_wanted(&options.coverage);
	return counts && *operands ? run_counted(&options, operands, error)
				   : run_prepared(&options, operands, NULL, error);
}

static const struct option_row *const run_tables[] = {run_rows, launch_rows, NULL};

const struct command command_run = {
	.name = "run",
	.operands = "[--] COMMAND [ARGUMENT...]",
	.summary = "run one command in a guest of its own",
	.text = "Runs COMMAND in a fresh guest and ends with COMMAND's own status: 128+n "
		"where signal n ended it, 127 where the guest has no such command. COMMAND's "
		"stdin, stdout and stderr are those of kc, unchanged and separate.\n\n"
		"The first run of a machine boots and saves it; later runs resume from there, "
		"each with its own entropy, time and host name, until a file or an option "
		"that the machine depends on changes ('kc cache'). It boots each time with "
		"--cold, with --persist, and where --qemu-args add a disk, since its contents "
		"may change.\n\n"
		"The first signal (SIGINT, SIGTERM, SIGHUP, SIGQUIT) goes to COMMAND, which "
		"has 4 s to end, with its own status if it handles the signal. After that, or "
		"at a second signal, kc ends the VM with status 128+n, whatever state the "
		"guest is in. The same happens when nobody reads kc's output any more "
		"(SIGPIPE, 141). On a terminal, keys go to COMMAND, and Ctrl-A x ends the VM.\n\n"
		"--net user puts a NIC behind QEMU's router: the guest is 10.0.2.15 and reaches "
		"this host as 10.0.2.2, and what the host reaches; hostfwd=tcp::PORT-:PORT lets "
		"the host in. Guests with --net socket:NAME meet, in whatever order they start: up to "
		"64 of one user on this host, without root, port or file. Each has the lowest "
		"number N that is free, or that of guest=N, and the address 10.0.3.N; one that "
		"stands still for 0.1 s misses what is sent meanwhile. --net loop is two NICs "
		"that are joined, without addresses. The agent gives the address as soon as a "
		"driver has taken the NIC, whether built in or loaded later, and only once; "
		"address=A/PREFIX or address=none says otherwise. The NIC is QEMU's "
		"virtio-net, or device=TYPE; other PROPERTY=VALUE are the NIC's own "
		"('--net user,device=virtio-net-pci,packed=on'). A machine with a network is "
		"saved and resumed as any other; it meets others only once the guest is up.\n\n"
		"What the guest writes to its disk is discarded, except with --persist. The "
		"console is shown when something fails, or with --verbose.\n\n"
		"kc fetches each file of --get however COMMAND ended, as long as the guest "
		"answers. It reports a file that it cannot fetch; the status is 248 for that "
		"only where COMMAND succeeded. A host file is replaced only by a complete "
		"one.\n\n"
		"When QEMU stops the machine because a drive has no space or fails, or a "
		"watchdog fires, kc says which and why, and ends with 252; with "
		"'--on-io-error retry' it waits until there is space. When a monitor or a "
		"debugger stops the machine, kc says so and waits.\n\n"
		"When the kernel warns (WARNING, BUG, KASAN, lockdep, stalls ...) kc shows "
		"its words and ends with 245, however COMMAND ended, unless --allow lists the "
		"complaint with a reason. A complaint about elapsed time (a lockup, a hung "
		"task, a stall) also says whether the machine could not run meanwhile: QEMU "
		"was stopped, or this host was suspended or overloaded. The message of a time "
		"limit says the same.\n\n"
		"With --bisect the status is what 'git bisect run' asks for: 1 for a command that "
		"failed, a splat, a panic, a hang or a QEMU that died, 125 for a guest that never "
		"came up, and from 128 on, which ends the bisection, for a host or a lab that is "
		"not ready. In a tree of Linux, with a lab elsewhere:\n\n"
		"git bisect run sh -c 'make -C ~/lab all LINUX_SRC=$PWD || exit 125; "
		"~/lab/build/bin/kc run --bisect -- COMMAND'\n\n" COVERAGE_HELP "\n\n"
		"When a KUnit test in the kernel or in a module fails, kc shows the results "
		"and ends with 253.",
	.options = run_tables,
	.bisect_offset = FIELD(bisect),
	.fields_size = sizeof(struct run_options),
	.defaults = &run_defaults,
	.run = run_run,
};
