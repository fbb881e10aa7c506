/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What a run's time goes to, from the first process to the last. */
#ifndef KC_VM_PHASES_H
#define KC_VM_PHASES_H

#include <glib.h>
#include <stdio.h>

/* Each mark ends the phase before it. */
enum phase {
	PHASE_START,
	PHASE_UNPACK, /* the kernel's own loader has spoken, where it has one */
	PHASE_KERNEL, /* the kernel has spoken */
	PHASE_INIT, /* it starts the first process */
	PHASE_READY, /* the agent has answered */
	PHASE_SETUP, /* and has set the guest up */
	PHASE_COMMAND, /* the command has ended */
	PHASE_END, /* QEMU has ended */
	PHASES
};

struct phases {
	gint64 at[PHASES]; /* monotonic microseconds; 0: not seen */
	char line[64]; /* the console's, as far as it matters */
	gsize len;
};

void phases_mark(struct phases *phases, enum phase phase);

/* A console_tap: sees by the guest's own words where a boot is. */
void phases_console(const char *data, gsize len, void *phases);

/* A line a phase: its milliseconds and its name; then the sum. */
void phases_print(const struct phases *phases, FILE *out);

#endif
