/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The kernel's command line, as Linux lib/cmdline.c parts it: at blanks outside of '"'. */
#ifndef EARLY_WORDS_H
#define EARLY_WORDS_H

#include <stdbool.h>

/* Reads it from /proc, which is mounted for that alone. Without one there is no word. */
void words_read(void);

/*
 * Begin with *at = NULL. The next word before "--", which is valid until the program ends; NULL
 * behind the last.
 */
const char *words_next(char **at);

/* What is behind "NAME=" in the last word that begins so; or NULL. */
const char *words_value(const char *name);

/* PARAMETER... of @word, where that is "NAME.PARAMETER..." of the module @name; or NULL. */
const char *words_parameter(const char *word, const char *name);

#endif
