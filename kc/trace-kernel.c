/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "trace-kernel.h"
#include "status.h"

#include <stdio.h>

struct release_row {
	unsigned first, last; /* version * 1000 + patchlevel */
	struct kernel_layout layout;
};

static const struct release_row releases[] = {
	{6011,
	 6017,
	 {
		 .vdev = 32,
		 .index = 40,
		 .num_free = 44,
		 .packed_ring = 64,
		 .free_head = 72,
		 .last_used_idx = 80,
		 .ring_num = 88,
		 .packed_wrap = 120,
		 .split_avail = 122,
		 .packed_next = 124,
	 }},
};

bool kernel_layout_by_release(struct kernel_layout *layout, const char *release)
{
	unsigned version, patchlevel;

	if (sscanf(release, "%u.%u", &version, &patchlevel) != 2 || patchlevel > 999)
		return false;
	for (size_t i = 0; i < G_N_ELEMENTS(releases); i++) {
		unsigned number = version * 1000 + patchlevel;

		if (number < releases[i].first || number > releases[i].last)
			continue;
		*layout = releases[i].layout;
		return true;
	}
	return false;
}

/* A member by its path; a newer kernel may have it by another name. */
static const struct field {
	bool outer; /* of vring_virtqueue, not of virtqueue */
	const char *path, *newer;
	size_t offset;
} fields[] = {
	{false, "vdev", NULL, offsetof(struct kernel_layout, vdev)},
	{false, "index", NULL, offsetof(struct kernel_layout, index)},
	{false, "num_free", NULL, offsetof(struct kernel_layout, num_free)},
	{true, "packed_ring", "layout", offsetof(struct kernel_layout, packed_ring)},
	{true, "free_head", NULL, offsetof(struct kernel_layout, free_head)},
	{true, "last_used_idx", NULL, offsetof(struct kernel_layout, last_used_idx)},
	{true, "split.vring.num", NULL, offsetof(struct kernel_layout, ring_num)},
	{true, "split.avail_idx_shadow", NULL, offsetof(struct kernel_layout, split_avail)},
	{true, "packed.avail_wrap_counter", NULL, offsetof(struct kernel_layout, packed_wrap)},
	{true, "packed.next_avail_idx", NULL, offsetof(struct kernel_layout, packed_next)},
};

static bool follow(layout_member member, void *describer, const void *type, const char *path,
		   guint32 *offset)
{
	g_auto(GStrv) names = g_strsplit(path, ".", -1);
	guint64 bits = 0;

	for (int i = 0; names[i]; i++) {
		guint64 within;

		if (!member(describer, type, names[i], &within, &type))
			return false;
		bits += within;
	}
	*offset = bits / 8;
	return bits % 8 == 0 && bits / 8 < G_MAXUINT16;
}

/* Whether the ring is packed or not, its size is read from one place. */
static bool check_num(layout_member member, void *describer, const void *type,
		      const struct kernel_layout *layout)
{
	guint32 packed;

	return follow(member, describer, type, "packed.vring.num", &packed) &&
	       packed == layout->ring_num;
}

bool kernel_layout_describe(struct kernel_layout *layout, layout_member member, void *describer,
			    const void *virtqueue, const void *vring_virtqueue, GError **error)
{
	for (size_t i = 0; i < G_N_ELEMENTS(fields); i++) {
		const struct field *field = &fields[i];
		const void *type = field->outer ? vring_virtqueue : virtqueue;
		guint32 *offset = (guint32 *)((char *)layout + field->offset);

		if (follow(member, describer, type, field->path, offset) ||
		    (field->newer && follow(member, describer, type, field->newer, offset)))
			continue;
		g_set_error(error, STATUS_ERROR, STATUS_NOT_CARRIED,
			    "the guest's kernel has no %s in its struct %s: its virtqueues are of "
			    "a kind that kc does not know yet",
			    field->path, field->outer ? "vring_virtqueue" : "virtqueue");
		return false;
	}
	if (check_num(member, describer, vring_virtqueue, layout))
		return true;
	g_set_error(error, STATUS_ERROR, STATUS_NOT_CARRIED,
		    "the guest's kernel keeps the size of split and packed rings in different "
		    "places: its virtqueues are of a kind that kc does not know yet");
	return false;
}
