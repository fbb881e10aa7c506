/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "vm/cpu.h"

#include <string.h>

#define CR3_FRAME 0x000ffffffffff000ULL
#define CR4_LA57 (1 << 12)

static bool take(const char *text, const char *name, guint64 *value)
{
	const char *at = strstr(text, name);
	char *end;

	if (!at)
		return false;
	at += strlen(name);
	at += strspn(at, " ");
	*value = g_ascii_strtoull(at, &end, 16);
	return end > at && (!*end || g_ascii_isspace(*end));
}

bool cpu_parse(const char *text, struct cpu *cpu)
{
	guint64 cr3, cr4;

	if (!take(text, "IDT=", &cpu->idt) || !take(text, "CR3=", &cr3) ||
	    !take(text, "CR4=", &cr4))
		return false;
	cpu->page_table = cr3 & CR3_FRAME;
	cpu->five_levels = cr4 & CR4_LA57;
	return true;
}

bool cpu_read(struct qmp *qmp, struct cpu *cpu)
{
	g_autofree char *text = qmp_monitor(qmp, "info registers", NULL);

	return text && cpu_parse(text, cpu);
}

guint64 cpu_gate_target(const guint8 *gate)
{
	guint64 low, high;

	memcpy(&low, gate, sizeof(low));
	memcpy(&high, gate + sizeof(low), sizeof(high));
	low = GUINT64_FROM_LE(low);
	return (low & 0xffff) | (low >> 48 << 16) | GUINT64_FROM_LE(high) << 32;
}
