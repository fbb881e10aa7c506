/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The words of the guest's kernel and of QEMU. Anybody in the guest can print
 * to its console: what is read there is quoted as what it is.
 */
#define _GNU_SOURCE /* strcasestr() */
#include "vq-finding.h"

#include <string.h>

/* The newest line that @is_it holds for. Caller frees. */
static char *find_line(const char *text, bool (*is_it)(const char *line, const char *name),
		       const char *name)
{
	g_auto(GStrv) lines = g_strsplit(text ? text : "", "\n", -1);

	for (guint i = g_strv_length(lines); i > 0; i--)
		if (is_it(lines[i - 1], name))
			return g_strdup(g_strstrip(lines[i - 1]));
	return NULL;
}

/* "id 64 out of range", "id 3 is not a head!": virtqueue_get_buf() of Linux */
static bool is_used_id(const char *line, const char *name)
{
	const char *of = strstr(line, name);
	const char *id = of ? strstr(of, ":id ") : NULL;

	return id && (strstr(id, " out of range") || strstr(id, " is not a head"));
}

static bool is_used_length(const char *line, const char *name)
{
	const char *of = strstr(line, name);

	return of && strcasestr(of, "used") && strcasestr(of, "len");
}

static bool is_of_virtio(const char *line, const char *name)
{
	(void)name;
	return strcasestr(line, "virt") || strcasestr(line, "descriptor") ||
	       strcasestr(line, "buffer");
}

void vq_quote_qemu(struct vq_finding *finding, const struct vq_said *said)
{
	g_autofree char *line = find_line(said ? said->qemu : NULL, is_of_virtio, NULL);

	if (line)
		vq_evidence(finding, "QEMU said: %s", line);
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
	if (id)
		vq_evidence(vq_find(this, VQ_WRONG, "used-id",
				    "the driver refused the id of a completed buffer"),
			    "the guest printed: %s", id);
	if (length)
		vq_evidence(vq_find(this, VQ_WRONG, "used-length",
				    "the driver refused the used length of a buffer"),
			    "the guest printed: %s", length);
}
