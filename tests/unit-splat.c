/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The watcher of the kernel's log. The texts are what Linux 6.12 prints, made
 * from its format strings or taken from a guest; a line opens with its level.
 */
#include "../kc/allow.h"
#include "../kc/splat.h"
#include "../kc/status.h"
#include "unit.h"

#include <string.h>
#include <unistd.h>

#define BAR "=================================="
#define TRACE                                                                       \
	"4CPU: 0 UID: 0 PID: 85 Comm: insmod Tainted: G           O       6.12.0\n" \
	"4Call Trace:\n4 <TASK>\n4 dump_stack_lvl+0x5d/0x80\n4 f+0x10/0x20 [mod]\n" \
	"4 entry_SYSCALL_64_after_hwframe+0x76/0x7e\n4 </TASK>\n"

struct fixture {
	struct allow_list *allow;
	struct splat_watch *watch;
	guint64 seq;
	guint64 usec;
};

static int fresh(void **state)
{
	struct fixture *fixture = g_new0(struct fixture, 1);

	fixture->allow = allow_list_new();
	fixture->watch = splat_watch_new(fixture->allow);
	fixture->usec = 1000000;
	*state = fixture;
	return 0;
}

static int drop(void **state)
{
	struct fixture *fixture = *state;

	splat_watch_free(fixture->watch);
	allow_list_free(fixture->allow);
	g_free(fixture);
	return 0;
}

static void record(struct fixture *fixture, unsigned facility, const char *text)
{
	g_autofree char *line = g_strdup_printf(
		"%u,%" G_GUINT64_FORMAT ",%" G_GUINT64_FORMAT ",-;%s\n SUBSYSTEM=virtio\n",
		facility << 3 | (text[0] - '0'), fixture->seq++, fixture->usec, text + 1);

	fixture->usec += 100;
	splat_watch_kmsg(fixture->watch, line, strlen(line));
}

static void feed_as(struct fixture *fixture, unsigned facility, const char *text)
{
	g_auto(GStrv) lines = g_strsplit(text, "\n", -1);

	for (int i = 0; lines[i]; i++)
		if (*lines[i])
			record(fixture, facility, lines[i]);
}

static void feed(struct fixture *fixture, const char *text)
{
	feed_as(fixture, 0, text);
}

static const struct splat *only(struct fixture *fixture)
{
	splat_watch_end(fixture->watch);
	assert_int_equal(splat_watch_all(fixture->watch)->len, 1);
	return g_ptr_array_index(splat_watch_all(fixture->watch), 0);
}

static void assert_none(struct fixture *fixture, const char *what)
{
	splat_watch_end(fixture->watch);
	if (splat_watch_all(fixture->watch)->len != 0)
		fail_msg("taken for a splat: %s", what);
}

