/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The two guests of one test, each in a process of its own: they start their
 * commands together, and none leaves before the other's has ended.
 */
#ifndef KC_TEST_MEET_H
#define KC_TEST_MEET_H

#include <glib.h>
#include <stdbool.h>

struct meet {
	int other; /* the other process; -1: it is gone */
	int wire; /* between the guests' NICs */
	unsigned number; /* 1 for the test's own guest, 2 for its peer */
};

/* Both ends. Fails with STATUS_HOST_NOT_READY. */
bool meet_new(struct meet ends[2], GError **error);
void meet_clear(struct meet *meet);

/* Both guests are up, by @deadline; else the error says what of the other is known. */
bool meet_up(struct meet *meet, gint64 deadline, GError **error);

/* This one's command has ended: waits for the other's, or its failure, until @deadline. */
void meet_end(struct meet *meet, gint64 deadline);

/* Says whether this one @failed; returns whether the other did. */
bool meet_failed(struct meet *meet, bool failed, gint64 deadline);

#endif
