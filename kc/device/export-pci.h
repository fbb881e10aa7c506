/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The proxy that puts a device on PCI. The lab's QEMU makes it of a type's name
 * (VirtioPCIDeviceTypeInfo.device); upstream's wants it written out.
 */
#ifndef KC_DEVICE_EXPORT_PCI_H
#define KC_DEVICE_EXPORT_PCI_H

#include <glib.h>
#include <stdbool.h>

/* Does a source ask for one? */
bool pci_is_asked_for(const char *text);

/* The source without it. Caller frees. */
char *pci_without(const char *text);

/*
 * The proxy as a source of its own; @text asks for it, and @all are the device's
 * sources one behind the other. Caller frees. NULL with STATUS_MISUSE, or where
 * device_render_one() fails.
 */
char *pci_written_out(const char *name, const char *text, const char *all, GError **error);

#endif
