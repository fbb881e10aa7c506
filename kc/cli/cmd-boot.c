/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * kc boot: a guest for a person, or for a script on stdin. The console is
 * relayed; QEMU's own Ctrl-A keys work on it.
 */
#include "cli/command.h"
#include "vm/guest.h"
#include "vm/share.h"
#include "vm/launch.h"
#include "base/input.h"
#include "base/pump.h"
#include "base/term.h"

#include <signal.h>
#include <unistd.h>

/* A guest without our agent takes input once its console has been still for so long. */
#define STILL_SECONDS 2
#define FALLS_MAX 3

struct boot_options {
	struct launch_options launch;
	bool snapshot;
};

static const struct boot_options boot_defaults = {.launch = {LAUNCH_DEFAULTS}};

static const struct option_row boot_rows[] = {
	{"snapshot", 0, NULL, "drop what the guest writes to its disk", option_on,
	 offsetof(struct boot_options, snapshot)},
	{.name = NULL},
};

struct boot {
	const struct boot_options *options;
	const struct launch *launch;
	struct vm *vm;
	struct pump *input;
	bool tty;
	bool up; /* as far as we can know */
	bool stopped; /* by QEMU, which was told */
	bool agent_lost; /* it said something wrong and is not heard any more */
	gint64 limit; /* to come up */
	gint64 looked; /* when we last looked whether it has */
	unsigned resets; /* seen so far */
	unsigned falls; /* resets since it was last up */
	GError *error;
};

static void start_waiting(struct boot *boot)
{
	boot->up = false;
	boot->falls = 0;
	/* What is typed before the guest listens is lost; a person sees it, a script does not. */
	pump_hold(boot->input, !boot->tty);
	boot->limit = loop_deadline(launch_boot_timeout(&boot->options->launch));
}

static void come_up(struct boot *boot)
{
	boot->up = true;
	pump_hold(boot->input, false);
}

static void hear_agent(struct boot *boot)
{
	g_autoptr(GError) ignored = NULL;
	enum frame_result result = FRAME_NONE;
	struct frame frame;

	while (!boot->agent_lost &&
	       (result = vm_next_frame(boot->vm, &frame, &ignored)) == FRAME_WHOLE)
		if (frame.type == KC_READY && !boot->up)
			come_up(boot);
	boot->agent_lost |= result == FRAME_BROKEN;
}

/* A guest may reboot when it likes, but not before it ever came up. */
static void on_reset(struct boot *boot)
{
	boot->resets = vm_resets(boot->vm);
	if (boot->up)
		start_waiting(boot);
	else if (++boot->falls >= FALLS_MAX && !boot->error)
		g_set_error(&boot->error, STATUS_ERROR, STATUS_NEVER_BOOTED,
			    "the guest was reset %u times without coming up", boot->falls);
}

/* A reset after panic text is a panic where there is no pvpanic to tell. */
static void watch_resets(struct boot *boot)
{
	const char *panic = console_panic(vm_console(boot->vm));

	if (boot->resets > 0 && panic && !boot->error)
		g_set_error(&boot->error, STATUS_ERROR, STATUS_PANIC,
			    "the guest kernel panicked: %s", panic);
	if (vm_resets(boot->vm) != boot->resets)
		on_reset(boot);
}

/* A person has QEMU's monitor, and may go on there. */
static void watch_stops(struct boot *boot)
{
	bool stopped = vm_is_stopped(boot->vm);

	if (stopped && !boot->tty && !boot->error) {
		vm_explain_stop(boot->vm, &boot->error);
	} else if (stopped && !boot->stopped) {
		g_autofree char *text = run_state_tell(vm_stands(boot->vm));

		fprintf(stderr, "kc: %s; Ctrl-A c and 'cont' let it go on, Ctrl-A x ends it\n",
			text);
	}
	boot->stopped = stopped;
}

static bool boot_step(void *data)
{
	struct boot *boot = data;
	bool was_up = boot->up;

	hear_agent(boot);
	watch_resets(boot);
	watch_stops(boot);
	if (vm_console_is_broken(boot->vm) && !boot->error)
		g_set_error(&boot->error, STATUS_ERROR, 128 + SIGPIPE,
			    "nobody reads the console any more");
	return boot->error || boot->up != was_up || vm_end(boot->vm) != VM_RUNNING;
}

/* When to look whether the guest is up, or should have been. */
static gint64 next_look(const struct boot *boot)
{
	gint64 heard = console_last_heard(vm_console(boot->vm));

	if (boot->up)
		return LOOP_NEVER;
	if (boot->launch->expects_agent || boot->tty)
		return boot->limit;
	return MIN(boot->limit, MAX(heard, boot->looked) + STILL_SECONDS * G_USEC_PER_SEC);
}

