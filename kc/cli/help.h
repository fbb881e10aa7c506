/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Commands as text for a person, for man and for bash. */
#ifndef KC_CLI_HELP_H
#define KC_CLI_HELP_H

#include "cli/command.h"

void help_overview(const struct command *const *commands, FILE *out);
void help_command(const struct command *command, FILE *out);
void help_man(const struct command *const *commands, FILE *out);
void help_bash(const struct command *const *commands, FILE *out);

#endif
