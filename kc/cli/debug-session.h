/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A machine under one gdb or two, from its start until gdb has left. */
#ifndef KC_CLI_DEBUG_SESSION_H
#define KC_CLI_DEBUG_SESSION_H

#include "vm/debugger.h"
#include "vm/gdb-stub.h"
#include "vm/launch.h"
#include "vm/transfer.h"

struct debug_options {
	struct launch_options launch;
	struct transfer transfer;
	const char *on; /* "driver", "device" or "both" */
	const char **breaks;
	const char **scripts;
	bool batch;
	bool cold;
	const char *symbols;
};

struct debug_session {
	const struct debug_options *options;
	struct launch launch;
	bool wanted[DEBUG_SIDES];
	GArray *modules; /* of struct module, opened */
	struct debug_task tasks[DEBUG_SIDES];
	struct debugger *debuggers[DEBUG_SIDES];
	struct vm *vm;
	struct gdb_stub *stub; /* of the driver's side */
	bool left; /* by gdb: the user quit it, or its script failed */
};

/*
 * Starts the machine, brings gdb to each side that is wanted, then the modules
 * and @argv. Returns the command's status; all is stopped when it returns.
 */
int debug_session_run(struct debug_session *session, char **argv, GError **error);

#endif
