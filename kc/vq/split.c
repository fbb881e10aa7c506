/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The split ring: descriptor table, available ring, used ring (2.7). */
#include "vq/internal.h"

#include <string.h>

#define AVAIL_NO_INTERRUPT 1
#define USED_NO_NOTIFY 1

struct split {
	const struct vq_place *place;
	struct vq_memory *memory;
	guint8 *desc, *avail, *used;
};

static size_t avail_bytes(const struct vq_place *place)
{
	return 4 + place->size * 2;
}

static size_t used_bytes(const struct vq_place *place)
{
	return 4 + place->size * 8;
}

/* Flags and indices; the event indices are there only if they were negotiated. */
static bool load_indices(struct split *split)
{
	const struct vq_place *place = split->place;
	struct vq_memory *memory = split->memory;
	size_t avail = avail_bytes(place), used = used_bytes(place);

	split->avail = g_malloc0(avail + 2);
	split->used = g_malloc0(used + 2);
	if (!memory->read(memory, place->avail, split->avail, 4) ||
	    !memory->read(memory, place->used, split->used, 4))
		return false;
	return !place->event_index ||
	       (memory->read(memory, place->avail + avail, split->avail + avail, 2) &&
		memory->read(memory, place->used + used, split->used + used, 2));
}

static bool load_last_used(struct split *split)
{
	guint16 idx = vq_le16(split->used + 2);
	size_t last = 4 + (guint16)(idx - 1) % split->place->size * 8;

	return !idx ||
	       split->memory->read(split->memory, split->place->used + last, split->used + last, 8);
}

/* Most queues are empty most of the time: their tables are not worth reading. */
static bool load_tables(struct split *split)
{
	const struct vq_place *place = split->place;
	struct vq_memory *memory = split->memory;
	bool waiting = vq_le16(split->avail + 2) != place->last_avail;

	split->desc = g_malloc0(place->size * 16);
	if (place->popped && !memory->read(memory, place->used, split->used, used_bytes(place)))
		return false;
	return (!waiting && !place->popped) ||
	       (memory->read(memory, place->avail, split->avail, avail_bytes(place)) &&
		memory->read(memory, place->desc, split->desc, place->size * 16));
}

/* All of it is in the guest's memory, also what is not worth reading. */
static bool is_there(const struct split *split, guint64 address, size_t len)
{
	guint8 byte;

	return split->memory->read(split->memory, address, &byte, 0) &&
	       split->memory->read(split->memory, address + len - 1, &byte, 0);
}

/* A device may have tens of queues that nobody uses: each read asks QEMU, and takes its time. */
static bool is_untouched(const struct split *split)
{
	const struct vq_place *place = split->place;
	guint8 avail[4];

	return !place->last_avail && !place->used_idx && !place->popped &&
	       split->memory->read(split->memory, place->avail, avail, sizeof(avail)) &&
	       !vq_le16(avail + 2);
}

static bool is_in_memory(const struct split *split)
{
	const struct vq_place *place = split->place;

	return is_there(split, place->desc, place->size * 16) &&
	       is_there(split, place->avail, avail_bytes(place)) &&
	       is_there(split, place->used, used_bytes(place));
}

static bool split_load(struct split *split)
{
	return load_indices(split) && load_last_used(split) && load_tables(split);
}

static void split_clear(struct split *split)
{
	g_free(split->desc);
	g_free(split->avail);
	g_free(split->used);
}

static guint16 avail_entry(const struct split *split, guint16 position)
{
	return vq_le16(split->avail + 4 + position % split->place->size * 2);
}

static guint32 used_id(const struct split *split, guint16 position)
{
	return vq_le32(split->used + 4 + position % split->place->size * 8);
}

static void follow(struct vq_buffer *buffer, const struct split *split)
{
	unsigned size = split->place->size;
	unsigned i = buffer->head;

	for (unsigned steps = 0;; steps++) {
		struct vq_descriptor entry;

		if (i >= size || steps >= size) {
			buffer->chain = i >= size ? VQ_CHAIN_OUTSIDE : VQ_CHAIN_LOOP;
			return;
		}
		entry = vq_split_descriptor(split->desc, i);
		if (entry.flags & VQ_DESC_INDIRECT) {
			vq_buffer_indirect(buffer, &entry, false, split->memory);
			return;
		}
		vq_buffer_count(buffer, &entry, split->memory);
		if (!(entry.flags & VQ_DESC_NEXT))
			return;
		i = entry.next;
	}
}

static void add_buffer(struct vq_ring *ring, const struct split *split, guint16 position,
		       bool popped)
{
	struct vq_buffer buffer = {
		.popped = popped,
		.position = position,
		.head = avail_entry(split, position),
	};

	follow(&buffer, split);
	g_array_append_val(ring->buffers, buffer);
}

