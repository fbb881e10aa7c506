/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The words that lines of KTAP are made of. */
#ifndef KC_KERNEL_KTAP_LINE_H
#define KC_KERNEL_KTAP_LINE_H

#include <glib.h>
#include <stdbool.h>

/* A number as digits; -1 if there is none, or too great a one. Moves *at behind it. */
gint64 ktap_number(const char **at);

const char *ktap_skip_spaces(const char *text);

/*
 * The '#' of a directive such as "# SKIP": NULL if @text has none. A name may
 * hold one that opens no directive, or, escaped, that would.
 */
const char *ktap_directive(const char *text, const char *word);

/* What follows the directive's word. Caller frees. */
char *ktap_directive_reason(const char *hash, const char *word);

/* What follows @word, if the line opens with it and a blank, or ends there. */
const char *ktap_behind(const char *line, const char *word);

bool ktap_is_version(const char *line);

#endif
