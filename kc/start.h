/* SPDX-License-Identifier: GPL-2.0-or-later */
/* From a machine to a guest that is ready for its first command, warm or cold. */
#ifndef KC_START_H
#define KC_START_H

#include "launch.h"
#include "phases.h"
#include "vm.h"

struct start {
	bool cold; /* boot, whatever is saved */
	double boot_timeout; /* seconds */
	double timeout; /* of the machine that is returned, from its start; 0: none */
	int console_out, errors_out; /* as for vm_start() */
	vm_kmsg kmsg; /* sees the kernel's log from the boot on; or NULL */
	void *kmsg_opaque;
	struct phases *phases; /* of the machine that is returned; or NULL */
};

/*
 * Goes on from a saved machine, which is made where it is missing, or boots.
 * *deadline becomes the end of @timeout. A machine is also returned with
 * @error set, when it did not come up: for what can be learned from it. Caller
 * stops it.
 */
struct vm *start_guest(const struct launch *launch, const struct start *start, gint64 *deadline,
		       GError **error);

#endif
