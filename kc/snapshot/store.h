/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Where the saved machines of one launch are kept, and under which key. */
#ifndef KC_SNAPSHOT_STORE_H
#define KC_SNAPSHOT_STORE_H

#include "vm/launch.h"
#include "vm/vm.h"

/* What is done in a machine before it is saved, so that others begin behind it. */
struct snapshot_preparation {
	const char *what; /* in words; with @inputs it tells this machine from others */
	const char *const *inputs; /* files that it depends on; NULL-terminated */
	bool (*run)(struct vm *vm, const void *opaque, GError **error);
	const void *opaque;
};

struct snapshot_store {
	const struct launch *launch;
	char *folder;
	char *key;
	double boot_timeout; /* seconds */
	int console_out, errors_out; /* as for vm_start() */
	vm_kmsg kmsg; /* for the machine that is handed out; or NULL */
	void *kmsg_opaque;
	const struct snapshot_preparation *preparation; /* or NULL */
};

/* Fails with STATUS_NOT_CARRIED where nothing can be kept. */
bool snapshot_store_open(struct snapshot_store *store, const struct launch *launch, GError **error);
/* Of the machine as it is now, and of what is done in it before it is saved. Caller frees. */
char *snapshot_store_key(const struct snapshot_store *store);
void snapshot_store_clear(struct snapshot_store *store);

/* Says that nothing can be kept, which is no reason not to run; frees @cause. */
void snapshot_note_unsaved(GError *cause);

#endif
