/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A module of the host's in a guest: inserted, or in place of the one that is loaded there. */
#ifndef KC_VM_MODULE_INSERT_H
#define KC_VM_MODULE_INSERT_H

#include "kernel/module.h"
#include "vm/vm.h"

/*
 * Copies @module, an opened one, into the guest's /tmp and inserts it. Where @may_replace, one of
 * its name that is loaded is removed first, with the modules that use it, which come back
 * afterwards; the same build without parameters stays. Fails with STATUS_NOT_CARRIED, with the kernel's reasons on stderr.
 */
bool module_insert(struct vm *vm, const struct module *module, bool may_replace, gint64 deadline,
		   GError **error);

#endif
