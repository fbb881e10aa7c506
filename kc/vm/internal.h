/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A machine's insides, for vm.c, which runs it, and end.c, which explains its end. */
#ifndef KC_VM_INTERNAL_H
#define KC_VM_INTERNAL_H

#include "base/pump.h"
#include "vm/inspect.h"
#include "vm/standstill.h"
#include "vm/vm.h"

#define VM_GRACE_SECONDS 2 /* for QEMU to end by itself */

struct vm {
	char *qemu; /* the program */
	GSubprocess *process;
	struct qmp *qmp;
	struct agent *agent;
	struct ask *ask;
	struct inspect *inspect; /* NULL where the host has no way */
	struct standstill *still;
	struct console *console;
	struct console *errors; /* what QEMU says on stderr */
	struct kernel_log *log;
	struct pump *console_pump;
	struct pump *errors_pump;
	int console_fd;
	bool console_seen, errors_seen; /* by whoever reads our stderr */
	bool exited;
	bool panicked;
	bool barked; /* its watchdog, which thereby ends or resets it */
	bool agent_gone;
	guint agent_absent; /* timer, while its port is closed; or 0 */
	enum vm_end announced; /* by QEMU, before it exits */
	vm_kmsg kmsg; /* or NULL */
	void *kmsg_opaque;
	struct stalls *stalls;
	unsigned resets, stops;
};

#endif
