/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A firmware of its own for the question whether a virtual CPU works at all. */
#ifndef KC_LAB_PROBE_ROM_H
#define KC_LAB_PROBE_ROM_H

#include <glib.h>

#define PROBE_ROM_BYTES 65536
#define PROBE_ROM_PORT 0xf4 /* where QEMU's isa-debug-exit is expected */
#define PROBE_ROM_VALUE 42 /* what is written there in the end */

/* QEMU's exit status for a value written to isa-debug-exit. */
#define PROBE_ROM_STATUS ((PROBE_ROM_VALUE << 1) | 1)

void probe_rom_fill(guint8 rom[PROBE_ROM_BYTES]);

#endif
