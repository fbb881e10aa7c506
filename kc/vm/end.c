/* SPDX-License-Identifier: GPL-2.0-or-later */
/* How a machine ended, or stopped, and what a user reads about it. */
#include "vm/internal.h"
#include "base/loop.h"

#include <string.h>

#define TAIL_LINES 45

static enum vm_end exit_kind(struct vm *vm)
{
	if (!g_subprocess_get_successful(vm->process))
		return VM_DIED;
	if (vm->panicked || (vm->announced == VM_RESET && console_panic(vm->console)))
		return VM_PANICKED;
	return vm->announced == VM_RUNNING ? VM_DIED : vm->announced;
}

enum vm_end vm_end(struct vm *vm)
{
	if (!vm->exited || !qmp_is_closed(vm->qmp) || !pump_is_done(vm->console_pump) ||
	    !pump_is_done(vm->errors_pump))
		return VM_RUNNING;
	return exit_kind(vm);
}

static bool is_over(void *data)
{
	return vm_end(data) != VM_RUNNING;
}

/* QEMU's line is "PROGRAM: -device NAME,...: 'NAME' is not a valid device model name". */
static char *unknown_device(struct vm *vm)
{
	const char *line = console_find(vm->errors, "is not a valid device model name");
	const char *from = line ? strchr(line, '\'') : NULL;
	const char *to = from ? strchr(from + 1, '\'') : NULL;

	return to ? g_strndup(from + 1, to - from - 1) : NULL;
}

static void explain_death(struct vm *vm, GError **error)
{
	g_autofree char *device = unknown_device(vm);
	const char *said = console_find(vm->errors, ": ");

	if (device)
		g_set_error(error, STATUS_ERROR, STATUS_QEMU_DIED,
			    "QEMU does not know the device '%s'; '%s -device help' lists "
			    "those that it knows, and 'make qemu' builds in those of the project",
			    device, vm->qemu);
	else if (g_subprocess_get_if_signaled(vm->process))
		g_set_error(error, STATUS_ERROR, STATUS_QEMU_DIED,
			    "QEMU died of signal %d (%s)%s%s",
			    g_subprocess_get_term_sig(vm->process),
			    g_strsignal(g_subprocess_get_term_sig(vm->process)), said ? ": " : "",
			    said ? said : "");
	else
		g_set_error(error, STATUS_ERROR, STATUS_QEMU_DIED, "QEMU ended with status %d: %s",
			    g_subprocess_get_exit_status(vm->process),
			    said ? said : "it said nothing");
}

static void explain_panic(struct vm *vm, GError **error)
{
	const char *panic = console_panic(vm->console);

	g_set_error(error, STATUS_ERROR, STATUS_PANIC, "the guest kernel panicked%s%s",
		    panic ? ": " : "", panic ? panic : "");
}

bool vm_explain_end(struct vm *vm, const char *what, enum status otherwise, GError **error)
{
	static const char *const ends[] = {
		[VM_QUIT] = "QEMU was told to end",
		[VM_POWERED_OFF] = "the guest powered off",
		[VM_RESET] = "the guest rebooted",
	};
	enum vm_end end;

	loop_until(is_over, vm, loop_deadline(VM_GRACE_SECONDS));
	if (!vm->exited)
		return false;
	end = exit_kind(vm);
	if (end == VM_DIED)
		explain_death(vm, error);
	else if (end == VM_PANICKED)
		explain_panic(vm, error);
	else if (vm->barked)
		g_set_error(error, STATUS_ERROR, STATUS_STOPPED,
			    "the guest did not serve its watchdog in time, which ended it before "
			    "%s",
			    what);
	else
		g_set_error(error, STATUS_ERROR, otherwise, "%s before %s", ends[end], what);
	return true;
}

void vm_excuse_late(struct vm *vm, GError *cause)
{
	g_autofree char *stalls = NULL;
	g_autofree char *before = NULL;

	if (cause->code != STATUS_HANG && cause->code != STATUS_NEVER_BOOTED &&
	    cause->code != STATUS_AGENT_LOST && (cause->code != STATUS_QEMU_DIED || vm->exited))
		return;
	stalls = vm_stalls(vm);
	if (!stalls)
		return;
	before = cause->message;
	cause->message = g_strdup_printf("%s; %s", before, stalls);
}

bool vm_explain_stop(struct vm *vm, GError **error)
{
	g_autofree char *text = NULL;

	if (!vm_is_stopped(vm))
		return false;
	text = run_state_tell(vm_stands(vm));
	g_set_error_literal(error, STATUS_ERROR, vm_stands(vm)->status, text);
	return true;
}

static void print_tail(const struct console *console, const char *title, FILE *out)
{
	fprintf(out, "kc: %s:\n", title);
	console_print_tail(console, TAIL_LINES, out);
}

void vm_print_tail(struct vm *vm, FILE *out)
{
	bool silent = console_last_heard(vm->console) == 0;
	bool complained = console_last_heard(vm->errors) != 0;

	if (silent && !complained)
		fputs("kc: the guest's console was silent\n", out);
	if (!silent && !vm->console_seen)
		print_tail(vm->console, "the console's last lines", out);
	if (complained && !vm->errors_seen)
		print_tail(vm->errors, "QEMU said", out);
}
