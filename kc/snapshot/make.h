/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A machine is booted and saved, for snapshot.c alone. */
#ifndef KC_SNAPSHOT_MAKE_H
#define KC_SNAPSHOT_MAKE_H

#include "snapshot/file.h"
#include "snapshot/store.h"

/*
 * Boots @store's machine and saves it under its key. NULL with *@booted set:
 * it runs, but could not be saved, as was printed; NULL with @error alone: it
 * did not come up.
 */
struct snapshot_file *snapshot_make(struct snapshot_store *store, struct vm **booted,
				    GError **error);

#endif
