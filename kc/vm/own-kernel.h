/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A kernel that somebody else built, under a root of the lab's: the drivers that this root
 * needs are in the kernel, or are modules that an initramfs inserts first; or it cannot be.
 */
#ifndef KC_VM_OWN_KERNEL_H
#define KC_VM_OWN_KERNEL_H

#include "lab/lab.h"
#include "vm/machine.h"

struct own_kernel {
	const char *image;
	const char *modules; /* the folder that the user named; or NULL */
	bool for_person; /* who sees the console, and does not need the agent */
	/* Filled in by own_kernel_prepare(): */
	char *initrd; /* in place of the machine's; or NULL */
	char *doubt; /* which options this kernel may lack, where nothing tells; or NULL */
};

/*
 * Fails with STATUS_MISUSE, naming the options, where the root could not come up. Where there
 * are modules to insert, @machine gets an initramfs that does so and goes on with its root.
 */
bool own_kernel_prepare(struct own_kernel *kernel, struct machine *machine, const struct lab *lab,
			GError **error);
void own_kernel_clear(struct own_kernel *kernel);

/* A guest that did not come up, or panicked, may have lacked what nothing told of. */
void own_kernel_explain(const struct own_kernel *kernel, GError **error);

#endif