static const struct {
	enum splat_kind kind;
	const char *title;
	const char *text; /* in which @title is one line, without its level */
} known[] = {
	{SPLAT_WARN, "WARNING: CPU: 0 PID: 85 at drivers/x.c:12 f+0x1/0x2 [mod]",
	 "4------------[ cut here ]------------\n"
	 "4WARNING: CPU: 0 PID: 85 at drivers/x.c:12 f+0x1/0x2 [mod]\n"
	 "4Modules linked in: mod(O+)\n" TRACE "4---[ end trace 0000000000000000 ]---\n"},
	{SPLAT_WARN, "WARNING: drivers/x.c:12 at f+0x1/0x2 [mod], CPU#0: insmod/85",
	 "4------------[ cut here ]------------\n"
	 "4BUG: what the driver says\n"
	 "4WARNING: drivers/x.c:12 at f+0x1/0x2 [mod], CPU#0: insmod/85\n" TRACE
	 "4---[ end trace 0000000000000000 ]---\n"},
	{SPLAT_BUG, "kernel BUG at /src/tests/faults/bug.c:9!",
	 "4------------[ cut here ]------------\n"
	 "2kernel BUG at /src/tests/faults/bug.c:9!\n"
	 "4Oops: invalid opcode: 0000 [#1] PREEMPT SMP KASAN\n" TRACE
	 "4---[ end trace 0000000000000000 ]---\n"},
	{SPLAT_OOPS, "BUG: kernel NULL pointer dereference, address: 0000000000000000",
	 "1BUG: kernel NULL pointer dereference, address: 0000000000000000\n"
	 "1#PF: supervisor write access in kernel mode\n"
	 "1#PF: error_code(0x0002) - not-present page\n"
	 "6PGD 0 P4D 0 \n"
	 "4Oops: Oops: 0002 [#1] SMP\n" TRACE "4---[ end trace 0000000000000000 ]---\n"},
	{SPLAT_OOPS, "BUG: unable to handle page fault for address: ffffffffdeadbeef",
	 "1BUG: unable to handle page fault for address: ffffffffdeadbeef\n"
	 "4Oops: Oops: 0000 [#1] SMP\n" TRACE "4---[ end trace 0000000000000000 ]---\n"},
	{SPLAT_OOPS,
	 "Oops: general protection fault, probably for non-canonical address 0xdead000000000100: "
	 "0000 [#1] SMP KASAN",
	 "4Oops: general protection fault, probably for non-canonical address "
	 "0xdead000000000100: 0000 [#1] SMP KASAN\n"
	 "1KASAN: maybe wild-memory-access in range [0xdead000000000100-0xdead000000000107]\n" TRACE
	 "4---[ end trace 0000000000000000 ]---\n"},
	{SPLAT_OOPS, "general protection fault: 0000 [#1] SMP",
	 "4general protection fault: 0000 [#1] SMP\n" TRACE
	 "4---[ end trace 0000000000000000 ]---\n"},
	{SPLAT_OOPS, "BUG: TASK stack guard page was hit at 0001 (stack is 0002..0003)",
	 "0BUG: TASK stack guard page was hit at 0001 (stack is 0002..0003)\n"
	 "4Oops: stack guard page: 0000 [#1] SMP\n" TRACE
	 "4---[ end trace 0000000000000000 ]---\n"},
	{SPLAT_KASAN, "BUG: KASAN: slab-use-after-free in f+0x3a/0x50 [mod]",
	 "3" BAR "\n3BUG: KASAN: slab-use-after-free in f+0x3a/0x50 [mod]\n"
	 "3Write of size 1 at addr ffff888004b7d340 by task insmod/85\n" TRACE
	 "3The buggy address belongs to the object at ffff888004b7d340\n"
	 "3Memory state around the buggy address:\n"
	 "3>ffff888004b7d300: fc fc fc fc fc fc fc fc fa fb fb fb fb fb fb fb\n"
	 "3" BAR "\n"},
	{SPLAT_KFENCE, "BUG: KFENCE: use-after-free read in f+0x3a/0x50 [mod]",
	 "3" BAR "\n3BUG: KFENCE: use-after-free read in f+0x3a/0x50 [mod]\n"
	 "3Use-after-free read at 0x00000000deadbeef (in kfence-#17):\n3" BAR "\n"},
	{SPLAT_UBSAN, "UBSAN: array-index-out-of-bounds in drivers/x.c:12:7",
	 "4------------[ cut here ]------------\n"
	 "3UBSAN: array-index-out-of-bounds in drivers/x.c:12:7\n"
	 "3index 8 is out of range for type 'int [8]'\n" TRACE "4---[ end trace ]---\n"},
	{SPLAT_LOCKDEP, "WARNING: possible circular locking dependency detected",
	 "4" BAR "\n4WARNING: possible circular locking dependency detected\n"
	 "46.12.0 Not tainted\n4------------------------------------------------------\n"
	 "4insmod/85 is trying to acquire lock:\n4 *** DEADLOCK ***\n4stack backtrace:\n" TRACE},
	{SPLAT_LOCKDEP, "WARNING: possible recursive locking detected",
	 "4" BAR "\n4WARNING: possible recursive locking detected\n" TRACE},
	{SPLAT_LOCKDEP, "WARNING: inconsistent lock state",
	 "4" BAR "\n4WARNING: inconsistent lock state\n" TRACE},
	{SPLAT_LOCKDEP, "WARNING: HARDIRQ-safe -> HARDIRQ-unsafe lock order detected",
	 "4" BAR "\n4WARNING: HARDIRQ-safe -> HARDIRQ-unsafe lock order detected\n" TRACE},
	{SPLAT_LOCKDEP, "WARNING: suspicious RCU usage",
	 "4" BAR "\n4WARNING: suspicious RCU usage\n" TRACE},
	{SPLAT_LOCKDEP, "WARNING: bad unlock balance detected!",
	 "4" BAR "\n4WARNING: bad unlock balance detected!\n" TRACE},
	{SPLAT_LOCKDEP, "WARNING: held lock freed!",
	 "4" BAR "\n4WARNING: held lock freed!\n" TRACE},
	{SPLAT_LOCKDEP, "WARNING: insmod/85 still has locks held!",
	 "4" BAR "\n4WARNING: insmod/85 still has locks held!\n" TRACE},
	{SPLAT_LOCKDEP, "WARNING: a report that a later kernel adds",
	 "4" BAR "\n4WARNING: a report that a later kernel adds\n" TRACE},
	{SPLAT_LOCKDEP, "[ BUG: Invalid wait context ]",
	 "4" BAR "\n4[ BUG: Invalid wait context ]\n" TRACE},
	{SPLAT_LOCKDEP, "INFO: trying to register non-static key.",
	 "3INFO: trying to register non-static key.\n"
	 "3The code is fine but needs lockdep annotation, or maybe\n" TRACE},
	{SPLAT_LOCKDEP, "BUG: MAX_LOCKDEP_CHAINS too low!",
	 "7BUG: MAX_LOCKDEP_CHAINS too low!\n7turning off the locking correctness validator.\n"},
	{SPLAT_ATOMIC, "BUG: scheduling while atomic: insmod/85/0x00000002",
	 "3BUG: scheduling while atomic: insmod/85/0x00000002\n4Modules linked in: mod(O+)\n" TRACE},
	{SPLAT_ATOMIC,
	 "BUG: sleeping function called from invalid context at include/linux/sched/mm.h:337",
	 "3BUG: sleeping function called from invalid context at include/linux/sched/mm.h:337\n"
	 "3in_atomic(): 1, irqs_disabled(): 0, non_block: 0, pid: 85, name: insmod\n" TRACE},
	{SPLAT_ATOMIC, "BUG: using smp_processor_id() in preemptible [00000000] code: insmod/85",
	 "3BUG: using smp_processor_id() in preemptible [00000000] code: insmod/85\n" TRACE},
	{SPLAT_RCU_STALL, "rcu: INFO: rcu_sched self-detected stall on CPU",
	 "3rcu: INFO: rcu_sched self-detected stall on CPU\n"
	 "3rcu: \t0-....: (5249 ticks this GP) idle=2a4c/1/0x4000000000000000 softirq=9/9 fqs=2\n"
	 "3rcu: \t(t=5250 jiffies g=-1175 q=3 ncpus=1)\n" TRACE "6NMI backtrace for cpu 1\n" TRACE},
	{SPLAT_RCU_STALL, "rcu: INFO: rcu_preempt detected stalls on CPUs/tasks:",
	 "3rcu: INFO: rcu_preempt detected stalls on CPUs/tasks:\n" TRACE},
	{SPLAT_RCU_STALL,
	 "rcu: INFO: rcu_sched detected expedited stalls on CPUs/tasks: { 1-.... } 21 jiffies",
	 "3rcu: INFO: rcu_sched detected expedited stalls on CPUs/tasks: { 1-.... } 21 jiffies\n"},
	{SPLAT_RCU_STALL, "INFO: rcu_sched detected stalls on CPUs/tasks:",
	 "3INFO: rcu_sched detected stalls on CPUs/tasks:\n" TRACE},
	{SPLAT_RCU_STALL, "INFO: rcu_sched self-detected stall on CPU",
	 "3INFO: rcu_sched self-detected stall on CPU\n" TRACE},
	{SPLAT_SOFT_LOCKUP, "watchdog: BUG: soft lockup - CPU#0 stuck for 22s! [insmod:85]",
	 "0watchdog: BUG: soft lockup - CPU#0 stuck for 22s! [insmod:85]\n" TRACE},
	{SPLAT_HARD_LOCKUP, "watchdog: Watchdog detected hard LOCKUP on cpu 0",
	 "0watchdog: Watchdog detected hard LOCKUP on cpu 0\n" TRACE},
	{SPLAT_HARD_LOCKUP, "NMI watchdog: Watchdog detected hard LOCKUP on cpu 3",
	 "0NMI watchdog: Watchdog detected hard LOCKUP on cpu 3\n"},
	{SPLAT_HUNG_TASK, "INFO: task a: b:85 blocked for more than 30 seconds.",
	 "3INFO: task a: b:85 blocked for more than 30 seconds.\n3      Not tainted 6.12.0 #1\n" TRACE},
	{SPLAT_WORKQUEUE,
	 "BUG: workqueue lockup - pool cpus=0 node=0 flags=0x0 nice=0 stuck for 32s!",
	 "0BUG: workqueue lockup - pool cpus=0 node=0 flags=0x0 nice=0 stuck for 32s!\n"
	 "6Showing busy workqueues and worker pools:\n"},
	{SPLAT_KMEMLEAK, "kmemleak: 2 new suspected memory leaks (see /sys/kernel/debug/kmemleak)",
	 "6kmemleak: 2 new suspected memory leaks (see /sys/kernel/debug/kmemleak)\n"},
	{SPLAT_REFCOUNT, "WARNING: CPU: 0 PID: 85 at lib/refcount.c:28 f+0x1/0x2",
	 "4------------[ cut here ]------------\n4refcount_t: underflow; use-after-free.\n"
	 "4WARNING: CPU: 0 PID: 85 at lib/refcount.c:28 f+0x1/0x2\n" TRACE
	 "4---[ end trace 0000000000000000 ]---\n"},
	{SPLAT_LIST, "WARNING: CPU: 0 PID: 85 at lib/list_debug.c:62 f+0x1/0x2",
	 "4------------[ cut here ]------------\n4list_del corruption, x->next is LIST_POISON1\n"
	 "4WARNING: CPU: 0 PID: 85 at lib/list_debug.c:62 f+0x1/0x2\n" TRACE
	 "4---[ end trace 0000000000000000 ]---\n"},
	{SPLAT_LIST, "kernel BUG at lib/list_debug.c:29!",
	 "3list_add corruption. prev->next should be next (x), but was y. (prev=z).\n"
	 "4------------[ cut here ]------------\n2kernel BUG at lib/list_debug.c:29!\n"
	 "4Oops: invalid opcode: 0000 [#1] SMP\n" TRACE "4---[ end trace 0000000000000000 ]---\n"},
	{SPLAT_DMA, "WARNING: CPU: 0 PID: 85 at kernel/dma/debug.c:1023 f+0x1/0x2",
	 "4------------[ cut here ]------------\n"
	 "4DMA-API: hello 0000:00:03.0: device driver tries to free DMA memory it has not allocated\n"
	 "4WARNING: CPU: 0 PID: 85 at kernel/dma/debug.c:1023 f+0x1/0x2\n" TRACE
	 "4---[ end trace 0000000000000000 ]---\n"},
	{SPLAT_MEMORY, "BUG: Bad page state in process insmod  pfn:04b7d",
	 "1BUG: Bad page state in process insmod  pfn:04b7d\n" TRACE},
	{SPLAT_MEMORY, "BUG kmalloc-64 (Tainted: G           O      ): Poison overwritten",
	 "3" BAR "\n3BUG kmalloc-64 (Tainted: G           O      ): Poison overwritten\n"
	 "3-----------------------------------------------------------------------------\n" TRACE},
	{SPLAT_MEMORY, "WARNING: CPU: 0 PID: 85 at lib/debugobjects.c:514 f+0x1/0x2",
	 "4------------[ cut here ]------------\n"
	 "3ODEBUG: free active (active state 0) object: x object type: timer_list hint: y\n"
	 "4WARNING: CPU: 0 PID: 85 at lib/debugobjects.c:514 f+0x1/0x2\n" TRACE
	 "4---[ end trace 0000000000000000 ]---\n"},
	{SPLAT_NETDEV, "unregister_netdevice: waiting for eth0 to become free. Usage count = 2",
	 "0unregister_netdevice: waiting for eth0 to become free. Usage count = 2\n"},
	{SPLAT_BUG, "BUG: spinlock bad magic on CPU#0, insmod/85",
	 "0BUG: spinlock bad magic on CPU#0, insmod/85\n0 lock: x, .magic: 00000000\n" TRACE},
	{SPLAT_BUG, "BUG: KCSAN: data-race in f / g",
	 "3" BAR "\n3BUG: KCSAN: data-race in f / g\n3" BAR "\n"},
	{SPLAT_WARN, "what a later kernel cuts out",
	 "4------------[ cut here ]------------\n4what a later kernel cuts out\n"
	 "4---[ end trace 0000000000000000 ]---\n"},
	{SPLAT_PANIC, "Kernel panic - not syncing: sysrq triggered crash",
	 "0Kernel panic - not syncing: sysrq triggered crash\n" TRACE
	 "0---[ end Kernel panic - not syncing: sysrq triggered crash ]---\n"},
};

