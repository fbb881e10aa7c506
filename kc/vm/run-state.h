/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Why QEMU does not run the guest: its run states in words, and what follows from each. */
#ifndef KC_VM_RUN_STATE_H
#define KC_VM_RUN_STATE_H

#include "base/status.h"
#include "vm/qmp.h"

enum run_kind {
	RUN_ON, /* it runs, or is on its way to: being saved, loaded, migrated */
	RUN_HELD, /* somebody has it stand still, and can let it go on */
	RUN_STOPPED /* QEMU stopped it, and it does not go on by itself */
};

struct run_state {
	enum run_kind kind;
	enum status status; /* of who waits for the guest, where it is RUN_STOPPED */
	bool failed_io; /* going on tries it again */
	char *name; /* QEMU's */
	char *text; /* a sentence without its full stop */
	const char *advice; /* what to do, a clause; or NULL */
};

/*
 * @name is query-status'. For an I/O error @drives is what query-block returns, and
 * @failure the data of a BLOCK_IO_ERROR that stops; each may be NULL.
 */
struct run_state *run_state_new(const char *name, JsonNode *drives, JsonObject *failure);
void run_state_free(struct run_state *state);

/* Asks QEMU; NULL while the guest runs, or QEMU does not say. */
struct run_state *run_state_ask(struct qmp *qmp);

/* The text and the advice. Caller frees. */
char *run_state_tell(const struct run_state *state);

#endif
