/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "vq/internal.h"

bool vq_need_event(guint16 event, guint16 new, guint16 old)
{
	return (guint16)(new - event - 1) < (guint16)(new - old);
}

const char *vq_chain_text(enum vq_chain chain)
{
	static const char *const texts[] = {
		[VQ_CHAIN_GOOD] = "good",
		[VQ_CHAIN_LOOP] = "its chain is a loop, or longer than the ring",
		[VQ_CHAIN_OUTSIDE] = "its chain leads outside the descriptor table",
		[VQ_CHAIN_NO_TABLE] = "its indirect table is empty or not in the guest's memory",
		[VQ_CHAIN_EMPTY] = "it has a descriptor of no bytes",
		[VQ_CHAIN_NO_MEMORY] = "a descriptor points outside the guest's memory",
		[VQ_CHAIN_OVERWRITTEN] = "its descriptors have been overwritten by the device",
	};

	return texts[chain];
}

static bool is_sane(const struct vq_place *place)
{
	return place->size > 0 && place->size <= VQ_RING_MAX && place->desc && place->avail &&
	       place->used;
}

void vq_ring_read(struct vq_ring *ring, const struct vq_place *place, struct vq_memory *memory)
{
	*ring = (struct vq_ring){0};
	ring->buffers = g_array_new(FALSE, TRUE, sizeof(struct vq_buffer));
	if (!is_sane(place))
		return;
	if (place->packed)
		vq_packed_read(ring, place, memory);
	else
		vq_split_read(ring, place, memory);
}

void vq_ring_clear(struct vq_ring *ring)
{
	g_clear_pointer(&ring->buffers, g_array_unref);
}
