/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * One text for each kind of splat, as Linux 6.12 prints it: made from its format
 * strings, or taken from a guest. A line opens with its level.
 */
#ifndef SPLAT_TEXTS_H
#define SPLAT_TEXTS_H

#include "kernel/splat.h"

#define BAR "=================================="
#define TRACE                                                                       \
	"4CPU: 0 UID: 0 PID: 85 Comm: insmod Tainted: G           O       6.12.0\n" \
	"4Call Trace:\n4 <TASK>\n4 dump_stack_lvl+0x5d/0x80\n4 f+0x10/0x20 [mod]\n" \
	"4 entry_SYSCALL_64_after_hwframe+0x76/0x7e\n4 </TASK>\n"

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
	{SPLAT_HUNG_TASK, "INFO: task dd:85 blocked in I/O wait for more than 30 seconds.",
	 "3INFO: task dd:85 blocked in I/O wait for more than 30 seconds.\n"
	 "3      Not tainted 7.3.0 #1\n"
	 "6task:dd              state:D stack:0     pid:85    tgid:85    ppid:1      "
	 "flags:0x00004002\n"
	 "6Call Trace:\n6 <TASK>\n6 __schedule+0x1/0x2\n6RIP: 0033:0x406624\n6 </TASK>\n"},
	{SPLAT_HARD_LOCKUP, "watchdog: CPU1: Watchdog detected hard LOCKUP on cpu 0",
	 "0watchdog: CPU1: Watchdog detected hard LOCKUP on cpu 0\n" TRACE},
	{SPLAT_HARD_LOCKUP,
	 "smp: csd: Detected non-responsive CSD lock (#1) on CPU#0, waiting 5000000000 ns for "
	 "CPU#01 f+0x0/0x10(0x0).",
	 "1smp: csd: Detected non-responsive CSD lock (#1) on CPU#0, waiting 5000000000 ns for "
	 "CPU#01 f+0x0/0x10(0x0).\n1smp: \tcsd: CSD lock (#1) unresponsive.\n" TRACE},
	{SPLAT_WARN, "WARNING: at f+0x1/0x2 [mod], CPU#0: insmod/85",
	 "4------------[ cut here ]------------\n"
	 "4WARNING: at f+0x1/0x2 [mod], CPU#0: insmod/85\n" TRACE
	 "4---[ end trace 0000000000000000 ]---\n"},
	{SPLAT_BUG, "kernel BUG at f+0x1/0x2 [mod] [verbose debug info unavailable]",
	 "4------------[ cut here ]------------\n"
	 "2kernel BUG at f+0x1/0x2 [mod] [verbose debug info unavailable]\n"
	 "4Oops: invalid opcode: 0000 [#1] SMP\n" TRACE "4---[ end trace 0000000000000000 ]---\n"},
	{SPLAT_ATOMIC, "bad: scheduling from the idle thread!",
	 "3bad: scheduling from the idle thread!\n" TRACE},
	{SPLAT_PREEMPT_COUNT,
	 "softirq: huh, entered softirq 6 TASKLET 00000000f00 with preempt_count 00000100, exited "
	 "with 00000101?",
	 "3softirq: huh, entered softirq 6 TASKLET 00000000f00 with preempt_count 00000100, exited "
	 "with 00000101?\n"},
	{SPLAT_INTERRUPT, "irq 11: nobody cared (try booting with the \"irqpoll\" option)",
	 "3irq 11: nobody cared (try booting with the \"irqpoll\" option)\n" TRACE
	 "3handlers:\n3[<00000000c0>] hello_irq [hello]\n0Disabling IRQ #11\n"},
	{SPLAT_INTERRUPT, "irq event 11: bogus return value 7",
	 "3irq event 11: bogus return value 7\n" TRACE},
	{SPLAT_INTERRUPT, "genirq: Flags mismatch irq 11. 00000000 (one) vs. 00000080 (two)",
	 "3genirq: Flags mismatch irq 11. 00000000 (one) vs. 00000080 (two)\n"},
	{SPLAT_KOBJECT, "sysfs: cannot create duplicate filename '/devices/virtual/x/a'",
	 "4sysfs: cannot create duplicate filename '/devices/virtual/x/a'\n" TRACE},
	{SPLAT_KOBJECT,
	 "kobject: kobject_add_internal failed for a with -EEXIST, don't try to register things "
	 "with the same name in the same directory.",
	 "3kobject: kobject_add_internal failed for a with -EEXIST, don't try to register things "
	 "with the same name in the same directory.\n"},
	{SPLAT_KOBJECT, "kobject_add_internal failed for a (error: -2 parent: x)",
	 "3kobject_add_internal failed for a (error: -2 parent: x)\n"},
	{SPLAT_KOBJECT,
	 "kobject: kobject (00000000ab): tried to init an initialized object, something is "
	 "seriously wrong.",
	 "3kobject: kobject (00000000ab): tried to init an initialized object, something is "
	 "seriously wrong.\n" TRACE},
	{SPLAT_KOBJECT,
	 "kobject: kobject 'a' (00000000ab): tried to add an uninitialized object, something is "
	 "seriously wrong.",
	 "3kobject: kobject 'a' (00000000ab): tried to add an uninitialized object, something is "
	 "seriously wrong.\n" TRACE},
	{SPLAT_ALLOCATION,
	 "insmod: page allocation failure: order:9, mode:0xcc0(GFP_KERNEL), nodemask=(null)",
	 "4insmod: page allocation failure: order:9, mode:0xcc0(GFP_KERNEL), nodemask=(null)\n" TRACE},
	{SPLAT_ALLOCATION,
	 "insmod: vmalloc error: size 1073741824, exceeds total pages, mode:0xcc0(GFP_KERNEL), "
	 "nodemask=(null)",
	 "4insmod: vmalloc error: size 1073741824, exceeds total pages, mode:0xcc0(GFP_KERNEL), "
	 "nodemask=(null)\n" TRACE},
	{SPLAT_ALLOCATION,
	 "dd: page allocation stall for 10 secs: order:0, mode:0xcc0(GFP_KERNEL) nodemask=(null)",
	 "4dd: page allocation stall for 10 secs: order:0, mode:0xcc0(GFP_KERNEL) "
	 "nodemask=(null)\n" TRACE},
	{SPLAT_ALLOCATION,
	 "percpu: allocation failed, size=65536 align=8 atomic=0, alloc from reserved chunk failed",
	 "4percpu: allocation failed, size=65536 align=8 atomic=0, alloc from reserved chunk "
	 "failed\n" TRACE},
	{SPLAT_MEMORY, "pagealloc: memory corruption",
	 "3pagealloc: memory corruption\n"
	 "3ffff888004b7d300: fc fc fc fc fc fc fc fc fa fb fb fb fb fb fb fb\n" TRACE},
	{SPLAT_NETDEV,
	 "virtio_net virtio0 eth0: NETDEV WATCHDOG: CPU: 0: transmit queue 0 timed out 5012 ms",
	 "2virtio_net virtio0 eth0: NETDEV WATCHDOG: CPU: 0: transmit queue 0 timed out 5012 ms\n"},
	{SPLAT_NETDEV, "virtio_net virtio0 eth0: hw csum failure",
	 "3virtio_net virtio0 eth0: hw csum failure\n3skb len=84 headroom=80\n" TRACE},
	{SPLAT_HARDWARE, "mce: [Hardware Error]: Machine check events logged",
	 "6mce: [Hardware Error]: Machine check events logged\n"},
	{SPLAT_HARDWARE, "mce: [Hardware Error]: CPU 0: Machine Check: 0 Bank 9: b200000000000000",
	 "0mce: [Hardware Error]: CPU 0: Machine Check: 0 Bank 9: b200000000000000\n"
	 "0mce: [Hardware Error]: TSC 0 \n"
	 "0mce: [Hardware Error]: PROCESSOR 2:fb1 TIME 0 SOCKET 0 APIC 0 microcode 0\n"},
	{SPLAT_HARDWARE,
	 "{1}[Hardware Error]: Hardware error from APEI Generic Hardware Error Source: 0",
	 "4{1}[Hardware Error]: Hardware error from APEI Generic Hardware Error Source: 0\n"
	 "4{1}[Hardware Error]: event severity: corrected\n"},
	{SPLAT_STACK, "NEIGH: BUG, double timer add, state is 1",
	 "4NEIGH: BUG, double timer add, state is 1\n" TRACE},
	{SPLAT_STACK, "schedule_timeout: wrong timeout value ffffffff80000000",
	 "3schedule_timeout: wrong timeout value ffffffff80000000\n" TRACE},
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

#endif
