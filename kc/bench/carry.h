/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A program of the host's for a guest that has none of its own: with its libraries in a
 * folder below build/, which the guest mounts over 9p. Copied into the guest's memory
 * they would not fit: those of Debian's fio take 80 MiB.
 */
#ifndef KC_BENCH_CARRY_H
#define KC_BENCH_CARRY_H

#include "vm/launch.h"
#include "vm/vm.h"

struct carry {
	char *folder; /* of the host; NULL: the host has no such program */
	char *program; /* its name */
};

/* Finds @program on the host and puts the folder together where it is missing. */
bool carry_init(struct carry *carry, const struct lab *lab, const char *program, GError **error);
void carry_clear(struct carry *carry);

/* Gives @launch the device by which the folder is reached, where its QEMU has such. */
void carry_attach(const struct carry *carry, struct launch *launch);

/*
 * The words that run it in @vm in place of its name: that alone where the guest has a
 * program of its own. NULL with STATUS_NOT_CARRIED. Caller frees with g_strfreev().
 */
char **carry_words(const struct carry *carry, struct vm *vm, gint64 deadline, GError **error);

#endif
