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
#ifndef KC_KERNEL_SPLAT_H
#define KC_KERNEL_SPLAT_H

#include "kernel/allow.h"
#include "kernel/splat-reader.h"

#include <glib.h>
#include <stdbool.h>

struct splat_watch;

/* @allow may be NULL; it is borrowed. */
struct splat_watch *splat_watch_new(const struct allow_list *allow);
void splat_watch_free(struct splat_watch *watch);

/* Of the machine from which more comes: borrowed until all of it was taken in. Or NULL. */
void splat_watch_stalls(struct splat_watch *watch, struct stalls *stalls);

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

/*
 * The first that is not allowed and no panic, one without an excuse if there
 * is; the first panic. NULL: none.
 */
const struct splat *splat_watch_first(const struct splat_watch *watch);
const struct splat *splat_watch_panic(const struct splat_watch *watch);

/*
 * Says what of the log is missing, by the records' numbers, if something is: "12 records of the kernel's
 * log were lost". A verdict "passed" is not certain then. NULL: nothing. Caller frees.
 */
char *splat_watch_gaps(const struct splat_watch *watch);

/* The log so far as dmesg would print it, the first and the last MiB. Caller frees. */
char *splat_watch_log(const struct splat_watch *watch);

#endif
