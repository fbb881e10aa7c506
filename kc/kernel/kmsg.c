/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "kernel/kmsg.h"
#include "base/status.h"

#include <stdlib.h>
#include <string.h>

size_t kmsg_length(const char *data, size_t len)
{
	const char *at = data;
	const char *newline;

	while ((newline = memchr(at, '\n', data + len - at))) {
		at = newline + 1;
		if (at == data + len || *at != ' ')
			return at - data;
	}
	return len;
}

/* A number that ends in @end; moves @at behind that. */
static bool take_number(const char **at, char end, guint64 *number)
{
	char *rest;

	if (!g_ascii_isdigit(**at))
		return false;
	*number = g_ascii_strtoull(*at, &rest, 10);
	if (*rest != end)
		return false;
	*at = rest + 1;
	return true;
}

static void take_caller(struct kmsg *kmsg, const char *fields)
{
	const char *caller = strstr(fields, ",caller=");

	if (caller) {
		caller += strlen(",caller=");
		g_strlcpy(kmsg->caller, caller,
			  MIN(strcspn(caller, ",") + 1, sizeof(kmsg->caller)));
	}
}

/* "PRIO,SEQ,USEC,FLAGS[,...]"; fields that a later kernel adds are let be. */
static bool take_header(struct kmsg *kmsg, const char *header)
{
	const char *at = header;
	guint64 prio;

	if (!take_number(&at, ',', &prio) || !take_number(&at, ',', &kmsg->seq) ||
	    !take_number(&at, ',', &kmsg->usec) || prio > 0xffff)
		return false;
	kmsg->level = prio & 7;
	kmsg->facility = prio >> 3;
	kmsg->fragment = *at == 'c';
	take_caller(kmsg, at);
	return true;
}

/* The kernel writes what is not printable, and the backslash, as "\x0a". */
static char *unescape(const char *text, size_t len)
{
	GString *out = g_string_sized_new(len);

	for (size_t i = 0; i < len; i++) {
		if (text[i] == '\\' && i + 3 < len && text[i + 1] == 'x' &&
		    g_ascii_isxdigit(text[i + 2]) && g_ascii_isxdigit(text[i + 3])) {
			g_string_append_c(out, g_ascii_xdigit_value(text[i + 2]) << 4 |
						       g_ascii_xdigit_value(text[i + 3]));
			i += 3;
		} else {
			g_string_append_c(out, text[i]);
		}
	}
	/* A string ends where a NUL is, wherever that came from. */
	for (char *nul; (nul = memchr(out->str, '\0', out->len));)
		*nul = '?';
	return g_string_free(out, FALSE);
}

bool kmsg_parse(struct kmsg *kmsg, const char *data, size_t len, GError **error)
{
	const char *semicolon = memchr(data, ';', len);
	size_t header_len = semicolon ? (size_t)(semicolon - data) : 0;
	g_autofree char *header = g_strndup(data, header_len);
	const char *text = semicolon ? semicolon + 1 : NULL;
	const char *end = data + len;
	const char *newline;

	*kmsg = (struct kmsg){0};
	if (!semicolon || !take_header(kmsg, header)) {
		g_set_error(
			error, STATUS_ERROR, STATUS_AGENT_LOST,
			"the agent sent something that is not a record of the kernel's log: '%.40s'",
			header);
		return false;
	}
	newline = memchr(text, '\n', end - text);
	kmsg->text = unescape(text, (newline ? newline : end) - text);
	return true;
}

void kmsg_clear(struct kmsg *kmsg)
{
	g_clear_pointer(&kmsg->text, g_free);
}

/* "[ TEXT] ": returns what follows; NULL if @line opens with no such thing. */
static const char *skip_bracket(const char *line, const char *kinds)
{
	size_t blanks, len;

	if (*line != '[')
		return NULL;
	blanks = strspn(line + 1, " ");
	len = strspn(line + 1 + blanks, kinds);
	if (len == 0 || line[1 + blanks + len] != ']')
		return NULL;
	return line + blanks + len + 2;
}

static guint64 read_stamp(const char *text)
{
	char *point;
	guint64 usec = g_ascii_strtoull(text, &point, 10) * G_USEC_PER_SEC;

	return usec + (*point == '.' ? g_ascii_strtoull(point + 1, NULL, 10) : 0);
}

const char *kmsg_skip_stamp(const char *line, guint64 *usec)
{
	const char *rest = skip_bracket(line, "0123456789.");
	const char *caller;

	if (usec)
		*usec = rest ? read_stamp(line + 1) : 0;
	if (!rest)
		return line;
	caller = skip_bracket(rest, "TC0123456789");
	if (caller)
		rest = caller;
	return *rest == ' ' ? rest + 1 : rest;
}
