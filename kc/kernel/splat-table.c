/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "kernel/splat-table.h"
#include "kernel/kmsg.h"

#include <string.h>

/*
 * From the format strings of Linux 6.12; where an older or a newer one prints
 * differently, both, with the version. Each row names the file that prints it:
 * tests/kernel/unit-splat-source.c looks there for the words. KERN_DEFAULT is
 * whatever the kernel was configured for, so any level will do. The first row
 * that fits counts.
 *
 * Which they are: what adds a taint of a broken kernel (WARN, DIE, BAD_PAGE,
 * MACHINE_CHECK, SOFTLOCKUP) and what reports a fault of the kernel's own code
 * without one. A stack below a warning needs no row: see splat_table_explains().
 *
 * Which they are not: taints that tell of what the kernel is made or was told
 * to do (modules from outside, an MSR or a PCI register that a program wrote,
 * ACPI tables that were replaced, KUnit); firmware's faults ("[Firmware Bug]");
 * what a slow host brings about ("clocksource: ... unstable", "perf: interrupt
 * took too long", "workqueue: ... hogged CPU"); errors of a disk or a network
 * that a test may cause on purpose ("I/O error, dev vda", "EXT4-fs error"); and
 * what programs do to themselves (segfaults, the OOM killer: the status of the
 * one that was killed tells).
 */
