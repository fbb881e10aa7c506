/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "kernel/ktap-line.h"

#include <string.h>

#define NUMBER_MAX G_MAXINT32

/* A number as digits; -1 if there is none, or too great a one. Moves *at behind it. */
gint64 ktap_number(const char **at)
{
	gint64 number = 0;

	if (!g_ascii_isdigit(**at))
		return -1;
	for (; g_ascii_isdigit(**at); ++*at)
		number = MIN(number * 10 + **at - '0', (gint64)NUMBER_MAX + 1);
	return number <= NUMBER_MAX ? number : -1;
}

const char *ktap_skip_spaces(const char *text)
{
	return text + strspn(text, " \t");
}

/*
 * The '#' of a directive such as "# SKIP": NULL if @text has none. A name may
 * hold one that opens no directive, or, escaped, that would.
 */
const char *ktap_directive(const char *text, const char *word)
{
	for (const char *hash = text; (hash = strchr(hash, '#')); hash++) {
		const char *at = ktap_skip_spaces(hash + 1);
		size_t len = strlen(word);
		bool escaped = hash > text && hash[-1] == '\\';

		if (!escaped && g_ascii_strncasecmp(at, word, len) == 0 &&
		    (!g_ascii_isalnum(at[len])))
			return hash;
	}
	return NULL;
}

/* What follows the directive's word. */
char *ktap_directive_reason(const char *hash, const char *word)
{
	const char *reason = ktap_skip_spaces(hash + 1) + strlen(word);

	reason += strspn(reason, ": \t");
	return g_strchomp(g_strdup(reason));
}

/* What follows @word, if the line opens with it and a blank, or ends there. */
const char *ktap_behind(const char *line, const char *word)
{
	size_t len = strlen(word);

	if (strncmp(line, word, len) != 0 || (line[len] && !strchr(" \t", line[len])))
		return NULL;
	return line + len;
}

bool ktap_is_version(const char *line)
{
	return ktap_behind(line, "KTAP version") || ktap_behind(line, "TAP version");
}
