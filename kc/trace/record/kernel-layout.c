/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "trace/record/kernel-layout.h"
#include "base/status.h"
#include "kernel/virtqueue.h"

#include <stdio.h>

struct release_row {
	unsigned first, last; /* version * 1000 + patchlevel */
	struct kernel_layout layout;
};

static const struct release_row releases[] = {
	{6001,
	 6003,
	 {
		 .vdev = 32,
		 .index = 40,
		 .num_free = 44,
		 .packed_ring = 72,
		 .free_head = 80,
		 .last_used_idx = 88,
		 .ring_num = 96,
		 .packed_wrap = 128,
		 .split_avail = 130,
		 .packed_next = 132,
	 }},
	{6004,
	 6019,
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
	{7000,
	 7003,
	 {
		 .vdev = 32,
		 .index = 40,
		 .num_free = 44,
		 .packed_ring = 72,
		 .free_head = 76,
		 .last_used_idx = 92,
		 .last_used = 94,
		 .ring_num = 104,
		 .packed_wrap = 136,
		 .split_avail = 138,
		 .packed_next = 140,
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

static const struct field {
	const char *structure, *path;
	size_t offset;
	bool may_lack; /* where it has no such member, it has no such feature */
} fields[] = {
	{VIRTIO_DEVICE_INDEX, offsetof(struct kernel_layout, device_index), false},
	{VIRTQUEUE_VDEV, offsetof(struct kernel_layout, vdev), false},
	{VIRTQUEUE_INDEX, offsetof(struct kernel_layout, index), false},
	{VIRTQUEUE_NUM_FREE, offsetof(struct kernel_layout, num_free), false},
	{VRING_PACKED, offsetof(struct kernel_layout, packed_ring), false},
	{VRING_FREE_HEAD, offsetof(struct kernel_layout, free_head), false},
	{VRING_LAST_USED_IDX, offsetof(struct kernel_layout, last_used_idx), false},
	{VRING_LAST_USED, offsetof(struct kernel_layout, last_used), true},
	{VRING_SPLIT_NUM, offsetof(struct kernel_layout, ring_num), false},
	{VRING_SPLIT_AVAIL, offsetof(struct kernel_layout, split_avail), false},
	{VRING_PACKED_WRAP, offsetof(struct kernel_layout, packed_wrap), false},
	{VRING_PACKED_NEXT, offsetof(struct kernel_layout, packed_next), false},
};

static bool find_offset(const struct kernel_types *types, const struct field *field,
			guint32 *offset)
{
	struct kernel_field found;

	if (!kernel_types_field(types, field->structure, field->path, &found) ||
	    found.offset >= G_MAXUINT16)
		return false;
	*offset = found.offset;
	return true;
}

static bool lacks(const struct kernel_types *types, const struct field *field, GError **error)
{
	if (kernel_types_size(types, field->structure))
		g_set_error(error, STATUS_ERROR, STATUS_NOT_CARRIED,
			    "the guest's kernel has no %s in its struct %s: its virtqueues are "
			    "of a kind that kc does not know yet",
			    field->path, field->structure);
	else
		g_set_error(error, STATUS_ERROR, STATUS_NOT_CARRIED,
			    "what describes the types of the guest's kernel has no struct %s: if "
			    "virtio_ring is a module, it must have BTF of its own "
			    "(CONFIG_DEBUG_INFO_BTF_MODULES)",
			    field->structure);
	return false;
}

/* Whether the ring is packed or not, its size is read from one place. */
static bool check_num(const struct kernel_types *types, const struct kernel_layout *layout,
		      GError **error)
{
	struct kernel_field packed;

	if (kernel_types_field(types, VRING_PACKED_NUM, &packed) &&
	    packed.offset == layout->ring_num)
		return true;
	g_set_error(error, STATUS_ERROR, STATUS_NOT_CARRIED,
		    "the guest's kernel keeps the size of split and packed rings in different "
		    "places: its virtqueues are of a kind that kc does not know yet");
	return false;
}

bool kernel_layout_describe(struct kernel_layout *layout, const struct kernel_types *types,
			    GError **error)
{
	*layout = (struct kernel_layout){0};
	for (size_t i = 0; i < G_N_ELEMENTS(fields); i++) {
		const struct field *field = &fields[i];

		if (!find_offset(types, field, (guint32 *)((char *)layout + field->offset)) &&
		    !field->may_lack)
			return lacks(types, field, error);
	}
	return check_num(types, layout, error);
}
