/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A virtqueue's ring as it stands in guest memory, split or packed (virtio
 * specification 1.2, 2.7 and 2.8). Everything in it is the guest's and may be
 * hostile: sizes and links are checked, chains are cut.
 */
#ifndef KC_VQ_RING_H
#define KC_VQ_RING_H

#include "vm/cpu.h"

#include <glib.h>
#include <stdbool.h>

#define VQ_RING_MAX 32768 /* entries */

#define VQ_DESC_NEXT 1
#define VQ_DESC_WRITE 2
#define VQ_DESC_INDIRECT 4

/* Reads @len bytes at @address of guest RAM; false where there is none. */
struct vq_memory {
	bool (*read)(struct vq_memory *memory, guint64 address, void *to, size_t len);
	bool (*cpu)(struct vq_memory *memory, struct cpu *cpu); /* or NULL */
};

/* What the device's side knows of the ring. */
struct vq_place {
	bool packed, event_index;
	unsigned size; /* entries */
	guint64 desc, avail, used; /* guest physical; in packed rings: driver's and device's area */
	guint16 last_avail; /* what the device pops next */
	guint16 used_idx; /* where it completes next */
	unsigned popped; /* and not completed */
};

enum vq_chain {
	VQ_CHAIN_GOOD,
	VQ_CHAIN_LOOP, /* or longer than the ring */
	VQ_CHAIN_OUTSIDE, /* a link or a head that the table has not */
	VQ_CHAIN_NO_TABLE, /* its indirect table is not in memory, or empty */
	VQ_CHAIN_EMPTY, /* a descriptor of no bytes */
	VQ_CHAIN_NO_MEMORY, /* a descriptor points outside the guest's memory */
	VQ_CHAIN_OVERWRITTEN /* packed: the device has used its place since */
};

struct vq_buffer {
	bool popped;
	guint16 head; /* of the chain; packed: the buffer's id */
	guint16 position; /* of its entry in the ring */
	bool indirect;
	enum vq_chain chain;
	unsigned descriptors;
	guint64 out_bytes, in_bytes; /* for the device to read, to write */
};

/* When a side wants to be told of the other's buffers; not read where there never were any. */
enum vq_wish { VQ_ALWAYS, VQ_NEVER, VQ_AT_INDEX, VQ_RESERVED, VQ_UNREAD };

struct vq_event {
	enum vq_wish wish;
	guint16 index; /* with VQ_AT_INDEX: the first one; packed: without the wrap counter */
	bool wrap; /* packed only */
};

struct vq_ring {
	bool read; /* all below is known */
	guint16 avail_idx; /* split: what the driver fills next */
	guint16 used_idx; /* split: as memory has it */
	unsigned waiting; /* buffers that are available and not popped */
	bool runaway; /* avail_idx is ahead of the device by more than the ring has */
	struct vq_event kick; /* wanted by the device */
	struct vq_event interrupt; /* wanted by the driver */
	bool heads_known; /* all popped buffers are among the buffers */
	GArray *buffers; /* of struct vq_buffer: popped ones, then waiting ones */
	guint32 last_used_id, last_used_len; /* split: newest used entry; used_idx > 0 */
	bool last_used_outside; /* its id is none of the ring's */
};

/* Fills @ring; read stays false where the memory could not be read. */
void vq_ring_read(struct vq_ring *ring, const struct vq_place *place, struct vq_memory *memory);
void vq_ring_clear(struct vq_ring *ring);

/*
 * What the device has used at the driver's position @at, in packed rings with
 * the wrap counter in bit 15; false where it has used nothing there.
 */
bool vq_split_used(const struct vq_place *place, struct vq_memory *memory, guint16 at, guint32 *id,
		   guint32 *len);
bool vq_packed_used(const struct vq_place *place, struct vq_memory *memory, guint16 at, guint32 *id,
		    guint32 *len);

/* One sentence for what is wrong with a chain. */
const char *vq_chain_text(enum vq_chain chain);

/*
 * Is somebody who wants to be told at @event, to be told when the index goes
 * from @old to @new? Indices are free running (2.7.7.2).
 */
bool vq_need_event(guint16 event, guint16 new, guint16 old);

static inline guint16 vq_le16(const guint8 *from)
{
	return from[0] | from[1] << 8;
}

static inline guint32 vq_le32(const guint8 *from)
{
	return vq_le16(from) | (guint32)vq_le16(from + 2) << 16;
}

#endif
