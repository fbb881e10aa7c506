/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A device's halves as upstream takes them: a series of patches for each tree. */
#ifndef KC_DEVICE_EXPORT_H
#define KC_DEVICE_EXPORT_H

#include "device/export-plan.h"

/*
 * Makes out/linux and out/qemu, whole or not at all. Fails with STATUS_MISUSE
 * where a tree or the device is not as it must be, else with STATUS_NOT_CARRIED
 * or STATUS_HOST_NOT_READY.
 */
bool device_export(const struct export_plan *plan, GError **error);

#endif
