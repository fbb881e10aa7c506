/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the user's edits leave to be built, by target. */
#ifndef KC_TEST_EDIT_PENDING_H
#define KC_TEST_EDIT_PENDING_H

#include "test/edit-round.h"
#include "test/watch.h"

/* A target, and what of it is still to be built. */
struct edit_pending {
	struct edit_target *target;
	unsigned parts;
	bool cold; /* its machine is not saved yet: QEMU is new */
};

/* Of struct edit_pending. Caller unrefs. */
GArray *edit_pending_new(void);

/* Watches the folders of all: each may have been replaced by another of its name. */
bool edit_pending_watch(const GArray *pending, const struct lab *lab, struct watch *watch,
			GError **error);

/*
 * Notes what has changed; false with no @error if it concerns nobody. @all: a
 * device that is new is one of them.
 */
bool edit_pending_take(GArray *pending, const struct lab *lab, struct watch *watch, bool all,
		       GError **error);

#endif
