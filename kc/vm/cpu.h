/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What a CPU of the guest says of where its kernel is. */
#ifndef KC_VM_CPU_H
#define KC_VM_CPU_H

#include "vm/qmp.h"

struct cpu {
	guint64 idt; /* virtual address */
	guint64 page_table; /* physical address of the root */
	bool five_levels;
};

/* Of QEMU's 'info registers'; false where a register is missing. */
bool cpu_parse(const char *text, struct cpu *cpu);

/* Of the first CPU, as it runs. */
bool cpu_read(struct qmp *qmp, struct cpu *cpu);

/* Where the interrupt gate of 16 bytes leads. */
guint64 cpu_gate_target(const guint8 *gate);

#endif