static void each_kind_is_one_object(void **state)
{
	(void)state;
	for (size_t i = 0; i < G_N_ELEMENTS(known); i++) {
		const struct splat *splat;
		void *fixture;

		fresh(&fixture);
		feed(fixture, "6virtio_hello virtio1: before\n");
		feed(fixture, known[i].text);
		((struct fixture *)fixture)->usec += 5000000;
		feed(fixture, "6virtio_hello virtio1: after\n");
		splat = only(fixture);
		assert_string_equal(splat->title, known[i].title);
		if (splat->kind != known[i].kind)
			fail_msg("%s: %s", splat->title, splat_kind_name(splat->kind));
		assert_non_null(strstr(splat->text, known[i].title));
		assert_null(strstr(splat->text, "virtio1"));
		drop(&fixture);
	}
}

/* A process writes to /dev/kmsg: its records have another facility. */
static void nobody_but_the_kernel_is_believed(void **state)
{
	for (size_t i = 0; i < G_N_ELEMENTS(known); i++)
		feed_as(*state, 1, known[i].text);
	assert_none(*state, "a process' own words");
}

static void nobody_hides_a_splat(void **state)
{
	feed(*state, "4------------[ cut here ]------------\n");
	feed_as(*state, 1, "4---[ end trace 0000000000000000 ]---\n4" BAR "\n4 </TASK>\n");
	feed(*state, "4WARNING: CPU: 0 PID: 85 at drivers/x.c:12 f+0x1/0x2 [mod]\n");
	feed_as(*state, 1, "4---[ end trace 0000000000000000 ]---\n");
	feed(*state, TRACE);
	assert_non_null(strstr(only(*state)->text, "entry_SYSCALL"));
	assert_null(strstr(only(*state)->text, "end trace"));
}

