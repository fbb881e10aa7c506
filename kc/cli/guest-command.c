/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "cli/guest-command.h"
#include "base/input.h"
#include "base/loop.h"
#include "base/status.h"
#include "kernel/kernel-verdict.h"
#include "snapshot/boot-or-resume.h"
#include "vm/symbols.h"

#include <string.h>
#include <unistd.h>

static bool check_env(const struct guest_command *command, GError **error)
{
	for (int i = 0; command->env && command->env[i]; i++) {
		if (strchr(command->env[i], '=') && command->env[i][0] != '=')
			continue;
		g_set_error(error, STATUS_ERROR, STATUS_MISUSE,
			    "--env: '%s' is not of the form NAME=VALUE", command->env[i]);
		return false;
	}
	return true;
}

bool guest_command_prepare(const struct guest_command *command, char **operands,
			   const char *example, struct launch *launch, GError **error)
{
	launch->machine.reset_ends = true;
	if (!*operands && !command->launch.dry_run) {
		g_set_error(error, STATUS_ERROR, STATUS_MISUSE, "a command is needed, such as '%s'",
			    example);
		return false;
	}
	return check_env(command, error) && launch_prepare(launch, &command->launch, error) &&
	       transfer_check(&command->transfer, launch->lab, error) &&
	       (command->launch.dry_run || input_check(error));
}

static int run_watched(const struct guest_command *command, const struct launch *launch,
		       struct kernel_verdict *verdict, guest_command_body body, void *opaque,
		       GError **error)
{
	int out = command->launch.verbose ? STDERR_FILENO : -1;
	struct phases phases = {0};
	const struct boot_or_resume start = {
		.cold = command->cold,
		.boot_timeout = launch_boot_timeout(&command->launch),
		.timeout = command->launch.timeout,
		.console_out = out,
		.errors_out = out,
		.kmsg = kernel_verdict_see,
		.kmsg_opaque = verdict,
		.phases = command->phases ? &phases : NULL,
	};
	struct decode *decode = symbols_decode(launch, &command->transfer);
	GError *cause = NULL;
	gint64 deadline;
	int status = 0;
	struct vm *vm;

	if (command->launch.verbose)
		launch_announce(launch, true);
	loop_catch_signals();
	vm = boot_or_resume(launch, &start, &deadline, &cause);
	if (!cause)
		status = body(vm, deadline, opaque, &cause);
	phases_mark(&phases, PHASE_COMMAND);
	if (cause && vm && kernel_verdict_wants_console(cause))
		vm_print_tail(vm, stderr);
	if (cause && vm)
		vm_excuse_late(vm, cause);
	kernel_verdict_judge(verdict, decode, status, &cause);
	decode_free(decode);
	if (cause)
		g_propagate_error(error, cause);
	vm_stop(vm);
	phases_mark(&phases, PHASE_END);
	if (command->phases)
		phases_print(&phases, stderr);
	return status;
}

int guest_command_run(const struct guest_command *command, const struct launch *launch,
		      guest_command_body body, void *opaque, GError **error)
{
	struct kernel_verdict *verdict = kernel_verdict_new(command->allow, error);
	int status;

	if (!verdict)
		return 0;
	status = run_watched(command, launch, verdict, body, opaque, error);
	kernel_verdict_free(verdict);
	return status;
}
