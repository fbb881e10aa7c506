/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "base/quote.h"

#include <stdbool.h>
#include <string.h>

static bool is_plain(const char *word)
{
	static const char plain[] = "abcdefghijklmnopqrstuvwxyz"
				    "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
				    "0123456789%+,-./:=@_";

	return *word && word[strspn(word, plain)] == '\0';
}

char *quote_shell(const char *word)
{
	return is_plain(word) ? g_strdup(word) : g_shell_quote(word);
}

char *quote_printable(const char *text)
{
	g_autofree char *valid = g_utf8_make_valid(text, -1);
	GString *out = g_string_new(NULL);

	for (const char *at = valid; *at; at = g_utf8_next_char(at)) {
		gunichar letter = g_utf8_get_char(at);

		if (letter == '\t')
			g_string_append_c(out, ' ');
		else
			g_string_append_unichar(out, g_unichar_isprint(letter) ? letter : '?');
	}
	return g_string_free(out, FALSE);
}

char *quote_qemu(const char *value)
{
	GString *out = g_string_new(value);

	g_string_replace(out, ",", ",,", 0);
	return g_string_free(out, FALSE);
}

char *quote_command(char *const *argv)
{
	GString *out = g_string_new(NULL);

	for (int i = 0; argv[i]; i++) {
		g_autofree char *word = quote_shell(argv[i]);

		if (i > 0)
			g_string_append(out, argv[i][0] == '-' ? " \\\n  " : " ");
		g_string_append(out, word);
	}
	g_string_append_c(out, '\n');
	return g_string_free(out, FALSE);
}
