/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "splat-table.h"

#include <string.h>

/*
 * From the format strings of Linux 6.12; where an older or a newer one prints
 * differently, both. KERN_DEFAULT is whatever the kernel was configured for,
 * so any level will do. The first row that fits counts.
 */
#define ANY_LEVEL 7
static const struct splat_row rows[] = {
	/* kernel/panic.c, lib/bug.c */
	{SPLAT_PANIC, 0, SPLAT_END_QUIET, SPLAT_ANYWHERE, "Kernel panic - not syncing*"},
	{SPLAT_WARN, 4, SPLAT_END_TRACE, SPLAT_BEHIND_CUT, "WARNING: CPU: * PID: * at *"},
	{SPLAT_WARN, 4, SPLAT_END_TRACE, SPLAT_BEHIND_CUT, "WARNING: * at *, CPU#*: */*"},
	{SPLAT_BUG, 2, SPLAT_END_TRACE, SPLAT_BEHIND_CUT, "kernel BUG at *!"},
	{SPLAT_BUG, 2, SPLAT_END_TRACE, SPLAT_BEHIND_CUT, "Kernel BUG at *"},

	/* arch/x86: mm/fault.c, kernel/traps.c, kernel/dumpstack.c */
	{SPLAT_OOPS, 1, SPLAT_END_TRACE, SPLAT_ANYWHERE, "BUG: kernel NULL pointer dereference*"},
	{SPLAT_OOPS, 1, SPLAT_END_TRACE, SPLAT_ANYWHERE, "BUG: unable to handle *"},
	{SPLAT_OOPS, 0, SPLAT_END_TRACE, SPLAT_ANYWHERE, "BUG: * stack guard page was hit at *"},
	{SPLAT_OOPS, 0, SPLAT_END_TRACE, SPLAT_ANYWHERE, "traps: PANIC: double fault*"},
	{SPLAT_OOPS, ANY_LEVEL, SPLAT_END_TRACE, SPLAT_ANYWHERE, "Oops: *"},
	{SPLAT_OOPS, ANY_LEVEL, SPLAT_END_TRACE, SPLAT_ANYWHERE, "general protection fault*[#*"},
	{SPLAT_OOPS, ANY_LEVEL, SPLAT_END_TRACE, SPLAT_ANYWHERE, "invalid opcode: *[#*"},
	{SPLAT_OOPS, ANY_LEVEL, SPLAT_END_TRACE, SPLAT_ANYWHERE, "divide error: *[#*"},
	{SPLAT_OOPS, ANY_LEVEL, SPLAT_END_TRACE, SPLAT_ANYWHERE, "stack segment: *[#*"},

	/* mm/kasan, mm/kfence, mm/kmsan, kernel/kcsan, lib/ubsan.c */
	{SPLAT_KASAN, 3, SPLAT_END_BAR, SPLAT_ANYWHERE, "BUG: KASAN: *"},
	{SPLAT_KASAN, 1, SPLAT_END_QUIET, SPLAT_ANYWHERE, "KASAN: * in range [*"},
	{SPLAT_KFENCE, 3, SPLAT_END_BAR, SPLAT_ANYWHERE, "BUG: KFENCE: *"},
	{SPLAT_BUG, 3, SPLAT_END_BAR, SPLAT_ANYWHERE, "BUG: KMSAN: *"},
	{SPLAT_BUG, 3, SPLAT_END_BAR, SPLAT_ANYWHERE, "BUG: KCSAN: *"},
	{SPLAT_UBSAN, 3, SPLAT_END_TRACE, SPLAT_BEHIND_CUT, "UBSAN: * in *:*"},

	/* kernel/locking/lockdep.c: each of its reports opens with a bar */
	{SPLAT_LOCKDEP, 4, SPLAT_END_DUMP, SPLAT_BEHIND_BAR, "WARNING: *"},
	{SPLAT_LOCKDEP, 4, SPLAT_END_DUMP, SPLAT_BEHIND_BAR, "[ BUG: * ]"},
	{SPLAT_LOCKDEP, 4, SPLAT_END_DUMP, SPLAT_ANYWHERE,
	 "WARNING: possible circular locking dependency detected"},
	{SPLAT_LOCKDEP, 4, SPLAT_END_DUMP, SPLAT_ANYWHERE,
	 "WARNING: possible recursive locking detected"},
	{SPLAT_LOCKDEP, 4, SPLAT_END_DUMP, SPLAT_ANYWHERE,
	 "WARNING: possible irq lock inversion dependency detected"},
	{SPLAT_LOCKDEP, 4, SPLAT_END_DUMP, SPLAT_ANYWHERE,
	 "WARNING: *-safe -> *-unsafe lock order detected"},
	{SPLAT_LOCKDEP, 4, SPLAT_END_DUMP, SPLAT_ANYWHERE, "WARNING: inconsistent lock state"},
	{SPLAT_LOCKDEP, 4, SPLAT_END_DUMP, SPLAT_ANYWHERE, "WARNING: suspicious RCU usage"},
	{SPLAT_LOCKDEP, 4, SPLAT_END_DUMP, SPLAT_ANYWHERE, "WARNING: bad unlock balance detected!"},
	{SPLAT_LOCKDEP, 4, SPLAT_END_DUMP, SPLAT_ANYWHERE, "WARNING: bad contention detected!"},
	{SPLAT_LOCKDEP, 4, SPLAT_END_DUMP, SPLAT_ANYWHERE, "WARNING: held lock freed!"},
	{SPLAT_LOCKDEP, 4, SPLAT_END_DUMP, SPLAT_ANYWHERE, "WARNING: */* still has locks held!"},
	{SPLAT_LOCKDEP, 4, SPLAT_END_DUMP, SPLAT_ANYWHERE,
	 "WARNING: lock held when returning to user space!"},
	{SPLAT_LOCKDEP, 4, SPLAT_END_DUMP, SPLAT_ANYWHERE, "WARNING: Nested lock was not taken"},
	{SPLAT_LOCKDEP, 4, SPLAT_END_DUMP, SPLAT_ANYWHERE, "WARNING: chain_key collision"},
	{SPLAT_LOCKDEP, 3, SPLAT_END_DUMP, SPLAT_ANYWHERE,
	 "INFO: trying to register non-static key."},
	{SPLAT_LOCKDEP, 3, SPLAT_END_DUMP, SPLAT_ANYWHERE, "BUG: key * has not been registered!"},
	{SPLAT_LOCKDEP, 3, SPLAT_END_DUMP, SPLAT_ANYWHERE, "BUG: looking up invalid subclass: *"},
	/* It ran out of its tables and has seen nothing since. */
	{SPLAT_LOCKDEP, 7, SPLAT_END_DUMP, SPLAT_ANYWHERE, "BUG: MAX_* too low!"},

	/* kernel/sched/core.c, lib/smp_processor_id.c, kernel/workqueue.c */
	{SPLAT_ATOMIC, 3, SPLAT_END_DUMP, SPLAT_ANYWHERE, "BUG: scheduling while atomic: *"},
	{SPLAT_ATOMIC, 3, SPLAT_END_DUMP, SPLAT_ANYWHERE, "BUG: scheduling in a non-blocking *"},
	{SPLAT_ATOMIC, 3, SPLAT_END_DUMP, SPLAT_ANYWHERE,
	 "BUG: sleeping function called from invalid context at *"},
	{SPLAT_ATOMIC, 3, SPLAT_END_DUMP, SPLAT_ANYWHERE, "BUG: assuming atomic context at *"},
	{SPLAT_ATOMIC, 3, SPLAT_END_DUMP, SPLAT_ANYWHERE, "BUG: using * in preemptible *"},
	{SPLAT_ATOMIC, 3, SPLAT_END_DUMP, SPLAT_ANYWHERE, "BUG: workqueue leaked *"},
	{SPLAT_WORKQUEUE, 0, SPLAT_END_QUIET, SPLAT_ANYWHERE, "BUG: workqueue lockup - pool*"},

	/* kernel/rcu: tree_stall.h, tree_exp.h, tasks.h; before 4.20 without "rcu: " */
	{SPLAT_RCU_STALL, 3, SPLAT_END_QUIET, SPLAT_ANYWHERE, "rcu: INFO: * detected * on CPU*"},
	{SPLAT_RCU_STALL, 3, SPLAT_END_QUIET, SPLAT_ANYWHERE, "rcu: INFO: * self-detected stall*"},
	{SPLAT_RCU_STALL, 3, SPLAT_END_QUIET, SPLAT_ANYWHERE, "rcu: INFO: * detected *stall*"},
	{SPLAT_RCU_STALL, 3, SPLAT_END_QUIET, SPLAT_ANYWHERE, "INFO: rcu_* self-detected stall*"},
	{SPLAT_RCU_STALL, 3, SPLAT_END_QUIET, SPLAT_ANYWHERE, "INFO: rcu_* detected *stall*"},

	/* kernel/watchdog.c, kernel/hung_task.c */
	{SPLAT_SOFT_LOCKUP, 0, SPLAT_END_DUMP, SPLAT_ANYWHERE,
	 "watchdog: BUG: soft lockup - CPU#*"},
	{SPLAT_SOFT_LOCKUP, 0, SPLAT_END_DUMP, SPLAT_ANYWHERE, "BUG: soft lockup - CPU#*"},
	{SPLAT_HARD_LOCKUP, 0, SPLAT_END_DUMP, SPLAT_ANYWHERE,
	 "*watchdog: Watchdog detected hard LOCKUP on cpu *"},
	{SPLAT_HUNG_TASK, 3, SPLAT_END_DUMP, SPLAT_ANYWHERE,
	 "INFO: task *:* blocked for more than * seconds."},

	/* mm/kmemleak.c says it as information */
	{SPLAT_KMEMLEAK, 6, SPLAT_END_LINE, SPLAT_ANYWHERE,
	 "kmemleak: * new suspected memory leaks*"},

	/* mm/page_alloc.c, mm/memory.c, mm/filemap.c, mm/slub.c, kernel/fork.c */
	{SPLAT_MEMORY, 1, SPLAT_END_DUMP, SPLAT_ANYWHERE, "BUG: Bad page *"},
	{SPLAT_MEMORY, 1, SPLAT_END_LINE, SPLAT_ANYWHERE, "BUG: Bad rss-counter state *"},
	{SPLAT_MEMORY, 1, SPLAT_END_LINE, SPLAT_ANYWHERE, "BUG: non-zero pgtables_bytes *"},
	{SPLAT_MEMORY, 3, SPLAT_END_DUMP, SPLAT_BEHIND_BAR, "BUG * (*): *"},

	/* net/core/dev.c */
	{SPLAT_NETDEV, 0, SPLAT_END_LINE, SPLAT_ANYWHERE, "unregister_netdevice: waiting for *"},

	/* Whatever else calls itself a bug: spinlock debugging, mempools, ... */
	{SPLAT_BUG, 4, SPLAT_END_DUMP, SPLAT_ANYWHERE, "BUG: *"},
};

