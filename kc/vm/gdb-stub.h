/* SPDX-License-Identifier: GPL-2.0-or-later */
/* QEMU's gdbstub on a socket that nobody else finds and that leaves no file. */
#ifndef KC_VM_GDB_STUB_H
#define KC_VM_GDB_STUB_H

#include "vm/qmp.h"

#include <stdbool.h>

struct gdb_stub;

struct gdb_stub *gdb_stub_open(struct qmp *qmp, GError **error);

/* No further gdb can connect; what is connected stays so. */
void gdb_stub_close(struct gdb_stub *stub);

/* For gdb's `target remote`; good for as long as kc lives. */
const char *gdb_stub_path(const struct gdb_stub *stub);

#endif
