/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Machines saved when their agent was ready, to go on from in a fraction of
 * the time that a boot takes.
 */
#ifndef KC_SNAPSHOT_SNAPSHOT_H
#define KC_SNAPSHOT_SNAPSHOT_H

#include "snapshot/file.h"
#include "snapshot/store.h"

/*
 * Why a machine like this must not be kept: what it depends on could change
 * without notice. NULL when it may. Caller frees.
 */
char *snapshot_unfit(const struct machine *machine);

/*
 * The saved machine; where there is none, boots one and saves it, or waits for
 * another kc that does. When that fails, *booted is what came of it: with
 * @error a machine that did not come up, without one that is ready but could
 * not be saved, which was said. With NULL there, too, nothing could be started.
 */
struct snapshot_file *snapshot_get(struct snapshot_store *store, struct vm **booted,
				   GError **error);

/* Starts a machine that goes on from @file, until its agent answers. */
struct vm *snapshot_restore(struct snapshot_store *store, struct snapshot_file *file,
			    gint64 deadline, GError **error);

#endif
