/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What a guest's program may ask of the host by kc-host: to change a property
 * of one of its devices, to unplug one and to plug one. Nothing else, and no
 * other machine's.
 */
#ifndef KC_VM_ASK_H
#define KC_VM_ASK_H

#include "vm/agent.h"
#include "vm/qmp.h"

struct ask;

/* Borrows both. */
struct ask *ask_new(struct qmp *qmp, struct agent *agent);
void ask_free(struct ask *ask);

/* Does what an ASK says; its ANSWER goes out once it is done or refused. */
void ask_serve(struct ask *ask, const struct frame *frame);

/* Each of QEMU's events, as qmp_event has it: a device is gone only with its own. */
void ask_event(struct ask *ask, const char *name, JsonObject *data);

#endif
