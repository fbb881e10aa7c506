/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What one guest counts, from its start to its end; in whatever process it is run. */
#ifndef KC_COVERAGE_GUEST_H
#define KC_COVERAGE_GUEST_H

#include "vm/vm.h"

/* Below a guest's folder; each has files under their whole paths, NAME.gcda */
#define COVERAGE_DRIVER "driver"
#define COVERAGE_DEVICE "device"
#define COVERAGE_LOST "lost" /* a file: why the driver's are missing */

struct coverage_guest {
	char *folder;
	char *device; /* for the machine's counts */
	bool done; /* the driver's were fetched, or are lost */
};

/* Fails with STATUS_NOT_CARRIED. */
bool coverage_guest_open(struct coverage_guest *guest, const char *scratch, GError **error);
void coverage_guest_clear(struct coverage_guest *guest);

/* Has the guest's kernel begin at zero. */
bool coverage_guest_begin(struct vm *vm, gint64 deadline, GError **error);

/*
 * Fetches what the guest's kernel counted, in COVERAGE_FETCH_SECONDS at most. That it cannot
 * is told in the report.
 */
#define COVERAGE_FETCH_SECONDS 60
void coverage_guest_fetch(struct coverage_guest *guest, struct vm *vm);

/* There is nothing to fetch, as @cause says; unless it was fetched before. */
void coverage_guest_lose(struct coverage_guest *guest, const char *cause);

#endif
