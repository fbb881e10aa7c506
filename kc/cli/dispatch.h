/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef KC_CLI_DISPATCH_H
#define KC_CLI_DISPATCH_H

#include "cli/command.h"

/* Parses @argv, which begins behind the command's name, and runs it. */
int command_dispatch(const struct command *const *commands, const struct command *command,
		     char **argv);

#endif
