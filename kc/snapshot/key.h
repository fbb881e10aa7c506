/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What a saved machine depends on. Two machines have the same key only if the
 * same files, unchanged since, and the same command line made them.
 */
#ifndef KC_SNAPSHOT_KEY_H
#define KC_SNAPSHOT_KEY_H

#include "vm/machine.h"

/*
 * A file's identity and last change: it is another one when it was written to,
 * replaced or touched. "absent" where there is none. Caller frees.
 */
char *snapshot_fingerprint(const char *file);

/* Each file that the machine starts from; NULL-terminated. Caller frees with g_strfreev(). */
char **snapshot_inputs(const struct machine *machine);

/* 64 hexadecimal digits. Caller frees. */
char *snapshot_key(const struct machine *machine);

#endif
