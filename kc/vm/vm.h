/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A running machine: QEMU, its console, its monitor and the guest's agent. All
 * of it lives in anonymous sockets, so VMs never meet and leave nothing behind;
 * QEMU dies with kc.
 */
#ifndef KC_VM_VM_H
#define KC_VM_VM_H

#include "vm/agent.h"
#include "vm/ask.h"
#include "vm/console.h"
#include "vm/kernel-log.h"
#include "vm/machine.h"
#include "vm/qmp.h"
#include "vm/run-state.h"
#include "base/status.h"
#include "lab/stalls.h"

#include <stdio.h>

enum vm_end {
	VM_RUNNING,
	VM_QUIT, /* ended from the host: by us or in the monitor */
	VM_POWERED_OFF,
	VM_RESET, /* only where a reset ends the machine */
	VM_PANICKED,
	VM_DIED /* QEMU failed, aborted or was killed */
};

struct vm;

/*
 * Starts QEMU. The console is kept in a ring and also written to @console_out,
 * QEMU's own messages to @errors_out; each may be -1. A @console_out that
 * blocks holds the guest back.
 */
struct vm *vm_start(const struct machine *machine, int console_out, int errors_out, GError **error);

/* Ends QEMU if it still runs, and frees all. */
void vm_stop(struct vm *vm);

struct qmp *vm_qmp(struct vm *vm);

/* QEMU's process id; 0 once it has ended. */
int vm_pid(struct vm *vm);

/* Ends QEMU at once, whatever holds it; vm_stop() is still to be called. */
void vm_kill(struct vm *vm);

/* Has been sent HELLO, and is sent it again when the guest was reset. */
struct agent *vm_agent(struct vm *vm);

/* Serves what programs in the guest ask for. */
struct ask *vm_ask(struct vm *vm);

/*
 * Records of the guest kernel's log, whole ones, as its agent forwards them, and
 * for how long the machine did not run: NULL for those that were kept of another.
 */
typedef void (*vm_kmsg)(const char *records, size_t len, struct stalls *stalls, void *opaque);
void vm_watch_kmsg(struct vm *vm, vm_kmsg watch, void *opaque);

/* As agent_next(), but for the kernel's log, which goes to its watcher. */
enum frame_result vm_next_frame(struct vm *vm, struct frame *frame, GError **error);

const struct console *vm_console(struct vm *vm);

const struct kernel_log *vm_kernel_log(struct vm *vm);

/* What QEMU said. */
const struct console *vm_errors(struct vm *vm);

/* Hands on what the console prints from now on; NULL: no more. There is one tap. */
void vm_tap_console(struct vm *vm, console_tap tap, void *opaque);

/* The agent had opened its port and has closed it for good. */
bool vm_agent_is_gone(struct vm *vm);

/* Writing there is typing. */
int vm_console_fd(struct vm *vm);

/* Nobody reads the console any more. */
bool vm_console_is_broken(struct vm *vm);

/* How often the guest was reset, and stopped from the host, so far. */
unsigned vm_resets(struct vm *vm);
unsigned vm_stops(struct vm *vm);

/* Where a limit was missed: adds for how long the machine did not run, if it did not. */
void vm_excuse_late(struct vm *vm, GError *cause);

/* The same in words, or NULL. Caller frees. */
char *vm_stalls(struct vm *vm);

/* VM_RUNNING until QEMU has exited and all that it said was taken in. */
enum vm_end vm_end(struct vm *vm);

/*
 * Says why the VM ended: a panic, a QEMU that died, or else that it ended
 * before @what (such as "the guest came up"), with @otherwise as status. Waits
 * a moment for an end that has begun; returns false and sets nothing when the
 * VM still runs.
 */
bool vm_explain_end(struct vm *vm, const char *what, enum status otherwise, GError **error);

/* Why QEMU does not run the guest; NULL while it does. */
const struct run_state *vm_stands(struct vm *vm);

/* And nobody will have it go on: whoever waits for the guest waits in vain. */
bool vm_is_stopped(struct vm *vm);

/* Then says why; returns false and sets nothing where it is not so. */
bool vm_explain_stop(struct vm *vm, GError **error);

/* Who debugs it stops it on purpose: of that nothing is told. */
void vm_expect_stops(struct vm *vm);

/* For trouble: the console's last lines and what QEMU said, unless stderr's reader saw them. */
void vm_print_tail(struct vm *vm, FILE *out);

#endif
