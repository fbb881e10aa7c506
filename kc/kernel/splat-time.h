/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Complaints that are of time that passed, which a machine that stood still brings about, too. */
#ifndef KC_KERNEL_SPLAT_TIME_H
#define KC_KERNEL_SPLAT_TIME_H

#include "kernel/splat-kind.h"

#include <stdbool.h>

/* Whether it is such, and of how many seconds, for all that its first line says. */
bool splat_time_claim(enum splat_kind kind, const char *title, double *seconds);

#endif