static const char *const near[] = {
	"6hello: received WARNING: CPU: 0 PID: 1 at x.c:1 f+0x1/0x2",
	"4virtio_hello virtio1: BUG: KASAN: no",
	"6hello: kernel BUG at x.c:1!",
	"4hello: Oops: 0000 [#1]",
	"6WARNING: CPU: 0 PID: 1 at what a driver says as information",
	"6BUG: what a driver says as information",
	"4WARNING: Spectre v2 mitigation leaves CPU vulnerable to RETBleed attacks",
	"4WARNING: something of a driver",
	"4BUG kmalloc-64 (Not tainted): with no bar above it",
	"3INFO: task force: done",
	"6INFO: task x:1 blocked for more than 1 seconds.",
	"6kmemleak: Kernel memory leak detector initialized (mem pool available: 15679)",
	"6kmemleak: Automatic memory scanning thread started",
	"6rcu: Hierarchical SRCU implementation.",
	"6rcu: INFO: a stall detector is on",
	"3INFO: lockdep is turned off.",
	"6UBSAN: no",
	"3UBSAN: no place",
	"6Lock dependency validator: Copyright (c) 2006 Red Hat, Inc., Ingo Molnar",
	"4Disabling lock debugging due to kernel taint",
	"6refcount_t: a word",
	"0Emergency Sync complete",
	"6sysrq: Show Blocked State",
	"4 </TASK>",
	"4---[ end trace 0000000000000000 ]---",
	"3" BAR,
	"6\\x0aWARNING: CPU: 0 PID: 1 at a driver's second line f+0x1/0x2",
	"4hello: data\\x0aWARNING: CPU: 0 PID: 1 at x.c:1 f+0x1/0x2",
	"4hello: data\\x0a------------[ cut here ]------------",
};

