/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "cli/debug-session.h"
#include "base/loop.h"
#include "snapshot/boot-or-resume.h"
#include "vm/cpu.h"
#include "vm/exec.h"

#include <errno.h>
#include <signal.h>
#include <unistd.h>

#define BATCH_SECONDS 600 /* where the user sets no limit */
#define ATTACH_SECONDS 120 /* in batch: reading a kernel's symbols takes a while */
#define LEAVE_SECONDS 10 /* for gdb to end after its machine */

/* Once the user has left gdb, or its script has failed, nothing more is awaited. */
static void on_gdb_end(void *data)
{
	struct debug_session *session = data;

	for (int side = 0; side < DEBUG_SIDES; side++) {
		struct debugger *debugger = session->debuggers[side];

		if (!debugger || (session->options->batch && debugger_succeeded(debugger)))
			continue;
		if (debugger_exited(debugger))
			session->left = true;
	}
	if (session->left)
		vm_kill(session->vm);
}

/* Where two are wanted on one terminal the driver's has it. */
static bool is_elsewhere(const struct debug_session *session, enum debug_side side)
{
	return side == DEBUG_DEVICE && !session->options->batch && session->wanted[DEBUG_DRIVER];
}

static bool attach(struct debug_session *session, enum debug_side side, gint64 deadline,
		   GError **error)
{
	const struct debug_task *task = &session->tasks[side];

	if (is_elsewhere(session, side)) {
		g_autofree char *command = debugger_command(session->vm, session->launch.lab, task);

		fprintf(stderr, "kc: now run the device's gdb in another terminal:\n%s\n", command);
	} else {
		session->debuggers[side] = debugger_start(session->vm, session->launch.lab, task,
							  on_gdb_end, session, error);
		if (!session->debuggers[side])
			return false;
	}
	return debugger_wait_attached(session->vm, side, session->debuggers[side], deadline, error);
}

static bool open_stub(struct debug_session *session, GError **error)
{
	struct cpu cpu;

	if (!session->wanted[DEBUG_DRIVER])
		return true;
	if (cpu_read(vm_qmp(session->vm), &cpu))
		session->tasks[DEBUG_DRIVER].idt = cpu.idt;
	session->stub = gdb_stub_open(vm_qmp(session->vm), error);
	if (session->stub)
		session->tasks[DEBUG_DRIVER].stub = gdb_stub_path(session->stub);
	return session->stub;
}

/* The device's first: it holds up all of QEMU, for which gdb on the kernel waits. */
static bool attach_all(struct debug_session *session, gint64 deadline, GError **error)
{
	gint64 limit = session->options->batch ? MIN(deadline, loop_deadline(ATTACH_SECONDS))
					       : deadline;

	if (!open_stub(session, error))
		return false;
	for (int side = DEBUG_SIDES - 1; side >= 0; side--)
		if (session->wanted[side] && !attach(session, side, limit, error))
			return false;
	return true;
}

static bool gdb_ended(void *data)
{
	const struct debug_session *session = data;

	if (vm_is_stopped(session->vm))
		return true;
	for (int side = 0; side < DEBUG_SIDES; side++)
		if (session->debuggers[side] && !debugger_has_ended(session->debuggers[side]))
			return false;
	return true;
}

static bool run_command(struct debug_session *session, char **argv, gint64 deadline, int *status,
			GError **error)
{
	const struct exec exec = {
		.argv = (const char *const *)argv,
		.dir = session->options->transfer.dir,
	};

	if (!transfer_in(session->vm, &session->options->transfer, session->launch.lab, deadline,
			 error))
		return false;
	if (!*argv)
		return true;
	if (!exec_run(session->vm, &exec, deadline, status, error) ||
	    !transfer_out(session->vm, &session->options->transfer, *status, deadline, error))
		return false;
	if (!session->options->batch)
		fprintf(stderr,
			"kc: the command ended with status %d; the machine is there until "
			"you leave gdb\n",
			*status);
	return true;
}

static bool debug(struct debug_session *session, char **argv, gint64 deadline, int *status,
		  GError **error)
{
	enum loop_end end;

	if (!attach_all(session, deadline, error) ||
	    !run_command(session, argv, deadline, status, error))
		return false;
	if (session->options->batch && *argv)
		qmp_quit(vm_qmp(session->vm));
	end = loop_until(gdb_ended, session,
			 session->options->batch && *argv ? loop_deadline(LEAVE_SECONDS)
							  : deadline);
	if (end != LOOP_DONE)
		loop_explain(end, "gdb ended", error);
	return end == LOOP_DONE && !vm_explain_stop(session->vm, error);
}

/* A pipe that is closed wants no more; anything else wanted all of it. */
static void judge_output(const struct debug_session *session, GError **cause)
{
	for (int side = 0; side < DEBUG_SIDES; side++) {
		int lost = session->debuggers[side] ? debugger_lost(session->debuggers[side]) : 0;

		if (lost && lost != EPIPE && !*cause)
			g_set_error(cause, STATUS_ERROR, STATUS_NOT_CARRIED,
				    "gdb's output is not whole: %s", g_strerror(lost));
	}
}

/* What gdb did explains what became of the machine. */
static void judge(struct debug_session *session, GError **cause)
{
	if (!session->left)
		return;
	g_clear_error(cause);
	for (int side = 0; side < DEBUG_SIDES; side++)
		if (session->options->batch && session->debuggers[side] &&
		    debugger_exited(session->debuggers[side]) &&
		    !debugger_succeeded(session->debuggers[side]))
			g_set_error(cause, STATUS_ERROR, STATUS_DEBUGGER,
				    "gdb on the %s failed; what it said is above",
				    debug_side_name(side));
}

int debug_session_run(struct debug_session *session, char **argv, GError **error)
{
	const struct debug_options *options = session->options;
	int out = options->launch.verbose ? STDERR_FILENO : -1;
	double limit = options->launch.timeout;
	const struct boot_or_resume start = {
		.cold = options->cold,
		.boot_timeout = options->launch.boot_timeout,
		.timeout = limit || !options->batch ? limit : BATCH_SECONDS,
		.console_out = out,
		.errors_out = out,
	};
	GError *cause = NULL;
	gint64 deadline;
	int status = 0;

	loop_catch_signals();
	session->vm = boot_or_resume(&session->launch, &start, &deadline, &cause);
	/* On a terminal Ctrl-C is for gdb, which then stops the machine. */
	if (!cause && !options->batch)
		loop_ignore_signal(SIGINT);
	if (session->vm)
		vm_expect_stops(session->vm);
	if (!cause)
		debug(session, argv, deadline, &status, &cause);
	judge(session, &cause);
	judge_output(session, &cause);
	for (int side = 0; side < DEBUG_SIDES; side++)
		debugger_stop(session->debuggers[side]);
	gdb_stub_close(session->stub);
	vm_stop(session->vm);
	if (cause)
		g_propagate_error(error, cause);
	return status;
}
