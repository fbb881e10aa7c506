/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef KC_CLI_TABLE_H
#define KC_CLI_TABLE_H

#include "cli/command.h"

/* NULL-terminated, in the order of the help. */
extern const struct command *const commands[];

#endif
