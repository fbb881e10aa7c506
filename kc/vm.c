/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "vm.h"
#include "inspect.h"
#include "loop.h"
#include "pump.h"
#include "spawn.h"

#include <errno.h>
#include <fcntl.h>
#include <gio/gunixinputstream.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#define GRACE_SECONDS 2 /* for QEMU to end by itself */
#define ABSENCE_SECONDS 30 /* for the agent: a suspended guest closes its ports, and may be slow */
#define TAIL_LINES 45

struct vm {
	char *qemu; /* the program */
	GSubprocess *process;
	struct qmp *qmp;
	struct agent *agent;
	struct inspect *inspect; /* NULL where the host has no way */
	struct console *console;
	struct console *errors; /* what QEMU says on stderr */
	struct pump *console_pump;
	struct pump *errors_pump;
	int console_fd;
	bool console_seen, errors_seen; /* by whoever reads our stderr */
	bool exited;
	bool panicked;
	bool agent_gone;
	guint agent_absent; /* timer, while its port is closed; or 0 */
	enum vm_end announced; /* by QEMU, before it exits */
	vm_kmsg kmsg; /* or NULL */
	void *kmsg_opaque;
	unsigned resets, stops;
};

static void keep_lines(const char *data, size_t len, void *console)
{
	console_feed(console, data, len);
}

static const char *shutdown_reason(JsonObject *data)
{
	if (!data || !json_object_has_member(data, "reason"))
		return "";
	return json_object_get_string_member(data, "reason");
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

	if (g_str_equal(name, "RESET")) {
		vm->resets++;
		console_thaw(vm->console);
		/* What was on its way to the agent went down with the guest. */
		greet_agent(vm);
	} else if (g_str_equal(name, "STOP")) {
		vm->stops++;
	} else if (g_str_equal(name, "GUEST_PANICKED")) {
		vm->panicked = true;
	} else if (g_str_equal(name, "SHUTDOWN")) {
		on_shutdown(vm, shutdown_reason(data));
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

#define CHANNELS 3

/* Both ends of three channels: ours, and what QEMU inherits; then files of ours. */
struct channels {
	int ours[CHANNELS];
	struct spawn_fd theirs[CHANNELS + 5];
	size_t count; /* of theirs */
};

static bool open_channels(struct channels *channels, GError **error)
{
	for (int i = 0; i < CHANNELS; i++) {
		int pair[2];

		if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0, pair) < 0) {
			g_set_error(error, STATUS_ERROR, STATUS_HOST_NOT_READY,
				    "no socket for QEMU: %s", g_strerror(errno));
			while (i-- > 0) {
				close(channels->ours[i]);
				close(channels->theirs[i].ours);
			}
			return false;
		}
		channels->ours[i] = pair[0];
		channels->theirs[i] = (struct spawn_fd){pair[1], MACHINE_FD_QMP + i};
	}
	channels->count = CHANNELS;
	return true;
}

/* The caller's stays open: QEMU gets one of its own. */
static void pass_file(struct channels *channels, int fd, int number)
{
	if (fd > 0)
		channels->theirs[channels->count++] = (struct spawn_fd){
			fcntl(fd, F_DUPFD_CLOEXEC, 0), number};
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
	vm->qmp = qmp_new(fds[0], on_event, vm);
	vm->console_fd = fds[1];
	vm->agent = agent_new(fds[2]);
	vm->console_seen = is_seen_with_stderr(console_out);
	vm->errors_seen = is_seen_with_stderr(errors_out);
	vm->console_pump = pump_new(vm->console_fd, console_out, keep_lines, vm->console);
	vm->errors_pump = pump_new(errors_fd, errors_out, keep_lines, vm->errors);
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

	if (!open_channels(&channels, error))
		return NULL;
	pass_file(&channels, machine->state_fd, MACHINE_FD_STATE);
	pass_file(&channels, machine->ram_fd, MACHINE_FD_RAM);
	pass_file(&channels, machine->disk_fd, MACHINE_FD_DISK);
	pass_file(&channels, machine->disk_write_fd, MACHINE_FD_DISK_WRITE);
	pass_file(&channels, machine->trace_fd, MACHINE_FD_TRACE);
	process = spawn((const char *const *)argv, channels.theirs, channels.count, error);
	if (!process) {
		for (int i = 0; i < CHANNELS; i++)
			close(channels.ours[i]);
		return NULL;
	}
	vm = vm_new(process, channels.ours, console_out, errors_out);
	vm->qemu = g_strdup(machine->qemu);
	vm->inspect = inspect_serve(vm);
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
	if (loop_until(has_exited, vm, loop_deadline(GRACE_SECONDS)) != LOOP_DONE)
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
	inspect_free(vm->inspect);
	pump_free(vm->console_pump);
	pump_free(vm->errors_pump);
	qmp_free(vm->qmp);
	agent_free(vm->agent);
	close(vm->console_fd);
	console_free(vm->console);
	console_free(vm->errors);
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
		if (vm->kmsg)
			vm->kmsg(frame->payload, frame->len, vm->kmsg_opaque);
	}
}

const struct console *vm_console(struct vm *vm)
{
	return vm->console;
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
			    "those that it knows",
			    device, vm->qemu);
	else if (g_subprocess_get_if_signaled(vm->process))
		g_set_error(error, STATUS_ERROR, STATUS_QEMU_DIED, "QEMU died of signal %d (%s)",
			    g_subprocess_get_term_sig(vm->process),
			    g_strsignal(g_subprocess_get_term_sig(vm->process)));
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

	loop_until(is_over, vm, loop_deadline(GRACE_SECONDS));
	if (!vm->exited)
		return false;
	end = exit_kind(vm);
	if (end == VM_DIED)
		explain_death(vm, error);
	else if (end == VM_PANICKED)
		explain_panic(vm, error);
	else
		g_set_error(error, STATUS_ERROR, otherwise, "%s before %s", ends[end], what);
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