static const char *const names[] = {
	[SPLAT_WARN] = "WARNING",
	[SPLAT_BUG] = "BUG",
	[SPLAT_OOPS] = "oops",
	[SPLAT_KASAN] = "KASAN",
	[SPLAT_KFENCE] = "KFENCE",
	[SPLAT_UBSAN] = "UBSAN",
	[SPLAT_LOCKDEP] = "lockdep",
	[SPLAT_ATOMIC] = "sleep in atomic context",
	[SPLAT_RCU_STALL] = "RCU stall",
	[SPLAT_SOFT_LOCKUP] = "soft lockup",
	[SPLAT_HARD_LOCKUP] = "hard lockup",
	[SPLAT_HUNG_TASK] = "hung task",
	[SPLAT_WORKQUEUE] = "workqueue lockup",
	[SPLAT_KMEMLEAK] = "kmemleak",
	[SPLAT_REFCOUNT] = "refcount",
	[SPLAT_LIST] = "list corruption",
	[SPLAT_MEMORY] = "memory corruption",
	[SPLAT_DMA] = "DMA-API",
	[SPLAT_NETDEV] = "netdevice",
	[SPLAT_PANIC] = "panic",
};

G_STATIC_ASSERT(G_N_ELEMENTS(names) == SPLAT_KINDS);

