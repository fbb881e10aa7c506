/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef KC_KERNEL_SPLAT_KIND_H
#define KC_KERNEL_SPLAT_KIND_H

enum splat_kind {
	SPLAT_WARN,
	SPLAT_BUG, /* BUG(), BUG_ON(), and all "BUG: ..." without a kind of their own */
	SPLAT_OOPS, /* bad access, general protection fault, other fatal traps */
	SPLAT_KASAN,
	SPLAT_KFENCE,
	SPLAT_UBSAN,
	SPLAT_LOCKDEP,
	SPLAT_ATOMIC, /* slept or scheduled where it must not */
	SPLAT_RCU_STALL,
	SPLAT_SOFT_LOCKUP,
	SPLAT_HARD_LOCKUP,
	SPLAT_HUNG_TASK,
	SPLAT_WORKQUEUE,
	SPLAT_KMEMLEAK,
	SPLAT_REFCOUNT,
	SPLAT_LIST,
	SPLAT_MEMORY, /* bad page, slab corruption, debug objects */
	SPLAT_DMA,
	SPLAT_NETDEV, /* references that never end, a queue that stands still */
	SPLAT_PREEMPT_COUNT, /* a softirq's handler changed it */
	SPLAT_INTERRUPT, /* one that nobody handles, or a handler that errs */
	SPLAT_KOBJECT, /* a name that is there twice, an object that was not made ready */
	SPLAT_ALLOCATION, /* one that failed and whose caller did not foresee it */
	SPLAT_HARDWARE, /* machine checks, errors that firmware reports */
	SPLAT_STACK, /* a warning without a kind of its own, with a stack below it */
	SPLAT_PANIC,
	SPLAT_KINDS
};

/* As users know it: "WARNING", "KASAN", "lockdep", ... */
const char *splat_kind_name(enum splat_kind kind);

#endif
