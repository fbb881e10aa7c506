/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "vm/phases.h"

#include <string.h>

/* What has been done when the mark behind it is reached. */
static const char *const names[PHASES] = {
	[PHASE_UNPACK] = "QEMU and firmware",
	[PHASE_KERNEL] = "decompression",
	[PHASE_INIT] = "kernel",
	[PHASE_READY] = "init",
	[PHASE_SETUP] = "agent",
	[PHASE_COMMAND] = "command",
	[PHASE_END] = "end of QEMU",
};

void phases_mark(struct phases *phases, enum phase phase)
{
	if (!phases->at[phase])
		phases->at[phase] = g_get_monotonic_time();
}

static void end_line(struct phases *phases)
{
	phases->line[phases->len] = '\0';
	phases->len = 0;
	if (strstr(phases->line, "Linux version "))
		phases_mark(phases, PHASE_KERNEL);
	else if (strstr(phases->line, "] Run /"))
		phases_mark(phases, PHASE_INIT);
}

void phases_console(const char *data, gsize len, void *opaque)
{
	struct phases *phases = opaque;

	for (gsize i = 0; i < len && !phases->at[PHASE_INIT]; i++) {
		if (data[i] == '\n')
			end_line(phases);
		else if (phases->len < sizeof(phases->line) - 1)
			phases->line[phases->len++] = data[i];
		/* It stays on this line until it has unpacked the kernel. */
		if (phases->len == strlen("Decompressing Linux") &&
		    !strncmp(phases->line, "Decompressing Linux", phases->len))
			phases_mark(phases, PHASE_UNPACK);
	}
}

/* Without a loader of its own the kernel is what firmware ends with; restored, the agent. */
static const char *name(const struct phases *phases, enum phase phase)
{
	if (phase == PHASE_KERNEL && !phases->at[PHASE_UNPACK])
		return names[PHASE_UNPACK];
	if (phase == PHASE_READY && !phases->at[PHASE_INIT])
		return "QEMU and restore";
	return names[phase];
}

void phases_print(const struct phases *phases, FILE *out)
{
	gint64 last = phases->at[PHASE_START];

	if (!last)
		return;
	for (enum phase phase = PHASE_UNPACK; phase < PHASES; phase++) {
		if (!phases->at[phase])
			continue;
		fprintf(out, "kc: %7.1f ms  %s\n", (phases->at[phase] - last) / 1000.0,
			name(phases, phase));
		last = phases->at[phase];
	}
	fprintf(out, "kc: %7.1f ms  in all\n", (last - phases->at[PHASE_START]) / 1000.0);
}
