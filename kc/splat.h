/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A watcher fed with the kernel's log, which finds what the kernel complains
 * of by itself: WARN, BUG, oops, sanitizers, lockdep, stalls, leaks, panics.
 * One complaint is one object, however many lines it has.
 *
 * The truth comes from the records of /dev/kmsg that the guest's agent
 * forwards: only the kernel can write its facility. Console lines are for a
 * guest that died before it could forward its last records.
 */
#ifndef KC_SPLAT_H
#define KC_SPLAT_H

#include "allow.h"

#include <glib.h>
#include <stdbool.h>

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
	SPLAT_NETDEV, /* a network device whose references never end */
	SPLAT_PANIC,
	SPLAT_KINDS
};

struct splat {
	enum splat_kind kind;
	char *title; /* its one line, without stamp; printable */
	char *message; /* what WARN() was told to say; or NULL */
	char *text; /* all of its lines, each with its stamp and a newline; printable */
	guint64 usec; /* since boot */
	bool from_console; /* not from the agent's channel */
	const char *allowed; /* the reason of the entry that allows it, the list's; or NULL */
};

/* As users know it: "WARNING", "KASAN", "lockdep", ... */
const char *splat_kind_name(enum splat_kind kind);

struct splat_watch;

/* @allow may be NULL; it is borrowed. */
struct splat_watch *splat_watch_new(const struct allow_list *allow);
void splat_watch_free(struct splat_watch *watch);

/*
 * One or more records, whole, as the agent forwards them. Records of other
 * facilities are kept in the log and are never a splat, nor end or part one.
 */
void splat_watch_kmsg(struct splat_watch *watch, const char *data, size_t len);

/*
 * What the console printed, from the boot on, when the guest is dead. Lines
 * that came as records, too, are known by their stamps and left out.
 */
void splat_watch_console(struct splat_watch *watch, const char *text, size_t len);

/* No more will come: what is open ends here. More may come after all. */
void splat_watch_end(struct splat_watch *watch);

/* Of const struct splat *, in order; what is still open is not among them. Borrowed. */
const GPtrArray *splat_watch_all(const struct splat_watch *watch);

/* The first that is not allowed and no panic; the first panic. NULL: none. */
const struct splat *splat_watch_first(const struct splat_watch *watch);
const struct splat *splat_watch_panic(const struct splat_watch *watch);

/*
 * Says what of the log is missing, by the records' numbers, if something is: "12 records of the kernel's
 * log were lost". A verdict "passed" is not certain then. NULL: nothing. Caller frees.
 */
char *splat_watch_gaps(const struct splat_watch *watch);

/* The log so far as dmesg would print it, the first and the last 2 MiB. Caller frees. */
char *splat_watch_log(const struct splat_watch *watch);

#endif
