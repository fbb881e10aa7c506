/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Which devices a QEMU has, by its own list. */
#ifndef KC_LAB_QEMU_DEVICES_H
#define KC_LAB_QEMU_DEVICES_H

#include "lab/lab.h"

/*
 * What the program @qemu takes behind -device, aliases among them. Asked once
 * for each build of it and kept in build/cache. Caller frees with
 * g_strfreev(). NULL: it does not say.
 */
char **qemu_devices(const struct lab *lab, const char *qemu);

/* Is it one without the lab's patches and devices? False, too, where it does not say. */
bool qemu_is_stock(const struct lab *lab, const char *qemu);

#endif
