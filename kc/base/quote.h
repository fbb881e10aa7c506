/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Putting strings into a form that a shell, or QEMU's option parser, reads back. */
#ifndef KC_BASE_QUOTE_H
#define KC_BASE_QUOTE_H

#include <glib.h>

/* One word for a POSIX shell; plain words stay as they are. Caller frees. */
char *quote_shell(const char *word);

/* What a guest said, fit for a terminal: valid UTF-8, no control characters. Caller frees. */
char *quote_printable(const char *text);

/* A value inside a QEMU option such as file=VALUE: commas are doubled. Caller frees. */
char *quote_qemu(const char *value);

/*
 * The whole of @argv as one command, an option and its values on a line, each
 * line but the last ending in a backslash; with a final newline. Caller frees.
 */
char *quote_command(char *const *argv);

#endif
