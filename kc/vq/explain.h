/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef KC_VQ_EXPLAIN_H
#define KC_VQ_EXPLAIN_H

#include "vm/vm.h"

/*
 * For what is kept of a hanging test: the text, or one line that says why there is
 * none. Takes a little longer than VQ_PATIENCE where something stands still,
 * VQ_DEVICE_TIME times that where only a device does, of which QEMU does not say
 * since when.
 * Caller frees.
 */
char *vq_explain(struct vm *vm);

#endif
