/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A command in a guest of its own, as kc run and kc trace have it: what both
 * take, check and do around it, and what the kernel's complaints make of its end.
 */
#ifndef KC_CLI_GUEST_COMMAND_H
#define KC_CLI_GUEST_COMMAND_H

#include "vm/launch.h"
#include "vm/transfer.h"

struct guest_command {
	struct launch_options launch;
	struct transfer transfer;
	const char **env;
	const char **allow;
	bool cold;
	bool phases; /* say what the time went to */
};

/* Of a command whose options have @member, a struct guest_command. */
/* clang-format off */
#define GUEST_COMMAND_ROWS(type, member)                                                 \
	TRANSFER_ROWS(type, member.transfer),                                            \
	{"env", 'e', "NAME=VALUE", "set a variable for the command; may be repeated",    \
	 option_list, offsetof(type, member.env)},                                       \
	{"dir", 0, "FOLDER", "the command's working directory", option_string,           \
	 offsetof(type, member.transfer.dir)},                                           \
	{"cold", 0, NULL, "boot, rather than go on from a saved machine", option_on,     \
	 offsetof(type, member.cold)},                                                   \
	{"allow", 0, "'PATTERN | REASON'",                                               \
	 "a complaint of the kernel's that is known, as its first line, with '*' for what " \
	 "varies; may be repeated",                                                      \
	 option_list, offsetof(type, member.allow)}
/* clang-format on */

/* Checks all that can be before anything is started. @example: a whole command line. */
bool guest_command_prepare(const struct guest_command *command, char **operands,
			   const char *example, struct launch *launch, GError **error);

/* Runs the command in @vm, and returns its status, or sets @error. */
typedef int (*guest_command_body)(struct vm *vm, gint64 deadline, void *opaque, GError **error);

/* Starts the machine, runs @body in it and judges what came of both. */
int guest_command_run(const struct guest_command *command, const struct launch *launch,
		      guest_command_body body, void *opaque, GError **error);

#endif
