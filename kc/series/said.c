/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "series/said.h"
#include "base/quote.h"
#include "base/status.h"

#include <string.h>

#define WHY_MAX 300 /* characters; the log has it all */

/* A line of its own, which can be printed. Takes @line. */
static char *plain(char *line)
{
	g_autofree char *taken = line;
	g_autofree char *valid = g_utf8_make_valid(taken, -1);
	g_autofree char *safe = quote_printable(g_strstrip(valid));

	return g_utf8_substring(safe, 0, MIN(g_utf8_strlen(safe, -1), WHY_MAX));
}

/* The first, or the last, that @pattern finds in @text; NULL: none. */
static char *find(const char *text, const char *pattern, bool last)
{
	g_autoptr(GRegex) regex = g_regex_new(
		pattern, G_REGEX_MULTILINE | G_REGEX_RAW | G_REGEX_OPTIMIZE, 0, NULL);
	g_autoptr(GMatchInfo) match = NULL;
	char *found = NULL;

	g_assert(regex);
	g_regex_match(regex, text, 0, &match);
	while (g_match_info_matches(match) && (last || !found)) {
		g_free(found);
		found = g_match_info_fetch(match, 1);
		g_match_info_next(match, NULL);
	}
	return found ? plain(found) : NULL;
}

static char *read_log(const char *log)
{
	char *text = NULL;

	return g_file_get_contents(log, &text, NULL, NULL) ? text : g_strdup("");
}

/* kc test ends with a paragraph for each test that failed; kc run says "kc: ...". */
char *said_by_test(const char *log, enum outcome_kind kind, int status)
{
	static const char own[] = "^kc: (?!see 'kc)([^\n]*)$";
	static const char *const tests[] = {
		"^#\n# ([^\n]*)$",
		"^ok [0-9]+ ([^\n]* # SKIP [^\n]*)$",
	};
	g_autofree char *text = NULL;
	char *found = NULL;

	if (kind == OUTCOME_PASS)
		return g_strdup("");
	text = read_log(log);
	for (size_t i = 0; !found && i < G_N_ELEMENTS(tests); i++)
		found = find(text, tests[i], false);
	/* Where the status is the command's own, kc has only announced things. */
	if (!found && status >= STATUS_MISUSE)
		found = find(text, own, true);
	if (!found && (status == 126 || status == 127))
		return g_strdup_printf("the guest cannot start the command (%d)", status);
	return found ? found : g_strdup_printf("the command ended with %d", status);
}

char *said_by_build(const char *log)
{
	static const char *const wrong[] = {
		"^([^\n]*: (?:fatal )?error: [^\n]*)$",
		"^((?:ERROR|FAILED|kernelcraft|[^\n]*undefined reference)[: ][^\n]*)$",
		"^([^\n]*does not apply[^\n]*)$",
		"^([^\n]*\\*\\*\\* [^\n]*)$",
	};
	g_autofree char *text = read_log(log);
	char *found = NULL;

	for (size_t i = 0; !found && i < G_N_ELEMENTS(wrong); i++)
		found = find(text, wrong[i], false);
	return found ? found : g_strdup("see the log");
}
