/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What goes into a guest before its command, and out of it afterwards. */
#ifndef KC_VM_TRANSFER_H
#define KC_VM_TRANSFER_H

#include "lab/lab.h"
#include "base/options.h"
#include "vm/vm.h"

/* Lists are NULL-terminated, or NULL. */
struct transfer {
	const char **modules; /* as module_parse() takes them, inserted in this order */
	const char **puts; /* HOST[:GUEST] */
	const char **gets; /* GUEST[:HOST] */
	const char
		*host_dir; /* what the host's relative paths are relative to; NULL: the current */
	const char *dir; /* what the guest's relative paths are relative to; or NULL */
};

/* --module, --put and --get of a command whose options have @member, a struct transfer. */
/* clang-format off */
#define TRANSFER_ROWS(type, member)                                                        \
	{"module", 0, "NAME|FILE.ko",                                                   \
	 "insert a module of the lab's, or a file (.ko.xz and .ko.zst, too), first, in place " \
	 "of one of its name that the guest has loaded; "                                \
	 "'NAME PARAMETER=VALUE' gives it parameters, split as a shell does; may be repeated", \
	 option_list, offsetof(type, member.modules)},                                  \
	{"put", 0, "HOST[:GUEST]", "copy a file into the guest first; may be repeated", \
	 option_list, offsetof(type, member.puts)},                                     \
	{"get", 0, "GUEST[:HOST]", "copy a file out of the guest afterwards; may be repeated", \
	 option_list, offsetof(type, member.gets)}
/* clang-format on */

/* The host's files that are put. Caller frees with g_strfreev(). */
char **transfer_put_files(const struct transfer *transfer);

/* Before anything is started: what is missing now is missing after a boot, too. */
bool transfer_check(const struct transfer *transfer, const struct lab *lab, GError **error);

/* The modules, opened: of struct module. NULL with @error; caller unrefs. */
GArray *transfer_modules(const struct transfer *transfer, const struct lab *lab, GError **error);

bool transfer_in(struct vm *vm, const struct transfer *transfer, const struct lab *lab,
		 gint64 deadline, GError **error);

/*
 * After a command that ended with @status: what cannot be fetched is told, and an
 * error (STATUS_NOT_CARRIED) only where the command has none of its own.
 */
bool transfer_out(struct vm *vm, const struct transfer *transfer, int status, gint64 deadline,
		  GError **error);

/*
 * After a command that was given up for @cause, the time limit or a signal, in a
 * guest that may still answer: kills it, and fetches what there is, within limits.
 * Returns false with @error where the command has not ended.
 */
bool transfer_salvage(struct vm *vm, const struct transfer *transfer, const GError *cause,
		      GError **error);
bool transfer_may_salvage(const GError *cause);

#endif
