/* SPDX-License-Identifier: GPL-2.0-or-later */
/* From a machine to a guest that is ready for its first command, warm or cold. */
#ifndef KC_SNAPSHOT_BOOT_OR_RESUME_H
#define KC_SNAPSHOT_BOOT_OR_RESUME_H

#include "vm/launch.h"
#include "vm/phases.h"
#include "vm/vm.h"

struct snapshot_preparation;

struct boot_or_resume {
	bool cold; /* boot, whatever is saved */
	double boot_timeout; /* seconds */
	double timeout; /* of the machine that is returned, from its start; 0: none */
	int console_out, errors_out; /* as for vm_start() */
	vm_kmsg kmsg; /* sees the kernel's log from the boot on; or NULL */
	void *kmsg_opaque;
	const struct snapshot_preparation *preparation; /* before it is saved; or NULL */
	struct phases *phases; /* of the machine that is returned; or NULL */
};

/*
 * Goes on from a saved machine, which is made where it is missing, or boots.
 * *deadline becomes the end of @timeout. A machine is also returned with
 * @error set, when it did not come up: for what can be learned from it. Caller
 * stops it.
 */
struct vm *boot_or_resume(const struct launch *launch, const struct boot_or_resume *start,
			  gint64 *deadline, GError **error);

#endif
