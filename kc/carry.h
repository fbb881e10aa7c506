/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What goes into a guest before its command, and out of it afterwards. */
#ifndef KC_CARRY_H
#define KC_CARRY_H

#include "lab.h"
#include "options.h"
#include "vm.h"

/* Lists are NULL-terminated, or NULL. */
struct carry {
	const char **modules; /* "NAME|FILE.ko [PARAMETER=VALUE...]", inserted in this order */
	const char **puts; /* HOST[:GUEST] */
	const char **gets; /* GUEST[:HOST] */
	const char *dir; /* what the guest's relative paths are relative to; or NULL */
};

/* --module, --put and --get of a command whose options have @member, a struct carry. */
/* clang-format off */
#define CARRY_ROWS(type, member)                                                        \
	{"module", 0, "NAME|FILE.ko",                                                   \
	 "insert a module of the lab's, or a file, first; 'NAME PARAMETER=VALUE' gives " \
	 "it parameters; may be repeated",                                              \
	 option_list, offsetof(type, member.modules)},                                  \
	{"put", 0, "HOST[:GUEST]", "copy a file into the guest first; may be repeated", \
	 option_list, offsetof(type, member.puts)},                                     \
	{"get", 0, "GUEST[:HOST]", "copy a file out of the guest afterwards; may be repeated", \
	 option_list, offsetof(type, member.gets)}
/* clang-format on */

/* Before anything is started: what is missing now is missing after a boot, too. */
bool carry_check(const struct carry *carry, const struct lab *lab, GError **error);

bool carry_in(struct vm *vm, const struct carry *carry, const struct lab *lab, gint64 deadline,
	      GError **error);
bool carry_out(struct vm *vm, const struct carry *carry, gint64 deadline, GError **error);

#endif