const char *splat_kind_name(enum splat_kind kind)
{
	return names[kind];
}

bool splat_is_bar(const char *line)
{
	size_t len = strspn(line, "=");

	return len >= 20 && line[len] == '\0';
}

static bool fits_context(const struct splat_row *row, bool behind_bar, bool behind_cut)
{
	if (row->context == SPLAT_BEHIND_BAR)
		return behind_bar;
	/* Behind a cut stands what WARN() was told to say, whatever that is like. */
	return !behind_cut || row->context == SPLAT_BEHIND_CUT || row->kind == SPLAT_PANIC;
}

const struct splat_row *splat_table_find(const char *line, unsigned level, bool behind_bar,
					 bool behind_cut)
{
	for (size_t i = 0; i < G_N_ELEMENTS(rows); i++) {
		const struct splat_row *row = &rows[i];

		/* Nearly all lines fit none: the first letter tells. */
		if (row->pattern[0] != '*' && row->pattern[0] != line[0])
			continue;
		if (level <= row->level && fits_context(row, behind_bar, behind_cut) &&
		    g_pattern_match_simple(row->pattern, line))
			return row;
	}
	return NULL;
}

enum splat_kind splat_table_by_message(enum splat_kind kind, const char *message)
{
	static const struct {
		enum splat_kind kind;
		const char *prefix;
	} said[] = {
		{SPLAT_REFCOUNT, "refcount_t: "},    {SPLAT_LIST, "list_add corruption"},
		{SPLAT_LIST, "list_del corruption"}, {SPLAT_DMA, "DMA-API: "},
		{SPLAT_MEMORY, "ODEBUG: "},
	};

	for (size_t i = 0; message && i < G_N_ELEMENTS(said); i++)
		if (g_str_has_prefix(message, said[i].prefix))
			return said[i].kind;
	return kind;
}

bool splat_table_goes_on(enum splat_kind kind, const char *line)
{
	static const char *const further[] = {
		"Oops: *",	   "KASAN: * in range [*", "general protection fault*[#*",
		"invalid opcode*", "Kernel BUG*",
	};

	if (kind != SPLAT_BUG && kind != SPLAT_OOPS && kind != SPLAT_LIST && kind != SPLAT_MEMORY)
		return false;
	for (size_t i = 0; i < G_N_ELEMENTS(further); i++)
		if (g_pattern_match_simple(further[i], line))
			return true;
	return false;
}
