/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "vm/exec.h"
#include "vm/ask.h"
#include "vm/guest.h"
#include "base/input.h"
#include "base/pump.h"
#include "base/term.h"

#include <errno.h>
#include <glib-unix.h>
#include <signal.h>
#include <string.h>
#include <unistd.h>

#define STDIN_CHUNK 16384
#define CTRL_A 1

static const char what[] = "the command ended";

struct run {
	struct vm *vm;
	const struct exec *exec;

	struct frame frame; /* of output, while it is being written */
	size_t written; /* bytes of it */
	bool writing;
	guint out_watch;
	int lost[STDERR_FILENO + 1]; /* errno of an output that broke */

	size_t window; /* bytes that may still be sent as input */
	bool in_ended;
	int in_error; /* errno of an input that broke */
	bool escaped; /* Ctrl-A was typed */
	guint in_watch;

	int signo; /* the first that was passed on, or 0 */
	gint64 limit;
	bool exited;
	guint32 status;
	GError *error;
};

static void send_signal(struct run *run, int signo)
{
	guint32 number = GUINT32_TO_LE((guint32)signo);

	agent_send(vm_agent(run->vm), KC_SIGNAL, &number, sizeof(number));
}

static gboolean on_writable(int fd, GIOCondition condition, void *data)
{
	(void)fd, (void)condition;
	((struct run *)data)->out_watch = 0;
	return G_SOURCE_REMOVE;
}

/* The command learns of a closed output as it would without us. */
static void lose_output(struct run *run, int fd)
{
	run->lost[fd] = errno;
	loop_raise_signal(SIGPIPE);
}

/* True when no output is waiting any more. */
static bool write_output(struct run *run)
{
	int fd = run->frame.type == KC_STDERR ? STDERR_FILENO : STDOUT_FILENO;
	gssize n = 0;

	if (!run->writing)
		return true;
	if (run->exec->output) {
		run->exec->output(fd, run->frame.payload, run->frame.len, run->exec->output_opaque);
		run->writing = false;
		return true;
	}
	if (!run->lost[fd])
		n = pump_write_some(fd, run->frame.payload + run->written,
				    run->frame.len - run->written);
	if (n < 0)
		lose_output(run, fd);
	if (run->lost[fd])
		n = run->frame.len - run->written;
	run->written += n;
	run->writing = run->written < run->frame.len;
	if (run->writing && !run->out_watch)
		run->out_watch = g_unix_fd_add(fd, G_IO_OUT, on_writable, run);
	return !run->writing;
}

/*
 * Ctrl-A x ends the VM, Ctrl-A a is one Ctrl-A, as QEMU's console has it.
 * Returns how many bytes are left for the command.
 */
static size_t take_escapes(struct run *run, char *data, size_t len)
{
	size_t kept = 0;

	for (size_t i = 0; i < len; i++) {
		bool escaped = run->escaped;

		run->escaped = !escaped && data[i] == CTRL_A;
		if (escaped && data[i] == 'x' && !run->error)
			g_set_error(&run->error, STATUS_ERROR, 128 + SIGINT, "ended by Ctrl-A x");
		if (!run->escaped)
			data[kept++] = escaped && data[i] == 'a' ? CTRL_A : data[i];
	}
	return kept;
}

static gboolean on_input(int fd, GIOCondition condition, void *data)
{
	struct run *run = data;
	struct agent *agent = vm_agent(run->vm);
	char input[STDIN_CHUNK];
	ssize_t n = read(fd, input, MIN(sizeof(input), run->window));

	(void)condition;
	if (n < 0 && (errno == EINTR || errno == EAGAIN))
		return G_SOURCE_CONTINUE;
	run->in_watch = 0;
	run->in_ended = n <= 0;
	if (n < 0 && input_lost(errno))
		run->in_error = errno;
	if (n > 0 && run->exec->tty)
		n = take_escapes(run, input, n);
	if (n > 0 || run->in_ended)
		agent_send(agent, KC_STDIN, input, MAX(n, 0));
	run->window -= MAX(n, 0);
	return G_SOURCE_REMOVE;
}