static void near_misses_are_none(void **state)
{
	for (size_t i = 0; i < G_N_ELEMENTS(near); i++) {
		feed(*state, near[i]);
		feed(*state, "6in between\n");
		assert_none(*state, near[i]);
	}
}

static void two_at_once_are_two(void **state)
{
	struct fixture *fixture = *state;

	feed(fixture, "4------------[ cut here ]------------\n"
		      "4WARNING: CPU: 0 PID: 85 at a.c:1 f+0x1/0x2\n"
		      "4------------[ cut here ]------------\n"
		      "4WARNING: CPU: 1 PID: 86 at b.c:1 g+0x1/0x2\n" TRACE
		      "4---[ end trace 0000000000000000 ]---\n");
	assert_int_equal(splat_watch_all(fixture->watch)->len, 2);
}

static void an_oops_and_its_panic_are_two(void **state)
{
	struct fixture *fixture = *state;

	feed(fixture, "1BUG: kernel NULL pointer dereference, address: 0000000000000000\n"
		      "4Oops: Oops: 0002 [#1] SMP\n" TRACE "4---[ end trace 0000000000000000 ]---\n"
		      "4RIP: 0010:f+0x1/0x2\n"
		      "0Kernel panic - not syncing: Fatal exception\n"
		      "0Kernel Offset: disabled\n");
	splat_watch_end(fixture->watch);
	assert_int_equal(splat_watch_all(fixture->watch)->len, 2);
	assert_int_equal(splat_watch_first(fixture->watch)->kind, SPLAT_OOPS);
	assert_string_equal(splat_watch_panic(fixture->watch)->title,
			    "Kernel panic - not syncing: Fatal exception");
}

