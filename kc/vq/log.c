/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What the guest and QEMU printed: quoted, never judged. Only the kernel writes
 * to its log as the kernel, but anybody in the guest can print to the console.
 */
#include "vq/internal.h"
#include "kernel/kmsg.h"

#include <string.h>

#define QUOTED 2 /* lines of each source, the newest */

/* Without the mark of a quotation, as console_tail() puts it. */
static char *copy_line(const char *line)
{
	while (*line == ' ')
		line++;
	line += g_str_has_prefix(line, "| ") ? 2 : 0;
	return g_strchomp(g_strdup(line));
}

/* Up to QUOTED lines of @text that @fits, the oldest first; of char *. Caller unrefs. */
static GPtrArray *find_lines(const char *text, bool (*fits)(const char *line, const char *name),
			     const char *name)
{
	g_auto(GStrv) lines = g_strsplit(text ? text : "", "\n", -1);
	GPtrArray *found = g_ptr_array_new_with_free_func(g_free);

	for (guint i = g_strv_length(lines); i > 0 && found->len < QUOTED; i--) {
		char *line = copy_line(lines[i - 1]);

		if (*line && fits(line, name))
			g_ptr_array_insert(found, 0, line);
		else
			g_free(line);
	}
	return found;
}

static void quote(struct vq_finding *finding, const GPtrArray *lines, const char *who)
{
	for (guint i = 0; i < lines->len; i++)
		vq_evidence(finding, "%s: %s", who, (const char *)lines->pdata[i]);
}

static bool is_any(const char *line, const char *name)
{
	(void)line, (void)name;
	return true;
}

static bool names_it(const char *line, const char *name)
{
	return strstr(line, name);
}

/* What has the kernel's stamp is in its log, too, where a warning is known to be one. */
static bool is_unstamped(const char *line, const char *name)
{
	guint64 usec;

	return strstr(line, name) && kmsg_skip_stamp(line, &usec) == line;
}

static bool is_panic(const char *line, const char *name)
{
	(void)name;
	return strstr(line, "Kernel panic - not syncing");
}

char *vq_log_panic(const struct vq_log *said)
{
	g_autoptr(GPtrArray) lines = find_lines(said->console, is_panic, NULL);

	return lines->len ? g_strdup(lines->pdata[lines->len - 1]) : NULL;
}

void vq_log_quote_qemu(struct vq_finding *finding, const struct vq_log *said)
{
	g_autoptr(GPtrArray) lines = find_lines(said ? said->qemu : NULL, is_any, NULL);

	quote(finding, lines, "QEMU said");
}

void vq_log_quote_guest(struct vq_case *this, const struct vq_log *said)
{
	g_autofree char *name = g_strdup_printf("virtio%d:", this->device->guest_index);
	g_autoptr(GPtrArray) kernel = NULL;
	g_autoptr(GPtrArray) console = NULL;
	struct vq_finding *finding;

	if (!said || this->device->guest_index < 0)
		return;
	kernel = find_lines(said->kernel, names_it, name);
	console = find_lines(said->console, is_unstamped, name);
	if (!kernel->len && !console->len)
		return;
	finding = vq_find(this, VQ_UNKNOWN, "said",
			  "messages of the guest about this device, quoted and not judged");
	quote(finding, kernel, "its kernel warned");
	quote(finding, console, "on its console, where anyone in the guest can print");
}
