/* SPDX-License-Identifier: GPL-2.0-or-later */
/* How a machine's state leaves QEMU, and enters another. */
#ifndef KC_SNAPSHOT_MIGRATE_H
#define KC_SNAPSHOT_MIGRATE_H

#include "vm/vm.h"

#define MIGRATE_SETTLE_SECONDS 3
#define MIGRATE_SAVE_SECONDS 60

/*
 * Waits until the console is quiet, at most MIGRATE_SETTLE_SECONDS: what is
 * still being done would be done again by each that goes on from here.
 */
void migrate_settle(struct vm *vm);

/* To, and from, the file of machine_argv(); the machine stands still after a save. */
bool migrate_save(struct vm *vm, GError **error);
bool migrate_load(struct vm *vm, GError **error);

#endif