static void look_whether_up(struct boot *boot)
{
	gint64 now = g_get_monotonic_time();
	bool silent = console_last_heard(vm_console(boot->vm)) == 0;
	/* A person sees for himself, and a kernel of his may lack what our agent needs. */
	bool judged = boot->launch->expects_agent && !(boot->tty && boot->launch->own_kernel);

	if (now < next_look(boot))
		return;
	boot->looked = now;
	if (now >= boot->limit && (silent || judged))
		g_set_error(&boot->error, STATUS_ERROR, STATUS_NEVER_BOOTED,
			    "the guest did not come up within %g s: %s; "
			    "--boot-timeout gives it more",
			    launch_boot_timeout(&boot->options->launch),
			    silent ? "its console is silent" : "its agent never answered");
	else if (!silent)
		come_up(boot);
	own_kernel_explain(&boot->launch->kernel, &boot->error);
}

/* Until the guest has ended or must be. */
static void watch_guest(struct boot *boot, gint64 deadline)
{
	enum loop_end end = LOOP_DONE;

	while (!boot->error && vm_end(boot->vm) == VM_RUNNING) {
		end = loop_until(boot_step, boot, MIN(next_look(boot), deadline));
		if (end == LOOP_SIGNAL || (end == LOOP_LATE && g_get_monotonic_time() >= deadline))
			loop_explain(end, "the guest ended", &boot->error);
		else if (end == LOOP_LATE)
			look_whether_up(boot);
	}
}

static void finish(struct boot *boot)
{
	enum vm_end end = vm_end(boot->vm);

	if (!boot->error && end != VM_POWERED_OFF && end != VM_QUIT)
		vm_explain_end(boot->vm, "the guest ended", STATUS_QEMU_DIED, &boot->error);
	term_restore();
	if (boot->error && boot->error->code >= STATUS_MISUSE)
		vm_print_tail(boot->vm, stderr);
}

static void boot_vm(struct boot *boot)
{
	gint64 deadline = loop_deadline(boot->options->launch.timeout);

	loop_catch_signals();
	if (boot->launch->net.network)
		network_open(boot->launch->net.network);
	boot->vm = vm_start(&boot->launch->machine, STDOUT_FILENO, STDERR_FILENO, &boot->error);
	if (!boot->vm)
		return;
	boot->tty = isatty(STDIN_FILENO) && term_raw();
	boot->input = pump_new(STDIN_FILENO, vm_console_fd(boot->vm), NULL, NULL);
	start_waiting(boot);
	watch_guest(boot, deadline);
	finish(boot);
	pump_free(boot->input);
	vm_stop(boot->vm);
}

static int boot_run(const void *fields, char **operands, GError **error)
{
	const struct boot_options *options = fields;
	struct launch launch = {
		.machine.disk_throwaway = options->snapshot,
		.for_person = isatty(STDIN_FILENO),
	};
	struct boot boot = {.options = options, .launch = &launch};

	(void)operands;
	if (!launch_prepare(&launch, &options->launch, &boot.error)) {
		/* said below */
	} else if (options->launch.dry_run) {
		launch_print(&launch);
	} else if (input_check(&boot.error)) {
		launch_announce(&launch, options->launch.verbose);
		shares_tell(launch.shares);
		if (isatty(STDIN_FILENO))
			fputs("kc: Ctrl-A x ends the VM, Ctrl-A c is QEMU's monitor and back\n",
			      stderr);
		boot_vm(&boot);
	}
	launch_clear(&launch);
	if (boot.error)
		g_propagate_error(error, boot.error);
	return 0;
}

static const struct option_row *const boot_options[] = {boot_rows, launch_rows, NULL};

const struct command command_boot = {
	.name = "boot",
	.summary = "boot the lab to a shell on its serial console",
	.text = "Boots the lab's kernel and root file system in QEMU with a virtio-hello "
		"device and connects the serial console to the terminal. There, Ctrl-A x ends "
		"the VM and Ctrl-A c switches to QEMU's monitor and back.\n\n"
		"Where stdin is not a terminal, kc types what it reads from there once the "
		"guest is up; at the end of input the guest continues until it powers off. "
		"The status is 0 when the guest powers off or Ctrl-A x ends it, and 252 when "
		"QEMU stops the machine because a drive is full or fails; on a terminal kc "
		"only reports that, as the monitor's 'cont' continues.",
	.options = boot_options,
	.fields_size = sizeof(struct boot_options),
	.defaults = &boot_defaults,
	.run = boot_run,
};