#define ANY_LEVEL 7
static const struct splat_row rows[] = {
	{SPLAT_PANIC, 0, SPLAT_END_QUIET, SPLAT_ANYWHERE, "Kernel panic - not syncing*",
	 .source = "kernel/panic.c"},
	{SPLAT_WARN, 4, SPLAT_END_TRACE, SPLAT_BEHIND_CUT, "WARNING: CPU: * PID: * at *",
	 .source = "kernel/panic.c", .until = LINUX(6, 18)},
	{SPLAT_WARN, 4, SPLAT_END_TRACE, SPLAT_BEHIND_CUT, "WARNING: *at *, CPU#*: */*",
	 .source = "kernel/panic.c", .since = LINUX(7, 3)},
	{SPLAT_BUG, 2, SPLAT_END_TRACE, SPLAT_BEHIND_CUT, "kernel BUG at *", .source = "lib/bug.c"},
	{SPLAT_BUG, 2, SPLAT_END_TRACE, SPLAT_BEHIND_CUT, "Kernel BUG at *", .source = "lib/bug.c",
	 .until = LINUX(6, 18)},

	/* Bad accesses and other fatal traps; __die() puts "Oops: " before what it is told */
	{SPLAT_OOPS, 1, SPLAT_END_TRACE, SPLAT_ANYWHERE, "BUG: kernel NULL pointer dereference*",
	 .source = "arch/x86/mm/fault.c"},
	{SPLAT_OOPS, 1, SPLAT_END_TRACE, SPLAT_ANYWHERE, "BUG: unable to handle *",
	 .source = "arch/x86/mm/fault.c"},
	{SPLAT_OOPS, 0, SPLAT_END_TRACE, SPLAT_ANYWHERE, "BUG: * stack guard page was hit at *",
	 .source = "arch/x86/kernel/traps.c"},
	{SPLAT_OOPS, 0, SPLAT_END_TRACE, SPLAT_ANYWHERE, "traps: PANIC: double fault*",
	 .source = "arch/x86/kernel/traps.c"},
	{SPLAT_OOPS, ANY_LEVEL, SPLAT_END_TRACE, SPLAT_ANYWHERE, "Oops: *",
	 .source = "arch/x86/kernel/dumpstack.c"},
	{SPLAT_OOPS, ANY_LEVEL, SPLAT_END_TRACE, SPLAT_ANYWHERE, "general protection fault*[#*",
	 .source = "arch/x86/kernel/traps.c", .until = LINUX(6, 9)},
	{SPLAT_OOPS, ANY_LEVEL, SPLAT_END_TRACE, SPLAT_ANYWHERE, "invalid opcode: *[#*",
	 .source = "arch/x86/kernel/traps.c", .until = LINUX(6, 9)},
	{SPLAT_OOPS, ANY_LEVEL, SPLAT_END_TRACE, SPLAT_ANYWHERE, "divide error: *[#*",
	 .source = "arch/x86/kernel/traps.c", .until = LINUX(6, 9)},
	{SPLAT_OOPS, ANY_LEVEL, SPLAT_END_TRACE, SPLAT_ANYWHERE, "stack segment: *[#*",
	 .source = "arch/x86/kernel/traps.c", .until = LINUX(6, 9)},

	/* The sanitizers */
	{SPLAT_KASAN, 3, SPLAT_END_BAR, SPLAT_ANYWHERE, "BUG: KASAN: *",
	 .source = "mm/kasan/report.c"},
	{SPLAT_KASAN, 1, SPLAT_END_QUIET, SPLAT_ANYWHERE, "KASAN: * in range [*",
	 .source = "mm/kasan/report.c"},
	{SPLAT_KFENCE, 3, SPLAT_END_BAR, SPLAT_ANYWHERE, "BUG: KFENCE: *",
	 .source = "mm/kfence/report.c"},
	{SPLAT_BUG, 3, SPLAT_END_BAR, SPLAT_ANYWHERE, "BUG: KMSAN: *",
	 .source = "mm/kmsan/report.c"},
	{SPLAT_BUG, 3, SPLAT_END_BAR, SPLAT_ANYWHERE, "BUG: KCSAN: *",
	 .source = "kernel/kcsan/report.c"},
	{SPLAT_UBSAN, 3, SPLAT_END_TRACE, SPLAT_BEHIND_CUT, "UBSAN: * in *:*",
	 .source = "lib/ubsan.c"},

	/* Locks: each report of lockdep's opens with a bar */
	{SPLAT_LOCKDEP, 4, SPLAT_END_DUMP, SPLAT_BEHIND_BAR, "WARNING: *",
	 .source = "kernel/locking/lockdep.c"},
	{SPLAT_LOCKDEP, 4, SPLAT_END_DUMP, SPLAT_BEHIND_BAR, "[ BUG: * ]",
	 .source = "kernel/locking/lockdep.c"},
	{SPLAT_LOCKDEP, 4, SPLAT_END_DUMP, SPLAT_ANYWHERE,
	 "WARNING: possible circular locking dependency detected",
	 .source = "kernel/locking/lockdep.c"},
	{SPLAT_LOCKDEP, 4, SPLAT_END_DUMP, SPLAT_ANYWHERE,
	 "WARNING: possible recursive locking detected", .source = "kernel/locking/lockdep.c"},
	{SPLAT_LOCKDEP, 4, SPLAT_END_DUMP, SPLAT_ANYWHERE,
	 "WARNING: possible irq lock inversion dependency detected",
	 .source = "kernel/locking/lockdep.c"},
	{SPLAT_LOCKDEP, 4, SPLAT_END_DUMP, SPLAT_ANYWHERE,
	 "WARNING: *-safe -> *-unsafe lock order detected", .source = "kernel/locking/lockdep.c"},
	{SPLAT_LOCKDEP, 4, SPLAT_END_DUMP, SPLAT_ANYWHERE, "WARNING: inconsistent lock state",
	 .source = "kernel/locking/lockdep.c"},
	{SPLAT_LOCKDEP, 4, SPLAT_END_DUMP, SPLAT_ANYWHERE, "WARNING: suspicious RCU usage",
	 .source = "kernel/locking/lockdep.c"},
	{SPLAT_LOCKDEP, 4, SPLAT_END_DUMP, SPLAT_ANYWHERE, "WARNING: bad unlock balance detected!",
	 .source = "kernel/locking/lockdep.c"},
	{SPLAT_LOCKDEP, 4, SPLAT_END_DUMP, SPLAT_ANYWHERE, "WARNING: bad contention detected!",
	 .source = "kernel/locking/lockdep.c"},
	{SPLAT_LOCKDEP, 4, SPLAT_END_DUMP, SPLAT_ANYWHERE, "WARNING: held lock freed!",
	 .source = "kernel/locking/lockdep.c"},
	{SPLAT_LOCKDEP, 4, SPLAT_END_DUMP, SPLAT_ANYWHERE, "WARNING: */* still has locks held!",
	 .source = "kernel/locking/lockdep.c"},
	{SPLAT_LOCKDEP, 4, SPLAT_END_DUMP, SPLAT_ANYWHERE,
	 "WARNING: lock held when returning to user space!", .source = "kernel/locking/lockdep.c"},
	{SPLAT_LOCKDEP, 4, SPLAT_END_DUMP, SPLAT_ANYWHERE, "WARNING: Nested lock was not taken",
	 .source = "kernel/locking/lockdep.c"},
	{SPLAT_LOCKDEP, 4, SPLAT_END_DUMP, SPLAT_ANYWHERE, "WARNING: chain_key collision",
	 .source = "kernel/locking/lockdep.c"},
	{SPLAT_LOCKDEP, 3, SPLAT_END_DUMP, SPLAT_ANYWHERE,
	 "INFO: trying to register non-static key.", .source = "kernel/locking/lockdep.c"},
	{SPLAT_LOCKDEP, 3, SPLAT_END_DUMP, SPLAT_ANYWHERE, "BUG: key * has not been registered!",
	 .source = "kernel/locking/lockdep.c"},
	{SPLAT_LOCKDEP, 3, SPLAT_END_DUMP, SPLAT_ANYWHERE, "BUG: looking up invalid subclass: *",
	 .source = "kernel/locking/lockdep.c"},
	/* It ran out of its tables and has seen nothing since. */
	{SPLAT_LOCKDEP, 7, SPLAT_END_DUMP, SPLAT_ANYWHERE, "BUG: MAX_* too low!",
	 .source = "kernel/locking/lockdep.c"},

	/* Sleep, and counts of preemption that are wrong afterwards */
	{SPLAT_ATOMIC, 3, SPLAT_END_DUMP, SPLAT_ANYWHERE, "BUG: scheduling while atomic: *",
	 .source = "kernel/sched/core.c"},
	{SPLAT_ATOMIC, 3, SPLAT_END_DUMP, SPLAT_ANYWHERE, "BUG: scheduling in a non-blocking *",
	 .source = "kernel/sched/core.c"},
	{SPLAT_ATOMIC, 3, SPLAT_END_DUMP, SPLAT_ANYWHERE,
	 "BUG: sleeping function called from invalid context at *",
	 .source = "kernel/sched/core.c"},
	{SPLAT_ATOMIC, 3, SPLAT_END_DUMP, SPLAT_ANYWHERE, "BUG: assuming * context at *",
	 .source = "kernel/sched/core.c"},
	{SPLAT_ATOMIC, 3, SPLAT_END_DUMP, SPLAT_ANYWHERE, "bad: scheduling from the idle thread!",
	 .source = "kernel/sched/idle.c"},
	{SPLAT_ATOMIC, 3, SPLAT_END_DUMP, SPLAT_ANYWHERE, "BUG: using * in preemptible *",
	 .source = "lib/smp_processor_id.c"},
	{SPLAT_ATOMIC, 3, SPLAT_END_DUMP, SPLAT_ANYWHERE, "BUG: workqueue leaked *",
	 .source = "kernel/workqueue.c"},
	{SPLAT_PREEMPT_COUNT, 3, SPLAT_END_LINE, SPLAT_ANYWHERE,
	 "softirq: huh, entered softirq * with preempt_count *, exited with *?",
	 .source = "kernel/softirq.c"},

	/* CPUs, tasks and work that go on for too long; RCU before 4.20 without "rcu: " */
	{SPLAT_WORKQUEUE, 0, SPLAT_END_QUIET, SPLAT_ANYWHERE, "BUG: workqueue lockup - pool*",
	 .source = "kernel/workqueue.c"},
	{SPLAT_RCU_STALL, 3, SPLAT_END_QUIET, SPLAT_ANYWHERE, "rcu: INFO: * detected * on CPU*",
	 .source = "kernel/rcu/tree_stall.h"},
	{SPLAT_RCU_STALL, 3, SPLAT_END_QUIET, SPLAT_ANYWHERE, "rcu: INFO: * self-detected stall*",
	 .source = "kernel/rcu/tree_stall.h"},
	{SPLAT_RCU_STALL, 3, SPLAT_END_QUIET, SPLAT_ANYWHERE, "rcu: INFO: * detected *stall*",
	 .source = "kernel/rcu/tree_exp.h"},
	{SPLAT_RCU_STALL, 3, SPLAT_END_QUIET, SPLAT_ANYWHERE, "INFO: rcu_* self-detected stall*",
	 .source = "kernel/rcu/tree_stall.h", .until = LINUX(4, 19)},
	{SPLAT_RCU_STALL, 3, SPLAT_END_QUIET, SPLAT_ANYWHERE, "INFO: rcu_* detected *stall*",
	 .source = "kernel/rcu/tasks.h"},
	{SPLAT_SOFT_LOCKUP, 0, SPLAT_END_DUMP, SPLAT_ANYWHERE, "watchdog: BUG: soft lockup - CPU#*",
	 .source = "kernel/watchdog.c"},
	{SPLAT_SOFT_LOCKUP, 0, SPLAT_END_DUMP, SPLAT_ANYWHERE, "BUG: soft lockup - CPU#*",
	 .source = "kernel/watchdog.c", .until = LINUX(4, 14)},
	/* Linux 7.3: "watchdog: CPU1: Watchdog detected ..." */
	{SPLAT_HARD_LOCKUP, 0, SPLAT_END_DUMP, SPLAT_ANYWHERE,
	 "*watchdog: *Watchdog detected hard LOCKUP on cpu *", .source = "kernel/watchdog.c"},
	/* Linux 7.3: "... blocked in I/O wait for ..." */
	{SPLAT_HUNG_TASK, 3, SPLAT_END_DUMP, SPLAT_ANYWHERE,
	 "INFO: task *:* blocked* for more than * seconds.", .source = "kernel/hung_task.c"},
	/* CONFIG_CSD_LOCK_WAIT_DEBUG: a CPU does not answer another's interrupt */
	{SPLAT_HARD_LOCKUP, 1, SPLAT_END_DUMP, SPLAT_ANYWHERE,
	 "smp: csd: * non-responsive CSD lock (#*) on CPU#*", .source = "kernel/smp.c"},

	/* Interrupts; the handlers that did not care stand behind the stack */
	{SPLAT_INTERRUPT, 3, SPLAT_END_IRQ, SPLAT_ANYWHERE, "irq *: nobody cared (try booting *",
	 .source = "kernel/irq/spurious.c"},
	{SPLAT_INTERRUPT, 3, SPLAT_END_DUMP, SPLAT_ANYWHERE, "irq event *: bogus return value *",
	 .source = "kernel/irq/spurious.c"},
	{SPLAT_INTERRUPT, 3, SPLAT_END_DUMP, SPLAT_ANYWHERE,
	 "genirq: Flags mismatch irq *. * (*) vs. * (*)", .source = "kernel/irq/manage.c"},

	/* Names and objects of the driver core */
	{SPLAT_KOBJECT, 4, SPLAT_END_DUMP, SPLAT_ANYWHERE,
	 "sysfs: cannot create duplicate filename '*'", .source = "fs/sysfs/dir.c"},
	{SPLAT_KOBJECT, 3, SPLAT_END_LINE, SPLAT_ANYWHERE,
	 "kobject: kobject_add_internal failed for *", .source = "lib/kobject.c"},
	{SPLAT_KOBJECT, 3, SPLAT_END_LINE, SPLAT_ANYWHERE, "kobject_add_internal failed for *",
	 .source = "lib/kobject.c", .until = LINUX(5, 0)},
	{SPLAT_KOBJECT, 3, SPLAT_END_DUMP, SPLAT_ANYWHERE, "kobject: kobject (*): *",
	 .source = "lib/kobject.c"},
	{SPLAT_KOBJECT, 3, SPLAT_END_DUMP, SPLAT_ANYWHERE,
	 "kobject: kobject '*' (*): tried to add an uninitialized object*",
	 .source = "lib/kobject.c"},
	{SPLAT_KOBJECT, 3, SPLAT_END_DUMP, SPLAT_ANYWHERE, "kobject: can not set name properly!",
	 .source = "lib/kobject.c"},

	/* mm/kmemleak.c says it as information */
	{SPLAT_KMEMLEAK, 6, SPLAT_END_LINE, SPLAT_ANYWHERE,
	 "kmemleak: * new suspected memory leaks*", .source = "mm/kmemleak.c"},

	/* Memory */
	{SPLAT_MEMORY, 1, SPLAT_END_DUMP, SPLAT_ANYWHERE, "BUG: Bad page *",
	 .source = "mm/page_alloc.c"},
	{SPLAT_MEMORY, 1, SPLAT_END_LINE, SPLAT_ANYWHERE, "BUG: Bad rss-counter state *",
	 .source = "kernel/fork.c"},
	{SPLAT_MEMORY, 1, SPLAT_END_LINE, SPLAT_ANYWHERE, "BUG: non-zero pgtables_bytes *",
	 .source = "kernel/fork.c"},
	{SPLAT_MEMORY, 3, SPLAT_END_DUMP, SPLAT_BEHIND_BAR, "BUG * (*): *", .source = "mm/slub.c"},
	{SPLAT_MEMORY, 3, SPLAT_END_DUMP, SPLAT_ANYWHERE, "pagealloc: memory corruption",
	 .source = "mm/page_poison.c"},
	{SPLAT_MEMORY, 3, SPLAT_END_DUMP, SPLAT_ANYWHERE, "pagealloc: single bit error",
	 .source = "mm/page_poison.c"},
	/* None of these is said to who passes __GFP_NOWARN. */
	{SPLAT_ALLOCATION, 4, SPLAT_END_DUMP, SPLAT_ANYWHERE, "*: page allocation failure: order:*",
	 .source = "mm/page_alloc.c"},
	{SPLAT_ALLOCATION, 4, SPLAT_END_DUMP, SPLAT_ANYWHERE, "*: vmalloc error: size *, *",
	 .source = "mm/vmalloc.c"},
	{SPLAT_ALLOCATION, 4, SPLAT_END_DUMP, SPLAT_ANYWHERE,
	 "*: page allocation stall for * secs: order:*", .source = "mm/page_alloc.c",
	 .since = LINUX(7, 3)},
	{SPLAT_ALLOCATION, 4, SPLAT_END_DUMP, SPLAT_ANYWHERE,
	 "percpu: allocation failed, size=* align=* atomic=*", .source = "mm/percpu.c"},

	/* The network; until 6.5 the watchdog was a WARN */
	{SPLAT_NETDEV, 0, SPLAT_END_LINE, SPLAT_ANYWHERE, "unregister_netdevice: waiting for *",
	 .source = "net/core/dev.c"},
	{SPLAT_NETDEV, 2, SPLAT_END_LINE, SPLAT_ANYWHERE,
	 "*: NETDEV WATCHDOG: CPU: *: transmit queue * timed out * ms",
	 .source = "net/sched/sch_generic.c"},
	{SPLAT_NETDEV, 3, SPLAT_END_DUMP, SPLAT_ANYWHERE, "*: hw csum failure",
	 .source = "net/core/dev.c"},

	/* HW_ERR; that events were logged is information */
	{SPLAT_HARDWARE, 6, SPLAT_END_LIKE, SPLAT_ANYWHERE, "*[Hardware Error]: *",
	 .source = "include/linux/printk.h"},

	/* Whatever else calls itself a bug: spinlock debugging, mempools, ... */
	{SPLAT_BUG, 4, SPLAT_END_DUMP, SPLAT_ANYWHERE, "BUG: *",
	 .source = "kernel/locking/spinlock_debug.c"},
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
	[SPLAT_PREEMPT_COUNT] = "preempt count",
	[SPLAT_INTERRUPT] = "interrupt",
	[SPLAT_KOBJECT] = "driver core",
	[SPLAT_ALLOCATION] = "failed allocation",
	[SPLAT_HARDWARE] = "hardware error",
	[SPLAT_STACK] = "warning with a stack",
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

static bool fits_any(const char *const *patterns, size_t count, const char *line)
{
	for (size_t i = 0; i < count; i++)
		if (g_pattern_match_simple(patterns[i], line))
			return true;
	return false;
}

static bool fits_context(const struct splat_row *row, bool behind_bar, bool behind_cut)
{
	if (row->context == SPLAT_BEHIND_BAR)
		return behind_bar;
	/* Behind a cut stands what WARN() was told to say, whatever that is like. */
	return !behind_cut || row->context == SPLAT_BEHIND_CUT || row->kind == SPLAT_PANIC;
}

const struct splat_row *splat_table_rows(size_t *count)
{
	*count = G_N_ELEMENTS(rows);
	return rows;
}

const struct splat_row *splat_table_find(const char *line, unsigned level, bool behind_bar,
					 bool behind_cut)
{
	for (size_t i = 0; i < G_N_ELEMENTS(rows); i++) {
		const struct splat_row *row = &rows[i];

		/* Nearly all lines fit none: the level and the first letter tell. */
		if (level > row->level || (row->pattern[0] != '*' && row->pattern[0] != line[0]))
			continue;
		if (fits_context(row, behind_bar, behind_cut) &&
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
	return fits_any(further, G_N_ELEMENTS(further), line);
}

/* From arch/x86/kernel/dumpstack.c, process_64.c and lib/dump_stack.c */
bool splat_table_dumps(const char *line)
{
	static const char *const forms[] = {
		" *",
		"CPU: * Comm: *",
		"Call Trace:*",
		"Modules linked in:*",
		"Hardware name: *",
		"Tainted: *",
		"Workqueue: *",
		"Stopper: *",
		"task:*",
		"RIP: *",
		"Code: *",
		"RSP: *",
		"R??: *",
		"FS: *",
		"CS: *",
		"CR2: *",
		"DR?: *",
		"PKRU: *",
		"PGD *",
		"Preemption disabled at:*",
		"---[*",
		"==========*",
	};

	return fits_any(forms, G_N_ELEMENTS(forms), line);
}

bool splat_table_opens_stack(const char *line)
{
	return g_pattern_match_simple("CPU: * PID: * Comm: *", line);
}

/*
 * What a stack that has not been complained of may follow by chance, as a
 * module that is loaded and shows its own stack, or by somebody's wish.
 */
bool splat_table_explains(const char *line, unsigned level)
{
	static const char *const innocent[] = {
		"*taints kernel*", /* kernel/module/main.c */
		"*tainting kernel*",	   "*due to kernel taint*", "*you have been warned*",
		"NMI backtrace for cpu *", /* lib/nmi_backtrace.c, for SysRq */
		"* invoked oom-killer: *", /* mm/oom_kill.c */
	};

	return level <= KMSG_LEVEL_WARNING && *line &&
	       !fits_any(innocent, G_N_ELEMENTS(innocent), line);
}
