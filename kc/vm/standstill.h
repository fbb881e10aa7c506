/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Whether a running QEMU lets its guest run, as its events tell; and if not, why. */
#ifndef KC_VM_STANDSTILL_H
#define KC_VM_STANDSTILL_H

#include "vm/run-state.h"

struct standstill;

/* With @retry what failed for an I/O error is tried again until it succeeds. */
struct standstill *standstill_new(struct qmp *qmp, bool retry);
void standstill_free(struct standstill *still);

/* To be told of each event. */
void standstill_event(struct standstill *still, const char *name, JsonObject *data);

/* NULL while the guest runs. */
const struct run_state *standstill_state(const struct standstill *still);

/* QEMU stopped it, and nobody goes on. */
bool standstill_is_final(const struct standstill *still);

/* Whoever debugs stops it all the time; else one that lasts is told on stderr. */
void standstill_keep_quiet(struct standstill *still);

#endif
