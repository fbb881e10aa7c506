/* SPDX-License-Identifier: GPL-2.0-or-later */
/* An initramfs that inserts modules before the machine's own root is gone on with. */
#ifndef KC_VM_MODULE_INITRD_H
#define KC_VM_MODULE_INITRD_H

#include "lab/lab.h"

/* What the kernel has to start of it */
#define MODULE_INITRD_INIT "/kc-init"

/*
 * The initramfs @base, or none before a root on disk, with @files, of char *, which are inserted
 * in their order; NULL: the lab's stock drivers. It is kept in the lab for the next time. Caller
 * frees the path.
 */
char *module_initrd(const char *base, const struct lab *lab, const GPtrArray *files,
		    GError **error);

#endif
