/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Which files tell what the addresses in a guest's stack traces mean. */
#ifndef KC_VM_SYMBOLS_H
#define KC_VM_SYMBOLS_H

#include "kernel/decode.h"
#include "vm/launch.h"
#include "vm/transfer.h"

/* The kernel that is booted, the lab's modules, and the files that @transfer brings. */
struct decode *symbols_decode(const struct launch *launch, const struct transfer *transfer);

#endif
