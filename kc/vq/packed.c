/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The packed ring: descriptors that both sides write, and an area for each (2.8). */
#include "vq/internal.h"

#define AVAIL_BIT (1 << 7)
#define USED_BIT (1 << 15)

#define EVENT_ENABLE 0
#define EVENT_DISABLE 1
#define EVENT_DESC 2

static struct vq_event read_event(const guint8 *area, bool event_index)
{
	static const enum vq_wish wishes[] = {
		[EVENT_ENABLE] = VQ_ALWAYS,
		[EVENT_DISABLE] = VQ_NEVER,
		[EVENT_DESC] = VQ_AT_INDEX,
		[3] = VQ_RESERVED,
	};
	guint16 off_wrap = vq_le16(area);
	enum vq_wish wish = wishes[vq_le16(area + 2) & 3];

	if (wish == VQ_AT_INDEX && !event_index)
		wish = VQ_RESERVED;
	return (struct vq_event){wish, off_wrap & 0x7fff, off_wrap >> 15};
}

/* The driver has made it available, and no device has used it since. */
static bool is_available(const struct vq_descriptor *descriptor)
{
	return !(descriptor->flags & AVAIL_BIT) != !(descriptor->flags & USED_BIT);
}

/*
 * Reads the chain at @at, of at most @most descriptors. Returns how many it
 * has; 0 where its end is not in sight.
 */
static unsigned follow(struct vq_buffer *buffer, const guint8 *ring, unsigned size, unsigned at,
		       unsigned most, struct vq_memory *memory)
{
	for (unsigned i = 0; i < most; i++) {
		struct vq_descriptor entry = vq_packed_descriptor(ring, (at + i) % size);

		if (!is_available(&entry)) {
			buffer->chain = VQ_CHAIN_OVERWRITTEN;
			return 0;
		}
		buffer->head = entry.next;
		if (entry.flags & VQ_DESC_INDIRECT)
			vq_buffer_indirect(buffer, &entry, true, memory);
		else
			vq_buffer_count(buffer, &entry, memory);
		if (!(entry.flags & VQ_DESC_NEXT))
			return i + 1;
	}
	buffer->chain = VQ_CHAIN_LOOP;
	return 0;
}

/* Chains from @at on, in @span descriptors. Returns how many chains these are. */
static unsigned add_buffers(struct vq_ring *ring, const guint8 *table, unsigned size, unsigned at,
			    unsigned span, bool popped, struct vq_memory *memory)
{
	unsigned chains = 0;

	while (span > 0) {
		struct vq_buffer buffer = {.popped = popped, .position = at % size};
		unsigned taken = follow(&buffer, table, size, at, span, memory);

		chains++;
		g_array_append_val(ring->buffers, buffer);
		if (!taken)
			break;
		span -= taken;
		at += taken;
	}
	return chains;
}

/*
 * The bit that the driver's descriptors have in the lap of @at, where the device pops next. QEMU
 * does not tell its wrap counters. What it completes next was made available in the same lap or
 * the one before; where it holds nothing, the last that it used has both bits of its lap, and
 * only the rest of that chain lies between there and here.
 */
static bool find_lap(const guint8 *table, const struct vq_place *place, unsigned at)
{
	unsigned size = place->size, used = (place->used_idx & 0x7fff) % size;
	struct vq_descriptor entry = vq_packed_descriptor(table, used);

	if ((used != at || place->popped) && is_available(&entry))
		return !!(entry.flags & AVAIL_BIT) ^ (at <= used);
	for (unsigned back = 1; back < size; back++) {
		entry = vq_packed_descriptor(table, (at + size - back) % size);
		if (!is_available(&entry))
			return !!(entry.flags & AVAIL_BIT) ^ (back > at);
	}
	/* All wait for the device. */
	return vq_packed_descriptor(table, at).flags & AVAIL_BIT;
}

/*
 * Of a chain that was used only the first descriptor says so: the others look available for
 * ever, and are told by their lap.
 */
static unsigned available_from(const guint8 *table, const struct vq_place *place, unsigned at,
			       unsigned most)
{
	bool lap = find_lap(table, place, at);
	unsigned size = place->size;
	unsigned count = 0;

	while (count < most) {
		struct vq_descriptor entry = vq_packed_descriptor(table, (at + count) % size);
		bool its = !!(entry.flags & AVAIL_BIT) ^ (at + count >= size);

		if (!is_available(&entry) || its != lap)
			break;
		count++;
	}
	return count;
}

/* The whole of it only where something is in flight. */
static bool load_table(const struct vq_place *place, guint8 *table, unsigned at,
		       struct vq_memory *memory)
{
	struct vq_descriptor next;

	if (!memory->read(memory, place->desc + (guint64)at * 16, table + (size_t)at * 16, 16))
		return false;
	next = vq_packed_descriptor(table, at);
	return (!place->popped && !is_available(&next)) ||
	       memory->read(memory, place->desc, table, (size_t)place->size * 16);
}

void vq_packed_read(struct vq_ring *ring, const struct vq_place *place, struct vq_memory *memory)
{
	unsigned size = place->size;
	unsigned at = (place->last_avail & 0x7fff) % size;
	unsigned held = MIN(place->popped, size);
	g_autofree guint8 *table = g_malloc0((size_t)size * 16);
	guint8 driver[4], device[4];
	unsigned span;

	ring->read = load_table(place, table, at, memory) &&
		     memory->read(memory, place->avail, driver, sizeof(driver)) &&
		     memory->read(memory, place->used, device, sizeof(device));
	if (!ring->read)
		return;
	ring->interrupt = read_event(driver, place->event_index);
	ring->kick = read_event(device, place->event_index);
	span = available_from(table, place, at, size - held);
	/* The device counts descriptors as held, not buffers. */
	if (held)
		add_buffers(ring, table, size, at + size - held, held, true, memory);
	ring->heads_known = true;
	for (guint i = 0; i < ring->buffers->len; i++)
		ring->heads_known &= g_array_index(ring->buffers, struct vq_buffer, i).chain !=
				     VQ_CHAIN_OVERWRITTEN;
	ring->waiting = add_buffers(ring, table, size, at, span, false, memory);
}

bool vq_packed_used(const struct vq_place *place, struct vq_memory *memory, guint16 at, guint32 *id,
		    guint32 *len)
{
	unsigned lap = at >> 15 ? AVAIL_BIT | USED_BIT : 0;
	struct vq_descriptor descriptor;
	guint8 entry[16];

	if (!place->size ||
	    !memory->read(memory, place->desc + (guint64)((at & 0x7fff) % place->size) * 16, entry,
			  sizeof(entry)))
		return false;
	descriptor = vq_packed_descriptor(entry, 0);
	*id = descriptor.next;
	*len = descriptor.len;
	return (descriptor.flags & (AVAIL_BIT | USED_BIT)) == lap;
}
