/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "vm/internal.h"
#include "base/loop.h"
#include "base/spawn.h"
#include "vm/channels.h"

#include <gio/gunixinputstream.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#define ABSENCE_SECONDS 30 /* for the agent: a suspended guest closes its ports, and may be slow */

static void keep_lines(const char *data, size_t len, void *console)
{
	console_feed(console, data, len);
}

static const char *text_of(JsonObject *data, const char *name)
{
	return data ? json_object_get_string_member_with_default(data, name, "") : "";
}

static void greet_agent(struct vm *vm)
{
	guint32 version = GUINT32_TO_LE(KC_PROTOCOL_VERSION);

	agent_send(vm->agent, KC_HELLO, &version, sizeof(version));
}

static void on_shutdown(struct vm *vm, const char *reason)
{
	if (g_str_equal(reason, "guest-shutdown"))
		vm->announced = VM_POWERED_OFF;
	else if (g_str_equal(reason, "guest-reset"))
		vm->announced = VM_RESET;
	else if (g_str_equal(reason, "guest-panic"))
		vm->announced = VM_PANICKED;
	else
		vm->announced = VM_QUIT;
}

/* Some actions end the VM without another word. */
static void on_watchdog(struct vm *vm, const char *action)
{
	static const char *const ends[] = {"reset", "shutdown", "poweroff", NULL};

	vm->barked = g_strv_contains(ends, action);
	if (g_str_equal(action, "poweroff"))
		vm->announced = VM_POWERED_OFF;
}

static gboolean on_absent_too_long(void *data)
{
	struct vm *vm = data;

	vm->agent_absent = 0;
	vm->agent_gone = true;
	return G_SOURCE_REMOVE;
}

static void on_port(struct vm *vm, bool open)
{
	if (vm->agent_absent)
		g_source_remove(vm->agent_absent);
	vm->agent_absent = open ? 0
				: g_timeout_add_seconds(ABSENCE_SECONDS, on_absent_too_long, vm);
	if (open)
		vm->agent_gone = false;
}

static void on_event(const char *name, JsonObject *data, void *opaque)
{
	struct vm *vm = opaque;

	if (vm->still)
		standstill_event(vm->still, name, data);
	if (vm->ask)
		ask_event(vm->ask, name, data);
	if (g_str_equal(name, "RESET")) {
		vm->resets++;
		console_thaw(vm->console);
		/* What was on its way to the agent went down with the guest. */
		greet_agent(vm);
	} else if (g_str_equal(name, "STOP")) {
		vm->stops++;
		stalls_hold(vm->stalls, true);
	} else if (g_str_equal(name, "RESUME")) {
		stalls_hold(vm->stalls, false);
	} else if (g_str_equal(name, "GUEST_PANICKED")) {
		vm->panicked = true;
	} else if (g_str_equal(name, "SHUTDOWN")) {
		on_shutdown(vm, text_of(data, "reason"));
	} else if (g_str_equal(name, "WATCHDOG")) {
		on_watchdog(vm, text_of(data, "action"));
	} else if (g_str_equal(name, "VSERPORT_CHANGE") && data) {
		on_port(vm, json_object_get_boolean_member_with_default(data, "open", TRUE));
	}
}

static void on_process_exit(GObject *process, GAsyncResult *result, void *data)
{
	struct vm *vm = data;

	g_subprocess_wait_finish(G_SUBPROCESS(process), result, NULL);
	vm->exited = true;
}

/* Whoever reads stderr reads @fd, too. */
static bool is_seen_with_stderr(int fd)
{
	struct stat a, b;

	return fd >= 0 && fstat(fd, &a) == 0 && fstat(STDERR_FILENO, &b) == 0 &&
	       a.st_dev == b.st_dev && a.st_ino == b.st_ino;
}

static struct vm *vm_new(GSubprocess *process, const int *fds, int console_out, int errors_out)
{
	struct vm *vm = g_new0(struct vm, 1);
	GInputStream *errors = g_subprocess_get_stderr_pipe(process);
	int errors_fd = g_unix_input_stream_get_fd(G_UNIX_INPUT_STREAM(errors));

	vm->process = process;
	vm->console = console_new();
	vm->errors = console_new();
	vm->log = kernel_log_new();
	vm->qmp = qmp_new(fds[CHANNEL_QMP], on_event, vm);
	vm->console_fd = fds[CHANNEL_CONSOLE];
	vm->agent = agent_new(fds[CHANNEL_AGENT]);
	vm->ask = ask_new(vm->qmp, vm->agent);
	vm->console_seen = is_seen_with_stderr(console_out);
	vm->errors_seen = is_seen_with_stderr(errors_out);
	vm->console_pump = pump_new(vm->console_fd, console_out, keep_lines, vm->console);
	vm->errors_pump = pump_new(errors_fd, errors_out, keep_lines, vm->errors);
	vm->stalls = stalls_new(vm_pid(vm));
	g_subprocess_wait_async(process, NULL, on_process_exit, vm);
	greet_agent(vm);
	return vm;
}

