/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The command table as text for a person, for man and for bash. */
#ifndef KC_HELP_H
#define KC_HELP_H

#include "command.h"

void help_overview(FILE *out);
void help_command(const struct command *command, FILE *out);
void help_man(FILE *out);
void help_bash(FILE *out);

#endif
