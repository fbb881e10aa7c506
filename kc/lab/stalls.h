/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * For how long another process could not run, though it may have wanted to: it
 * was stopped, this host was suspended, or its CPUs were busy. Who measures
 * time inside of that process (a guest's watchdogs do) blames somebody else for
 * it. A thread looks several times a second, so that it is known whatever kc
 * itself is busy with.
 */
#ifndef KC_LAB_STALLS_H
#define KC_LAB_STALLS_H

#include <glib.h>
#include <stdbool.h>

struct stalls;

/* Watches the process @pid from now on. */
struct stalls *stalls_new(int pid);
void stalls_free(struct stalls *stalls);

/* The process runs on, but somebody has told it to hold what it is for. */
void stalls_hold(struct stalls *stalls, bool held);

/*
 * "in the 40 s before, it did not run for 31.4 s: ..."; NULL where that was too
 * little to explain @seconds of waiting that somebody complains of. Caller frees.
 */
char *stalls_explain(struct stalls *stalls, double seconds);

/* The same of all the time that it was watched; NULL: it was less than a second. */
char *stalls_sum(struct stalls *stalls);

#endif
