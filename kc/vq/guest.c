/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "vq/guest.h"
#include "base/status.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define WORDS_MAX 4096 /* read by one command */
#define VECTOR_BYTES 16
#define VECTOR_MASKED 1

struct range {
	guint64 from, to; /* inclusive */
	bool ram;
	char *name;
	char *owner; /* QOM path or id; or NULL */
};

struct vq_guest {
	struct vq_memory memory;
	struct qmp *qmp;
	GPtrArray *ranges; /* of struct range */
};

static void range_free(void *data)
{
	struct range *range = data;

	g_free(range->name);
	g_free(range->owner);
	g_free(range);
}

/* "path=/machine/..." or "id=..." in "owner:{dev path=/machine/...}" */
static char *parse_owner(const char *line)
{
	const char *owner = strstr(line, " owner:{dev ");
	const char *from = owner ? strchr(owner, '=') : NULL;
	const char *to = from ? strchr(from, '}') : NULL;

	return to ? g_strndup(from + 1, to - from - 1) : NULL;
}

/* "  0000000000000000-00000000000bffff (prio 0, ram): pc.ram owner:{...}" */
static struct range *parse_range(const char *line)
{
	char kind[16], name[64];
	struct range *range;
	guint64 from, to;

	if (sscanf(line,
		   " %" G_GINT64_MODIFIER "x-%" G_GINT64_MODIFIER "x (prio %*d, %15[^)]): %63s",
		   &from, &to, kind, name) != 4 ||
	    from > to)
		return NULL;
	range = g_new(struct range, 1);
	*range = (struct range){from, to, g_str_equal(kind, "ram"), g_strdup(name),
				parse_owner(line)};
	return range;
}

/* The flat view of the address space "memory" alone. */
static void parse_tree(struct vq_guest *guest, const char *text)
{
	g_auto(GStrv) lines = g_strsplit_set(text, "\r\n", -1);
	bool ours = false;

	for (char **line = lines; *line; line++) {
		struct range *range;

		if (g_str_has_prefix(*line, "FlatView"))
			ours = false;
		else if (g_str_has_prefix(*line, " AS \"memory\""))
			ours = true;
		else if (ours && (range = parse_range(*line)))
			g_ptr_array_add(guest->ranges, range);
	}
}

static bool is_ram(const struct vq_guest *guest, guint64 address, size_t len)
{
	for (guint i = 0; i < guest->ranges->len; i++) {
		const struct range *range = g_ptr_array_index(guest->ranges, i);

		if (!range->ram || address < range->from || address > range->to)
			continue;
		if (len <= 1 || len - 1 <= range->to - address)
			return true;
		/* It may go on in the next one. */
		return is_ram(guest, range->to + 1, len - (range->to - address + 1));
	}
	return false;
}

/* "0000000000001000: 0x0123456789abcdef 0x..." in lines. Returns how many bytes came. */
static size_t parse_words(const char *text, guint8 *to, size_t len)
{
	size_t got = 0;

	for (const char *at = text; got < len && (at = strstr(at, " 0x")); at++) {
		guint64 word = GUINT64_TO_LE(g_ascii_strtoull(at + 1, NULL, 16));
		size_t part = MIN(len - got, sizeof(word));

		memcpy(to + got, &word, part);
		got += part;
	}
	return got;
}

static bool read_words(struct vq_guest *guest, guint64 address, guint8 *to, size_t len)
{
	g_autofree char *line = g_strdup_printf("xp /%zugx 0x%" G_GINT64_MODIFIER "x",
						(len + 7) / 8, address);
	g_autofree char *text = qmp_monitor(guest->qmp, line, NULL);

	return text && parse_words(text, to, len) == len;
}

static bool guest_read(struct vq_memory *memory, guint64 address, void *to, size_t len)
{
	struct vq_guest *guest = (struct vq_guest *)memory;

	if (!is_ram(guest, address, len))
		return false;
	for (size_t done = 0; done < len; done += WORDS_MAX * 8)
		if (!read_words(guest, address + done, (guint8 *)to + done,
				MIN(len - done, WORDS_MAX * 8)))
			return false;
	return true;
}

static bool guest_cpu(struct vq_memory *memory, struct cpu *cpu)
{
	return cpu_read(((struct vq_guest *)memory)->qmp, cpu);
}

struct vq_guest *vq_guest_new(struct qmp *qmp, GError **error)
{
	g_autofree char *text = qmp_monitor(qmp, "info mtree -f -o", error);
	struct vq_guest *guest;

	if (!text)
		return NULL;
	guest = g_new0(struct vq_guest, 1);
	guest->memory.read = guest_read;
	guest->memory.cpu = guest_cpu;
	guest->qmp = qmp;
	guest->ranges = g_ptr_array_new_with_free_func(range_free);
	parse_tree(guest, text);
	if (guest->ranges->len)
		return guest;
	g_set_error(error, STATUS_ERROR, STATUS_QEMU_DIED,
		    "QEMU's 'info mtree' does not tell where the guest's memory is");
	vq_guest_free(guest);
	return NULL;
}

void vq_guest_free(struct vq_guest *guest)
{
	if (!guest)
		return;
	g_ptr_array_unref(guest->ranges);
	g_free(guest);
}

struct vq_memory *vq_guest_memory(struct vq_guest *guest)
{
	return &guest->memory;
}

/* Owners are told by path, or by id where they have one: the last part of the path. */
static const struct range *find_range(const struct vq_guest *guest, const char *owner,
				      const char *name)
{
	const char *id = strrchr(owner, '/');

	for (guint i = 0; i < guest->ranges->len; i++) {
		const struct range *range = g_ptr_array_index(guest->ranges, i);

		if (!range->ram && range->owner && g_str_equal(range->name, name) &&
		    (g_str_equal(range->owner, owner) ||
		     (id && g_str_has_prefix(owner, "/machine/peripheral/") &&
		      g_str_equal(range->owner, id + 1))))
			return range;
	}
	return NULL;
}

static bool read_register(struct vq_guest *guest, const struct range *range, guint64 offset,
			  unsigned words, guint8 *to)
{
	g_autofree char *line = NULL;
	g_autofree char *text = NULL;

	if (!range || offset + words * 8 - 1 > range->to - range->from)
		return false;
	line = g_strdup_printf("xp /%ugx 0x%" G_GINT64_MODIFIER "x", words, range->from + offset);
	text = qmp_monitor(guest->qmp, line, NULL);
	return text && parse_words(text, to, words * 8) == words * 8;
}

struct vq_vector vq_guest_vector(struct vq_guest *guest, const char *owner, unsigned number)
{
	const struct range *table = find_range(guest, owner, "msix-table");
	const struct range *pba = find_range(guest, owner, "msix-pba");
	guint8 entry[VECTOR_BYTES], bits[8];
	struct vq_vector vector = {0};

	if (!read_register(guest, table, (guint64)number * VECTOR_BYTES, 2, entry) ||
	    !read_register(guest, pba, number / 64 * 8, 1, bits))
		return vector;
	vector.known = true;
	vector.masked = vq_le32(entry + 12) & VECTOR_MASKED;
	vector.pending = bits[number % 64 / 8] >> number % 8 & 1;
	vector.address = vq_le32(entry) | (guint64)vq_le32(entry + 4) << 32;
	vector.data = vq_le32(entry + 8);
	return vector;
}