static void await_input(struct run *run)
{
	if (run->in_ended || run->in_watch || run->window == 0 ||
	    agent_unsent(vm_agent(run->vm)) > 0)
		return;
	run->in_watch = g_unix_fd_add(STDIN_FILENO, G_IO_IN | G_IO_HUP, on_input, run);
}

static void take_acknowledgement(struct run *run)
{
	guint32 count;

	if (!frame_u32(&run->frame, &count, &run->error))
		return;
	if (count <= KC_STDIN_WINDOW - run->window)
		run->window += count;
	else
		g_set_error(&run->error, STATUS_ERROR, STATUS_AGENT_LOST,
			    "the guest's agent took %u bytes of input, which it was not sent",
			    count);
}

static void take_exit(struct run *run)
{
	if (!frame_u32(&run->frame, &run->status, &run->error))
		return;
	run->exited = run->status <= 255;
	if (!run->exited)
		g_set_error(&run->error, STATUS_ERROR, STATUS_AGENT_LOST,
			    "the guest's agent sent %u as an exit status", run->status);
}

static void take_frame(struct run *run)
{
	switch (run->frame.type) {
	case KC_STDOUT:
	case KC_STDERR:
		run->writing = true;
		run->written = 0;
		break;
	case KC_STDIN_ACK:
		take_acknowledgement(run);
		break;
	case KC_EXIT:
		take_exit(run);
		break;
	case KC_ASK:
		ask_serve(vm_ask(run->vm), &run->frame);
		break;
	case KC_READY:
		g_set_error(&run->error, STATUS_ERROR, STATUS_AGENT_LOST,
			    "the guest's agent restarted before %s", what);
		break;
	default:
		guest_refused(&run->frame, "the command", &run->error);
	}
}

static bool run_step(void *data)
{
	struct run *run = data;
	enum frame_result result = FRAME_WHOLE;

	while (!run->error && !run->exited && write_output(run)) {
		result = vm_next_frame(run->vm, &run->frame, &run->error);
		if (result != FRAME_WHOLE)
			break;
		take_frame(run);
	}
	if (run->error || run->exited)
		return true;
	await_input(run);
	return result == FRAME_NONE && (vm_agent_is_gone(run->vm) || vm_is_stopped(run->vm));
}

static gboolean on_resize(void *data)
{
	struct run *run = data;
	guint16 size[2];

	term_size(&size[0], &size[1]);
	size[0] = GUINT16_TO_LE(size[0]);
	size[1] = GUINT16_TO_LE(size[1]);
	agent_send(vm_agent(run->vm), KC_WINSIZE, size, sizeof(size));
	return G_SOURCE_CONTINUE;
}

static guint append_strings(GByteArray *out, const char *const *strings)
{
	guint count = 0;

	for (; strings && strings[count]; count++)
		g_byte_array_append(out, (const guint8 *)strings[count],
				    strlen(strings[count]) + 1);
	return count;
}

static bool send_request(struct run *run, GError **error)
{
	const struct exec *exec = run->exec;
	const char *const dir[] = {exec->dir ? exec->dir : "", NULL};
	g_autoptr(GByteArray) request = g_byte_array_new();
	struct kc_exec head = {.flags = GUINT32_TO_LE(exec->tty ? KC_EXEC_TTY : 0)};

	term_size(&head.rows, &head.columns);
	head.rows = GUINT16_TO_LE(head.rows);
	head.columns = GUINT16_TO_LE(head.columns);
	g_byte_array_append(request, (const guint8 *)&head, sizeof(head));
	head.argc = GUINT32_TO_LE(append_strings(request, exec->argv));
	head.envc = GUINT32_TO_LE(append_strings(request, exec->env));
	append_strings(request, dir);
	memcpy(request->data, &head, sizeof(head));
	if (request->len > KC_FRAME_MAX) {
		g_set_error(error, STATUS_ERROR, STATUS_MISUSE,
			    "the command and its environment take %u bytes, %u are the most; "
			    "put them into a file and carry it with --put",
			    request->len, KC_FRAME_MAX);
		return false;
	}
	agent_send(vm_agent(run->vm), KC_EXEC, request->data, request->len);
	if (run->in_ended)
		agent_send(vm_agent(run->vm), KC_STDIN, NULL, 0);
	return true;
}

