/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "vq-ring.h"

#include <string.h>

#define DESCRIPTOR_BYTES 16
#define TABLE_MAX 1024 /* descriptors of an indirect table that are followed */

guint16 vq_le16(const guint8 *from)
{
	return from[0] | from[1] << 8;
}

guint32 vq_le32(const guint8 *from)
{
	return vq_le16(from) | (guint32)vq_le16(from + 2) << 16;
}

bool vq_need_event(guint16 event, guint16 new, guint16 old)
{
	return (guint16)(new - event - 1) < (guint16)(new - old);
}

struct vq_descriptor vq_split_descriptor(const guint8 *table, unsigned index)
{
	const guint8 *at = table + (size_t)index * DESCRIPTOR_BYTES;

	return (struct vq_descriptor){vq_le32(at) | (guint64)vq_le32(at + 4) << 32, vq_le32(at + 8),
				      vq_le16(at + 12), vq_le16(at + 14)};
}

/* The id comes before the flags, which the other side waits for. */
struct vq_descriptor vq_packed_descriptor(const guint8 *table, unsigned index)
{
	struct vq_descriptor descriptor = vq_split_descriptor(table, index);
	guint16 id = descriptor.flags;

	descriptor.flags = descriptor.next;
	descriptor.next = id;
	return descriptor;
}

static void spoil(struct vq_buffer *buffer, enum vq_chain chain)
{
	if (buffer->chain == VQ_CHAIN_GOOD)
		buffer->chain = chain;
}

void vq_buffer_count(struct vq_buffer *buffer, const struct vq_descriptor *descriptor,
		     struct vq_memory *memory)
{
	guint8 byte;

	buffer->descriptors++;
	if (descriptor->flags & VQ_DESC_WRITE)
		buffer->in_bytes += descriptor->len;
	else
		buffer->out_bytes += descriptor->len;
	if (descriptor->len == 0)
		spoil(buffer, VQ_CHAIN_EMPTY);
	/* Only the first byte: the memory's limits are what a wrong address misses. */
	else if (!memory->read(memory, descriptor->address, &byte, 0))
		spoil(buffer, VQ_CHAIN_NO_MEMORY);
}

void vq_buffer_indirect(struct vq_buffer *buffer, const struct vq_descriptor *descriptor,
			bool packed, struct vq_memory *memory)
{
	unsigned count = MIN(descriptor->len / DESCRIPTOR_BYTES, TABLE_MAX);
	g_autofree guint8 *table = g_malloc((size_t)count * DESCRIPTOR_BYTES + 1);
	unsigned i = 0, steps = 0;

	buffer->indirect = true;
	if (count == 0 ||
	    !memory->read(memory, descriptor->address, table, (size_t)count * DESCRIPTOR_BYTES)) {
		spoil(buffer, VQ_CHAIN_NO_TABLE);
		return;
	}
	for (;;) {
		struct vq_descriptor entry = packed ? vq_packed_descriptor(table, i)
						    : vq_split_descriptor(table, i);

		vq_buffer_count(buffer, &entry, memory);
		if (packed ? i + 1 == count : !(entry.flags & VQ_DESC_NEXT))
			break;
		i = packed ? i + 1 : entry.next;
		if (i >= count || ++steps >= count) {
			spoil(buffer, i >= count ? VQ_CHAIN_OUTSIDE : VQ_CHAIN_LOOP);
			break;
		}
	}
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
