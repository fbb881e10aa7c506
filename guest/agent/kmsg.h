/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The kernel's log on its way to the host, from the first record on. It goes
 * this way because a console can be written to by anyone, while a record of
 * /dev/kmsg says whether the kernel itself wrote it.
 */
#ifndef KC_KMSG_H
#define KC_KMSG_H

#include <stdbool.h>
#include "port.h"

/* Returns a descriptor to poll, -1 where there is none. */
int kmsg_open(void);

/* Sends what is new and leaves room for @spare frames; false if more waits. */
bool kmsg_send(struct port *port, size_t spare);

#endif
