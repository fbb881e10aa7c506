/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What a user writes behind --device, or in tests.ini: the name of a folder of
 * devices/ or of QEMU's own type, with properties behind a comma.
 */
#ifndef KC_VM_DEVICE_OPTION_H
#define KC_VM_DEVICE_OPTION_H

#include "lab/lab.h"
#include "vm/machine.h"

/* What is known of devices; @lab and @qemu are borrowed. NULL as device_folders(). */
struct device_names;
struct device_names *device_names_new(const struct lab *lab, const char *qemu, GError **error);
void device_names_free(struct device_names *names);

/*
 * @device as QEMU's -device takes it on @transport: "hello,packed=on" becomes
 * "virtio-hello-pci,packed=on". Caller frees. NULL with STATUS_MISUSE where
 * neither devices/ nor QEMU knows it, naming the nearest that there is, or
 * where it is for another transport.
 */
char *device_option_resolve(struct device_names *names, enum transport transport,
			    const char *device, GError **error);

#endif