static void what_warn_says_is_kept(void **state)
{
	feed(*state, "4------------[ cut here ]------------\n4hello: 3 is not 4\n"
		     "4WARNING: CPU: 0 PID: 85 at a.c:1 f+0x1/0x2\n");
	assert_string_equal(only(*state)->message, "hello: 3 is not 4");
}

static void a_panic_is_seen_behind_a_cut(void **state)
{
	struct fixture *fixture = *state;

	feed(fixture, "4------------[ cut here ]------------\n"
		      "0Kernel panic - not syncing: at once\n");
	splat_watch_end(fixture->watch);
	assert_non_null(splat_watch_panic(fixture->watch));
}

static void lost_records_are_told(void **state)
{
	struct fixture *fixture = *state;
	g_autofree char *none = splat_watch_gaps(fixture->watch);
	g_autofree char *some = NULL;

	feed(fixture, "6one\n");
	assert_null(none);
	fixture->seq += 12;
	feed(fixture, "6two\n");
	some = splat_watch_gaps(fixture->watch);
	assert_non_null(strstr(some, "12 records"));
}

static void several_records_come_at_once(void **state)
{
	struct fixture *fixture = *state;
	const char *text = "6,0,1000,-;one\n KEY=4,1,2,-;WARNING: CPU: 0 PID: 1 at x\n"
			   "4,1,2000,-,caller=T85;------------[ cut here ]------------\n"
			   "4,2,3000,-,caller=T85;WARNING: CPU: 0 PID: 1 at a.c:1 f+0x1/0x2\n"
			   "4,3,4000,c;cont\n";

	splat_watch_kmsg(fixture->watch, text, strlen(text));
	assert_string_equal(only(fixture)->title, "WARNING: CPU: 0 PID: 1 at a.c:1 f+0x1/0x2");
	assert_null(splat_watch_gaps(fixture->watch));
}

