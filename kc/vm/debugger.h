/* SPDX-License-Identifier: GPL-2.0-or-later */
/* gdb on one half of a running machine; scripts/gdb-lab.py is its other part. */
#ifndef KC_VM_DEBUGGER_H
#define KC_VM_DEBUGGER_H

#include "kernel/module.h"
#include "lab/lab.h"
#include "vm/vm.h"

enum debug_side { DEBUG_DRIVER, DEBUG_DEVICE, DEBUG_SIDES };

/* What gdb is to do. Strings and lists (NULL-terminated, or NULL) are borrowed. */
struct debug_task {
	enum debug_side side;
	const char **breaks; /* as for gdb's break */
	const char *script; /* gdb commands; or NULL */
	bool batch; /* nobody types: report each break once, or run the script */
	bool labelled; /* each line of output begins with the side's name */
	const char *stub; /* of the driver's side: the socket of QEMU's gdbstub */
	const char *symbols; /* the same: vmlinux */
	guint64 idt; /* the same: the CPU's interrupt table, which tells where KASLR put it */
	const struct module *modules; /* opened ones */
	size_t module_count;
};

struct debugger;

const char *debug_side_name(enum debug_side side);

/* Fails with STATUS_HOST_NOT_READY if there is no gdb, or one without Python. */
bool debugger_check(GError **error);

/*
 * Starts gdb, in batch with its output to kc's stdout, else on kc's terminal.
 * @ended is called once it has ended. Caller stops it, before the VM.
 */
struct debugger *debugger_start(struct vm *vm, const struct lab *lab, const struct debug_task *task,
				void (*ended)(void *opaque), void *opaque, GError **error);

/* Ends it if it still runs, and frees all. */
void debugger_stop(struct debugger *debugger);

/* The command that a user can paste into another terminal. Caller frees. */
char *debugger_command(struct vm *vm, const struct lab *lab, const struct debug_task *task);

/*
 * Until a gdb, ours or one that a user started, holds that side of the
 * machine. From then on the machine goes on only as gdb wants it.
 */
bool debugger_wait_attached(struct vm *vm, enum debug_side side, const struct debugger *debugger,
			    gint64 deadline, GError **error);

bool debugger_exited(const struct debugger *debugger);

/* And all that it said is written. */
bool debugger_has_ended(const struct debugger *debugger);

/* errno of a stdout that did not take all that it said, else 0. */
int debugger_lost(const struct debugger *debugger);

/* It ended by itself and well. */
bool debugger_succeeded(const struct debugger *debugger);

#endif