struct vm *vm_start(const struct machine *machine, int console_out, int errors_out, GError **error)
{
	g_auto(GStrv) argv = machine_argv(machine, MACHINE_WIRED);
	struct channels channels;
	GSubprocess *process;
	struct vm *vm;

	if (!channels_open(&channels, machine, error))
		return NULL;
	/* libgcov puts each file there, under its whole path, and leaves the build alone. */
	process = spawn_env((const char *const *)argv, machine->dir,
			    machine->counts ? "GCOV_PREFIX" : NULL, machine->counts,
			    channels.theirs, channels.count, error);
	if (!process) {
		channels_close(&channels);
		return NULL;
	}
	vm = vm_new(process, channels.ours, console_out, errors_out);
	vm->qemu = g_strdup(machine->qemu);
	vm->inspect = inspect_serve(vm->qmp, vm->console, vm->log, vm->errors);
	vm->still = standstill_new(vm->qmp, machine->retry_io);
	return vm;
}

static bool has_exited(void *data)
{
	return ((struct vm *)data)->exited;
}

static void end_process(struct vm *vm)
{
	if (vm->exited)
		return;
	qmp_quit(vm->qmp);
	if (!loop_finish(has_exited, vm, loop_deadline(VM_GRACE_SECONDS)))
		g_subprocess_force_exit(vm->process);
	while (!vm->exited)
		g_main_context_iteration(NULL, TRUE);
}

void vm_stop(struct vm *vm)
{
	if (!vm)
		return;
	end_process(vm);
	if (vm->agent_absent)
		g_source_remove(vm->agent_absent);
	stalls_free(vm->stalls);
	inspect_free(vm->inspect);
	standstill_free(vm->still);
	pump_free(vm->console_pump);
	pump_free(vm->errors_pump);
	ask_free(vm->ask);
	qmp_free(vm->qmp);
	agent_free(vm->agent);
	close(vm->console_fd);
	console_free(vm->console);
	console_free(vm->errors);
	kernel_log_free(vm->log);
	g_object_unref(vm->process);
	g_free(vm->qemu);
	g_free(vm);
}

struct qmp *vm_qmp(struct vm *vm)
{
	return vm->qmp;
}

int vm_pid(struct vm *vm)
{
	const char *id = g_subprocess_get_identifier(vm->process);

	return id ? atoi(id) : 0;
}

void vm_kill(struct vm *vm)
{
	g_subprocess_force_exit(vm->process);
}

struct agent *vm_agent(struct vm *vm)
{
	return vm->agent;
}

struct ask *vm_ask(struct vm *vm)
{
	return vm->ask;
}

void vm_watch_kmsg(struct vm *vm, vm_kmsg watch, void *opaque)
{
	vm->kmsg = watch;
	vm->kmsg_opaque = opaque;
}

enum frame_result vm_next_frame(struct vm *vm, struct frame *frame, GError **error)
{
	for (;;) {
		enum frame_result result = agent_next(vm->agent, frame, error);

		if (result != FRAME_WHOLE || frame->type != KC_KMSG)
			return result;
		kernel_log_feed(vm->log, frame->payload, frame->len);
		if (vm->kmsg)
			vm->kmsg(frame->payload, frame->len, vm->stalls, vm->kmsg_opaque);
	}
}

const struct console *vm_console(struct vm *vm)
{
	return vm->console;
}

const struct kernel_log *vm_kernel_log(struct vm *vm)
{
	return vm->log;
}

const struct console *vm_errors(struct vm *vm)
{
	return vm->errors;
}

void vm_tap_console(struct vm *vm, console_tap tap, void *opaque)
{
	console_set_tap(vm->console, tap, opaque);
}

bool vm_agent_is_gone(struct vm *vm)
{
	return vm->agent_gone;
}

int vm_console_fd(struct vm *vm)
{
	return vm->console_fd;
}

bool vm_console_is_broken(struct vm *vm)
{
	return pump_is_broken(vm->console_pump);
}

unsigned vm_resets(struct vm *vm)
{
	return vm->resets;
}

unsigned vm_stops(struct vm *vm)
{
	return vm->stops;
}

char *vm_stalls(struct vm *vm)
{
	return stalls_sum(vm->stalls);
}

const struct run_state *vm_stands(struct vm *vm)
{
	return standstill_state(vm->still);
}

bool vm_is_stopped(struct vm *vm)
{
	return standstill_is_final(vm->still) && !vm->exited;
}

void vm_expect_stops(struct vm *vm)
{
	standstill_keep_quiet(vm->still);
}
