/* SPDX-License-Identifier: GPL-2.0-or-later */
/* One command in the guest, its streams tied to the host's. */
#ifndef KC_VM_EXEC_H
#define KC_VM_EXEC_H

#include "vm/vm.h"

/* Takes what the command wrote to its stdout or stderr (@fd 1 or 2). */
typedef void (*exec_output)(int fd, const char *data, size_t len, void *opaque);

struct exec {
	const char *const *argv; /* NULL-terminated, as is env */
	const char *const *env; /* NAME=VALUE; or NULL */
	const char *dir; /* or NULL */
	bool tty; /* stdin is a terminal, in raw mode */
	bool reads; /* stdin is given to it; else it gets none */
	bool signals; /* the first one is passed on to it; else each ends the wait at once */
	exec_output output; /* NULL: kc's own stdout and stderr */
	void *output_opaque;
};

/*
 * Runs it to its end. Its output goes out as it comes and no faster than it
 * is read. With exec->signals it has EXEC_GRACE_SECONDS to end after a signal,
 * which the loss of kc's stdout or stderr is, too; a second one ends the wait.
 * Returns false when it did not end by itself.
 */
#define EXEC_GRACE_SECONDS 4

bool exec_run(struct vm *vm, const struct exec *exec, gint64 deadline, int *status, GError **error);

/*
 * After exec_run() gave up on a command: kills it, and takes what it still
 * writes until the agent is free for another. Fails where the guest does not answer.
 */
bool exec_let_go(struct vm *vm, gint64 deadline, GError **error);

#endif
