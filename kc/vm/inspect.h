/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * How one kc looks into the VM of another. Each VM listens on an abstract
 * socket whose name is made of kc's PID and chance: nothing is in the file
 * system, and the kernel removes it with the process. Both ends make sure that
 * the other is the same user. What is spoken is QMP, of which only commands
 * pass that look and do not touch, and INSPECT_SAID.
 */
#ifndef KC_VM_INSPECT_H
#define KC_VM_INSPECT_H

#include "vm/console.h"
#include "vm/kernel-log.h"
#include "vm/qmp.h"

#include <glib.h>
#include <stdbool.h>
#include <sys/types.h>

struct inspect;

/*
 * A command of our own: the last lines of the guest's "console", of its "kernel"'s warnings
 * and of "qemu".
 */
#define INSPECT_SAID "kc-said"

/*
 * Serves a VM, by its @qmp, from the main loop until inspect_free(); @guest, @kernel and
 * @qemu are what they print. NULL where that is not possible.
 */
struct inspect *inspect_serve(struct qmp *qmp, const struct console *guest,
			      const struct kernel_log *kernel, const struct console *qemu);
void inspect_free(struct inspect *inspect);

/* May it be asked of a VM that somebody else uses? @line is a monitor command's, or NULL. */
bool inspect_allows(const char *command, const char *line);

struct inspected {
	pid_t pid; /* the kc's */
	unsigned number; /* of the VM within it, from 1 */
	char *command; /* line of that kc */
	double age; /* seconds that it has run */
	char *address;
};

/* The VMs of this user: of struct inspected. Caller unrefs. */
GPtrArray *inspect_list(void);

/* Returns a socket for qmp_new(), or -1 with @error. */
int inspect_connect(const struct inspected *inspected, GError **error);

/* Of both ends: the name is this, then PID/NUMBER/CHANCE. */
#define INSPECT_PREFIX "org.kernelcraft.vm/"

/* Is who holds the other end this user? Also says its PID, where @pid is not NULL. */
bool inspect_is_ours(int fd, pid_t *pid);

#endif