/* How often each head is among the last @count used entries. */
static GHashTable *count_used(const struct split *split, unsigned count)
{
	GHashTable *uses = g_hash_table_new(NULL, NULL);

	for (unsigned i = 1; i <= count; i++) {
		gpointer id = GUINT_TO_POINTER(used_id(split, split->place->used_idx - i));
		guint seen = GPOINTER_TO_UINT(g_hash_table_lookup(uses, id));

		g_hash_table_insert(uses, id, GUINT_TO_POINTER(seen + 1));
	}
	return uses;
}

/*
 * Which buffers the device holds: those that were available oftener than used,
 * as far as the rings remember, which is @depth and @used entries. Whether that
 * is all of them shows in their number. Returns their positions, oldest first.
 */
static GArray *find_popped(const struct split *split, unsigned depth, unsigned used)
{
	GArray *positions = g_array_new(FALSE, FALSE, sizeof(guint16));
	GHashTable *uses = count_used(split, used);

	for (unsigned back = depth; back > 0; back--) {
		guint16 position = split->place->last_avail - back;
		gpointer head = GUINT_TO_POINTER((guint)avail_entry(split, position));
		guint seen = GPOINTER_TO_UINT(g_hash_table_lookup(uses, head));

		if (seen)
			g_hash_table_insert(uses, head, GUINT_TO_POINTER(seen - 1));
		else
			g_array_append_val(positions, position);
	}
	g_hash_table_unref(uses);
	return positions;
}

static void add_popped(struct vq_ring *ring, const struct split *split)
{
	const struct vq_place *place = split->place;
	/* What waits has been written over what was popped a lap before. */
	unsigned full = place->size - MIN(ring->waiting, place->size);
	/* A young ring has not been all round yet, and holds zeros beyond its index. */
	unsigned young = MIN(place->last_avail, full);
	unsigned depths[] = {young, full, full};
	/* Completions of what is still in the ring, where all before has come back. */
	guint16 ahead = place->last_avail - place->used_idx;
	unsigned used[] = {young - MIN(ahead, young), full, full - MIN(ahead, full)};

	ring->heads_known = place->popped == 0;
	for (size_t i = 0; i < G_N_ELEMENTS(depths) && !ring->heads_known; i++) {
		GArray *positions = find_popped(split, depths[i], used[i]);

		ring->heads_known = positions->len == place->popped;
		for (guint j = 0; j < positions->len && ring->heads_known; j++)
			add_buffer(ring, split, g_array_index(positions, guint16, j), true);
		g_array_unref(positions);
	}
}

static void read_wishes(struct vq_ring *ring, const struct split *split)
{
	const guint8 *used_event = split->avail + 4 + split->place->size * 2;
	const guint8 *avail_event = split->used + 4 + split->place->size * 8;

	if (split->place->event_index) {
		ring->interrupt = (struct vq_event){VQ_AT_INDEX, vq_le16(used_event), false};
		ring->kick = (struct vq_event){VQ_AT_INDEX, vq_le16(avail_event), false};
		return;
	}
	ring->interrupt.wish = vq_le16(split->avail) & AVAIL_NO_INTERRUPT ? VQ_NEVER : VQ_ALWAYS;
	ring->kick.wish = vq_le16(split->used) & USED_NO_NOTIFY ? VQ_NEVER : VQ_ALWAYS;
}

static void read_last_used(struct vq_ring *ring, const struct split *split)
{
	guint16 last = ring->used_idx - 1;

	if (!ring->used_idx)
		return;
	ring->last_used_id = used_id(split, last);
	ring->last_used_len = vq_le32(split->used + 8 + last % split->place->size * 8);
	ring->last_used_outside = ring->last_used_id >= split->place->size;
}

void vq_split_read(struct vq_ring *ring, const struct vq_place *place, struct vq_memory *memory)
{
	struct split split = {.place = place, .memory = memory};

	if (!is_in_memory(&split))
		return;
	if (is_untouched(&split)) {
		ring->kick.wish = ring->interrupt.wish = VQ_UNREAD;
		ring->heads_known = ring->read = true;
		return;
	}
	ring->read = split_load(&split);
	if (ring->read) {
		ring->avail_idx = vq_le16(split.avail + 2);
		ring->used_idx = vq_le16(split.used + 2);
		ring->waiting = (guint16)(ring->avail_idx - place->last_avail);
		ring->runaway = ring->waiting > place->size;
		read_wishes(ring, &split);
		read_last_used(ring, &split);
		add_popped(ring, &split);
		for (unsigned i = 0; i < MIN(ring->waiting, place->size); i++)
			add_buffer(ring, &split, place->last_avail + i, false);
	}
	split_clear(&split);
}

bool vq_split_used(const struct vq_place *place, struct vq_memory *memory, guint16 at, guint32 *id,
		   guint32 *len)
{
	guint8 head[4], entry[8];

	if (!place->size || !memory->read(memory, place->used, head, sizeof(head)) ||
	    vq_le16(head + 2) == at ||
	    !memory->read(memory, place->used + 4 + (guint64)(at % place->size) * 8, entry,
			  sizeof(entry)))
		return false;
	*id = vq_le32(entry);
	*len = vq_le32(entry + 4);
	return true;
}