static void nonsense_is_survived_and_told(void **state)
{
	struct fixture *fixture = *state;
	const char *text[] = {"",
			      "\n",
			      ";",
			      "1,2,3\n",
			      "x,1,2,-;y\n",
			      "4,,2,-;y\n",
			      "99999999999999999999,1,1,-;y\n",
			      "4,1,2,-;\\x00\\xzz\\x1\n",
			      " K=V\n",
			      "4,2,2,-;\\",
			      "4"};
	char bytes[256];

	for (size_t i = 0; i < G_N_ELEMENTS(text); i++)
		splat_watch_kmsg(fixture->watch, text[i], strlen(text[i]));
	for (int i = 0; i < 256; i++)
		bytes[i] = i * 7;
	splat_watch_kmsg(fixture->watch, bytes, sizeof(bytes));
	splat_watch_console(fixture->watch, bytes, sizeof(bytes));
	assert_none(fixture, "nonsense");
	g_autofree char *gaps = splat_watch_gaps(fixture->watch);
	assert_non_null(strstr(gaps, "not understood"));
}

static void the_console_adds_what_did_not_come(void **state)
{
	struct fixture *fixture = *state;
	const char *text = "[    1.000000] BUG: unable to handle page fault for address: 1\r\n"
			   "[    1.000000] old\r\nuser: BUG: no stamp\r\nBUG: no stamp\r\n"
			   "[    9.000000][   T85] BUG: KASAN: slab-use-after-free in f+0x1/0x2\r\n"
			   "[    9.000100] Kernel panic - not syncing: Fatal exception\r\n";

	fixture->usec = 5000000;
	feed(fixture, "6last\n");
	splat_watch_console(fixture->watch, text, strlen(text));
	splat_watch_end(fixture->watch);
	assert_int_equal(splat_watch_all(fixture->watch)->len, 2);
	assert_int_equal(splat_watch_first(fixture->watch)->kind, SPLAT_KASAN);
	assert_true(splat_watch_first(fixture->watch)->from_console);
	assert_non_null(splat_watch_panic(fixture->watch));
}

static void memory_is_bounded_and_nothing_hidden(void **state)
{
	struct fixture *fixture = *state;

	assert_true(allow_list_add(fixture->allow, "BUG: known * | planted", "x", NULL));
	for (int i = 0; i < 3000; i++)
		feed(fixture, "0BUG: known one\n4 </TASK>\n");
	feed(fixture, "0BUG: another\n4 </TASK>\n");
	feed(fixture, "0Kernel panic - not syncing: y\n");
	splat_watch_end(fixture->watch);
	assert_true(splat_watch_all(fixture->watch)->len < 300);
	assert_string_equal(splat_watch_first(fixture->watch)->title, "BUG: another");
	assert_non_null(splat_watch_panic(fixture->watch));
}

static void the_log_is_like_dmesg(void **state)
{
	struct fixture *fixture = *state;
	g_autofree char *log = NULL;
	g_autofree char *longer = NULL;

	feed(fixture, "6one\n");
	feed_as(fixture, 1, "4two \\x1b[31m\n");
	log = splat_watch_log(fixture->watch);
	assert_true(g_str_has_prefix(log, "[    1.000000] one\n[    1.000100] two "));
	assert_null(strchr(log, '\033'));
	for (int i = 0; i < 200000; i++)
		feed(fixture, "6a line that is repeated until the log is longer than is kept\n");
	feed(fixture, "6last\n");
	longer = splat_watch_log(fixture->watch);
	assert_true(strlen(longer) < 7 * 1024 * 1024);
	assert_non_null(strstr(longer, "] one\n"));
	assert_true(g_str_has_suffix(longer, "] last\n"));
}

