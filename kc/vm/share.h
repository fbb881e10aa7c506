/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Folders of the host's that a guest mounts, by 9p. */
#ifndef KC_VM_SHARE_H
#define KC_VM_SHARE_H

#include "vm/machine.h"
#include "vm/vm.h"

/*
 * @texts: "FOLDER[:GUEST][,rw]", NULL-terminated, or NULL. @folder is what relative ones are
 * relative to; NULL: the current one. NULL with STATUS_MISUSE. Of struct share *; caller unrefs.
 */
GPtrArray *shares_parse(const char **texts, const char *folder, GError **error);

/* The lines by which a person in the guest mounts them, on stderr. */
void shares_tell(const GPtrArray *shares);

/* In the guest; fails with STATUS_NOT_CARRIED. */
bool shares_mount(struct vm *vm, const GPtrArray *shares, gint64 deadline, GError **error);

#endif