/*
 * A command may clean up at the first signal, and lose its output by that; whoever
 * insists is obeyed, and whoever sends just one need not wait for long.
 */
static bool pass_signal(struct run *run)
{
	int signo = loop_signal();

	if (!run->exec->signals || (run->signo && signo != SIGPIPE))
		return false;
	send_signal(run, loop_take_signal());
	if (!run->signo)
		run->limit = MIN(run->limit, loop_deadline(EXEC_GRACE_SECONDS));
	run->signo = run->signo ? run->signo : signo;
	return true;
}

static void explain_wait(const struct run *run, enum loop_end end, GError **error)
{
	if (end == LOOP_LATE && run->signo)
		g_set_error(error, STATUS_ERROR, 128 + run->signo,
			    "interrupted (%s); the command did not end within %d s of it",
			    g_strsignal(run->signo), EXEC_GRACE_SECONDS);
	else
		guest_wait_failed(run->vm, end, what, error);
}

static void run_clear(struct run *run)
{
	if (run->in_watch)
		g_source_remove(run->in_watch);
	if (run->out_watch)
		g_source_remove(run->out_watch);
}

static bool run_finish(struct run *run, enum loop_end end, GError **error)
{
	int lost = run->lost[STDOUT_FILENO] ? run->lost[STDOUT_FILENO] : run->lost[STDERR_FILENO];

	if (end != LOOP_DONE)
		explain_wait(run, end, error);
	else if (!run->exited &&
		 (!run->error || g_error_matches(run->error, STATUS_ERROR, STATUS_AGENT_LOST)))
		guest_lost(run->vm, what, run->error, error);
	else if (!run->exited)
		g_propagate_error(error, run->error);
	else if (lost && lost != EPIPE)
		g_set_error(error, STATUS_ERROR, STATUS_NOT_CARRIED,
			    "the command's output is not whole: %s", g_strerror(lost));
	else if (run->in_error)
		g_set_error(error, STATUS_ERROR, STATUS_NOT_CARRIED,
			    "the command's input was not whole: %s", g_strerror(run->in_error));
	else
		return true;
	return false;
}

bool exec_run(struct vm *vm, const struct exec *exec, gint64 deadline, int *status, GError **error)
{
	struct run run = {
		.vm = vm,
		.exec = exec,
		.window = KC_STDIN_WINDOW,
		.in_ended = !exec->reads,
		.limit = deadline,
	};
	guint resize = 0;
	enum loop_end end;

	if (!send_request(&run, error))
		return false;
	if (exec->tty)
		resize = g_unix_signal_add(SIGWINCH, on_resize, &run);
	do {
		end = loop_until(run_step, &run, run.limit);
	} while (end == LOOP_SIGNAL && pass_signal(&run));
	if (end == LOOP_DONE && !loop_signal())
		loop_signal_answered();
	if (resize)
		g_source_remove(resize);
	run_clear(&run);
	*status = run.status;
	return run_finish(&run, end, error);
}

bool exec_let_go(struct vm *vm, gint64 deadline, GError **error)
{
	guint32 number = GUINT32_TO_LE(SIGKILL);
	struct frame frame;

	agent_send(vm_agent(vm), KC_SIGNAL, &number, sizeof(number));
	do {
		if (!guest_next_frame(vm, "the command was killed", &frame, deadline, error))
			return false;
	} while (frame.type != KC_EXIT);
	return true;
}