static void an_allowed_splat_has_its_reason(void **state)
{
	struct fixture *fixture = *state;

	assert_true(allow_list_add(fixture->allow, "WARNING: * at a.c:* f+* | known | issue 7",
				   "t:1", NULL) == true);
	assert_true(allow_list_add(fixture->allow, "hello: * is not * | by design", "t:2", NULL));
	feed(fixture, "4------------[ cut here ]------------\n4hello: 3 is not 4\n"
		      "4WARNING: CPU: 0 PID: 85 at a.c:1 g+0x1/0x2\n");
	assert_string_equal(only(fixture)->allowed, "by design");
	assert_null(splat_watch_first(fixture->watch));
	feed(fixture, "4------------[ cut here ]------------\n"
		      "4WARNING: CPU: 0 PID: 85 at b.c:1 f+0x1/0x2\n");
	splat_watch_end(fixture->watch);
	assert_non_null(splat_watch_first(fixture->watch));
}

static void an_entry_without_a_reason_is_refused(void **state)
{
	static const char *const wrong[] = {"WARNING: *", "WARNING: * |", "WARNING: * |  "};
	struct fixture *fixture = *state;
	GError *error = NULL;

	for (size_t i = 0; i < G_N_ELEMENTS(wrong); i++) {
		assert_false(allow_list_add(fixture->allow, wrong[i], "allow.txt:3", &error));
		assert_refused(error, STATUS_MISUSE, wrong[i]);
	}
	assert_false(allow_list_add(fixture->allow, " ** | anything", "allow.txt:3", &error));
	assert_refused(error, STATUS_MISUSE, "allow.txt:3");
	assert_false(allow_list_add(fixture->allow, "| anything", "allow.txt:3", &error));
	assert_refused(error, STATUS_MISUSE, "pattern");
}

static void a_file_of_entries_is_read(void **state)
{
	struct fixture *fixture = *state;
	g_autofree char *path = NULL;
	GError *error = NULL;
	int fd = g_file_open_tmp(NULL, &path, NULL);

	assert_true(fd >= 0);
	close(fd);
	g_file_set_contents(path, "# known\n\nBUG: a* | one\n", -1, NULL);
	assert_true(allow_list_load(fixture->allow, path, NULL));
	assert_string_equal(allow_list_reason(fixture->allow, "BUG: abc", NULL), "one");
	assert_null(allow_list_reason(fixture->allow, "x BUG: abc", NULL));
	g_file_set_contents(path, "BUG: a* | one\nBUG: b\n", -1, NULL);
	assert_false(allow_list_load(fixture->allow, path, &error));
	assert_refused(error, STATUS_MISUSE, ":2: 'BUG: b'");
	unlink(path);
	assert_false(allow_list_load(fixture->allow, path, &error));
	assert_refused(error, STATUS_MISUSE, path);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, fresh, drop)

static const struct CMUnitTest tests[] = {
	cmocka_unit_test(each_kind_is_one_object),
	TEST(nobody_but_the_kernel_is_believed),
	TEST(nobody_hides_a_splat),
	TEST(near_misses_are_none),
	TEST(two_at_once_are_two),
	TEST(an_oops_and_its_panic_are_two),
	TEST(what_warn_says_is_kept),
	TEST(a_panic_is_seen_behind_a_cut),
	TEST(lost_records_are_told),
	TEST(several_records_come_at_once),
	TEST(nonsense_is_survived_and_told),
	TEST(the_console_adds_what_did_not_come),
	TEST(memory_is_bounded_and_nothing_hidden),
	TEST(the_log_is_like_dmesg),
	TEST(an_allowed_splat_has_its_reason),
	TEST(an_entry_without_a_reason_is_refused),
	TEST(a_file_of_entries_is_read),
};

UNIT_MAIN(tests)
