/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The words of the guest's kernel and of QEMU. Anybody in the guest can print
 * to its console: what is read there is quoted as what it is.
 */
#define _GNU_SOURCE /* strcasestr() */
#include "vq-finding.h"

#include <string.h>

/* Without the mark of a quotation, as console_tail() puts it. */
static char *copy_line(char *line)
{
	line = g_strstrip(line);
	return g_strdup(g_str_has_prefix(line, "| ") ? line + 2 : line);
}

/* The newest line that @is_it holds for. Caller frees. */
static char *find_line(const char *text, bool (*is_it)(const char *line, const char *name),
		       const char *name)
{
	g_auto(GStrv) lines = g_strsplit(text ? text : "", "\n", -1);

	for (guint i = g_strv_length(lines); i > 0; i--)
		if (is_it(lines[i - 1], name))
			return copy_line(lines[i - 1]);
	return NULL;
}

/* Whether a word of @line begins with @start: "used", and not "refused". */
static bool has_word(const char *line, const char *start)
{
	for (const char *at = line; (at = strcasestr(at, start)); at++)
		if (at == line || !g_ascii_isalnum(at[-1]))
			return true;
	return false;
}

static bool has_one(const char *line, const char *const *starts)
{
	for (; *starts; starts++)
		if (has_word(line, *starts))
			return true;
	return false;
}

/* "id 64 out of range", "id 3 is not a head!": virtqueue_get_buf() of Linux */
static bool is_used_id(const char *line, const char *name)
{
	const char *of = strstr(line, name);
	const char *id = of ? strstr(of, ":id ") : NULL;

	return id && (strstr(id, " out of range") || strstr(id, " is not a head"));
}

/* Each driver has its own words for what it refuses. */
static bool is_used_length(const char *line, const char *name)
{
	static const char *const lengths[] = {"used", "len", "bytes", "short", "truncate", NULL};
	static const char *const refusals[] = {"refus",	   "reject",	 "invalid",   "bad",
					       "wrong",	   "unexpected", "too long",  "too short",
					       "too big",  "too small",	 "too large", "exceed",
					       "mismatch", "expected",	 "larger",    "smaller",
					       "short",	   "corrupt",	 NULL};
	const char *of = strstr(line, name);

	if (!of || is_used_id(line, name))
		return false;
	of += strlen(name);
	return (has_word(of, "used") && has_word(of, "len")) ||
	       (has_one(of, lengths) && has_one(of, refusals));
}

static bool is_of_virtio(const char *line, const char *name)
{
	static const char *const words[] = {"virt", "descriptor", "buffer", NULL};

	(void)name;
	return has_one(line, words);
}

static bool is_any(const char *line, const char *name)
{
	(void)name;
	return strchr(line, ':');
}

static bool is_panic(const char *line, const char *name)
{
	(void)name;
	return strstr(line, "Kernel panic - not syncing");
}

bool vq_said_panic(const struct vq_said *said)
{
	g_autofree char *line = find_line(said->console, is_panic, NULL);

	return line;
}

void vq_quote_qemu(struct vq_finding *finding, const struct vq_said *said)
{
	g_autofree char *line = find_line(said ? said->qemu : NULL, is_of_virtio, NULL);

	if (!line)
		line = find_line(said ? said->qemu : NULL, is_any, NULL);
	if (line)
		vq_evidence(finding, "QEMU said: %s", line);
}

/* The ring itself tells what the driver stumbled over. */
static bool is_seen_in_ring(const struct vq_device *device)
{
	for (guint i = 0; i < device->queues->len; i++) {
		const struct vq_queue *queue = g_ptr_array_index(device->queues, i);

		if (queue->driver.broken && queue->driver.next_known)
			return true;
	}
	return false;
}

void vq_judge_said(struct vq_case *this, const struct vq_said *said)
{
	g_autofree char *name = g_strdup_printf("virtio%d:", this->device->guest_index);
	g_autofree char *id = NULL;
	g_autofree char *length = NULL;

	if (!said || this->device->guest_index < 0)
		return;
	id = find_line(said->console, is_used_id, name);
	length = find_line(said->console, is_used_length, name);
	if (id && !is_seen_in_ring(this->device))
		vq_evidence(vq_find(this, VQ_WRONG, "used-id",
				    "the driver refused the id of a completed buffer"),
			    "by its own words: %s", id);
	if (length)
		vq_evidence(vq_find(this, VQ_WRONG, "used-length",
				    "the driver refused the used length of a buffer"),
			    "by its own words: %s", length);
}
