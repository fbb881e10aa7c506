/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What both layouts of a ring are made of. */
#include "vq/internal.h"

#define DESCRIPTOR_BYTES 16
#define TABLE_MAX 1024 /* descriptors of an indirect table that are followed */

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
