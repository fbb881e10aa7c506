// SPDX-License-Identifier: GPL-2.0-or-later
#include "virtqueue.h"
#include "../unit.h"

#include <linux/virtio_config.h>
#include <linux/virtio_mmio.h>
#include <linux/virtio_ring.h>

#define MMIO 0xfeb00000ull /* microvm's first transport */
#define BASE 0x10000ull
#define STRIDE 0x8000ull /* of a queue */
#define AVAIL 0x1000ull /* the driver's event suppression in a packed ring */
#define USED 0x2000ull
#define TABLES 0x4000ull
#define TABLE_BYTES (VQ_PARTS * sizeof(struct vring_desc))

#define PACKED_AVAIL (1 << VRING_PACKED_DESC_F_AVAIL)
#define PACKED_USED (1 << VRING_PACKED_DESC_F_USED)

static bool is_packed(const struct vq *vq)
{
	return vq->ring == VQ_PACKED || vq->ring == VQ_PACKED_INDIRECT;
}

static bool is_indirect(const struct vq *vq)
{
	return vq->ring == VQ_INDIRECT || vq->ring == VQ_PACKED_INDIRECT;
}

static guint64 desc_of(const struct vq *vq, unsigned i)
{
	return BASE + vq->index * STRIDE + i % VQ_NUM * sizeof(struct vring_desc);
}

guint64 vq_negotiate(struct qtest *qtest, unsigned id, guint64 want)
{
	unsigned status = VIRTIO_CONFIG_S_ACKNOWLEDGE | VIRTIO_CONFIG_S_DRIVER;
	guint64 offered = 0;

	assert_int_equal(qtest_get(qtest, MMIO + VIRTIO_MMIO_DEVICE_ID), id);
	qtest_set(qtest, MMIO + VIRTIO_MMIO_STATUS, 0);
	qtest_set(qtest, MMIO + VIRTIO_MMIO_STATUS, status);
	for (unsigned half = 0; half < 2; half++) {
		guint32 bits;

		qtest_set(qtest, MMIO + VIRTIO_MMIO_DEVICE_FEATURES_SEL, half);
		bits = qtest_get(qtest, MMIO + VIRTIO_MMIO_DEVICE_FEATURES);
		offered |= (guint64)bits << (half * 32);
		qtest_set(qtest, MMIO + VIRTIO_MMIO_DRIVER_FEATURES_SEL, half);
		qtest_set(qtest, MMIO + VIRTIO_MMIO_DRIVER_FEATURES, want >> (half * 32) & bits);
	}
	status |= VIRTIO_CONFIG_S_FEATURES_OK;
	qtest_set(qtest, MMIO + VIRTIO_MMIO_STATUS, status);
	assert_int_equal(qtest_get(qtest, MMIO + VIRTIO_MMIO_STATUS), status);
	return offered;
}

void vq_clear(struct vq *vq, struct qtest *qtest, enum vq_ring ring, unsigned index)
{
	static const guint8 nothing[STRIDE];

	*vq = (struct vq){.qtest = qtest, .ring = ring, .index = index};
	qtest_write(qtest, desc_of(vq, 0), nothing, sizeof(nothing));
}

void vq_place(const struct vq *vq, guint64 *desc, guint64 *avail, guint64 *used)
{
	*desc = desc_of(vq, 0);
	*avail = *desc + AVAIL;
	*used = *desc + USED;
}

void vq_set_up(struct vq *vq, struct qtest *qtest, enum vq_ring ring, unsigned index)
{
	guint64 desc, avail, used;

	vq_clear(vq, qtest, ring, index);
	vq_place(vq, &desc, &avail, &used);
	qtest_set(qtest, MMIO + VIRTIO_MMIO_QUEUE_SEL, index);
	qtest_set(qtest, MMIO + VIRTIO_MMIO_QUEUE_NUM, VQ_NUM);
	qtest_set(qtest, MMIO + VIRTIO_MMIO_QUEUE_DESC_LOW, desc);
	qtest_set(qtest, MMIO + VIRTIO_MMIO_QUEUE_AVAIL_LOW, avail);
	qtest_set(qtest, MMIO + VIRTIO_MMIO_QUEUE_USED_LOW, used);
	qtest_set(qtest, MMIO + VIRTIO_MMIO_QUEUE_READY, 1);
}

void vq_driver_ok(struct qtest *qtest)
{
	unsigned status = qtest_get(qtest, MMIO + VIRTIO_MMIO_STATUS);

	qtest_set(qtest, MMIO + VIRTIO_MMIO_STATUS, status | VIRTIO_CONFIG_S_DRIVER_OK);
}

bool vq_is_broken(struct qtest *qtest)
{
	return qtest_get(qtest, MMIO + VIRTIO_MMIO_STATUS) & VIRTIO_CONFIG_S_NEEDS_RESET;
}

unsigned vq_interrupts(struct qtest *qtest)
{
	guint32 why = qtest_get(qtest, MMIO + VIRTIO_MMIO_INTERRUPT_STATUS);

	qtest_set(qtest, MMIO + VIRTIO_MMIO_INTERRUPT_ACK, why);
	return why;
}

/* In the ring's current lap: available, and not used */
static guint16 packed_flags(unsigned place)
{
	return place / VQ_NUM % 2 ? PACKED_USED : PACKED_AVAIL;
}

static void put_desc(struct vq *vq, guint64 at, struct vq_part part, guint16 flags, unsigned next)
{
	struct vring_desc desc = {.addr = GUINT64_TO_LE(part.address),
				  .len = GUINT32_TO_LE(part.len)};

	flags |= part.write ? VRING_DESC_F_WRITE : 0;
	/* A packed ring has the chain's id and the flags, in this order */
	desc.flags = GUINT16_TO_LE(is_packed(vq) ? vq->added % VQ_NUM : flags);
	desc.next = GUINT16_TO_LE(is_packed(vq) ? flags : next);
	qtest_write(vq->qtest, at, &desc, sizeof(desc));
}

static struct vq_part put_table(struct vq *vq, const struct vq_part *parts, unsigned count)
{
	guint64 table = desc_of(vq, 0) + TABLES + vq->added % VQ_NUM * TABLE_BYTES;

	for (unsigned i = 0; i < count; i++)
		put_desc(vq, table + i * sizeof(struct vring_desc), parts[i],
			 i + 1 < count && !is_packed(vq) ? VRING_DESC_F_NEXT : 0, i + 1);
	return (struct vq_part){table, count * sizeof(struct vring_desc), false};
}

/* The head last: the device may look at any time. */
static void put_chain(struct vq *vq, const struct vq_part *parts, unsigned count, guint16 flags)
{
	for (unsigned i = count; i--;) {
		unsigned place = vq->place + i;

		put_desc(vq, desc_of(vq, place), parts[i],
			 flags | (i + 1 < count ? VRING_DESC_F_NEXT : 0) |
				 (is_packed(vq) ? packed_flags(place) : 0),
			 (place + 1) % VQ_NUM);
	}
}

void vq_add(struct vq *vq, const struct vq_part *parts, unsigned count)
{
	unsigned head = vq->place % VQ_NUM;
	guint64 avail = desc_of(vq, 0) + AVAIL;
	struct vq_part table;
	guint16 word;

	if (is_indirect(vq)) {
		table = put_table(vq, parts, count);
		put_chain(vq, &table, 1, VRING_DESC_F_INDIRECT);
		count = 1;
	} else {
		put_chain(vq, parts, count, 0);
	}
	vq->sizes[vq->added % VQ_NUM] = count;
	vq->place += count;
	vq->added++;
	if (is_packed(vq))
		return;
	word = GUINT16_TO_LE(head);
	qtest_write(vq->qtest, avail + 4 + (vq->added - 1) % VQ_NUM * 2, &word, sizeof(word));
	word = GUINT16_TO_LE(vq->added);
	qtest_write(vq->qtest, avail + 2, &word, sizeof(word));
}

void vq_kick(struct vq *vq)
{
	guint16 index = GUINT16_TO_LE(vq->index);

	if (vq->doorbell)
		qtest_write(vq->qtest, vq->doorbell, &index, sizeof(index));
	else
		qtest_set(vq->qtest, MMIO + VIRTIO_MMIO_QUEUE_NOTIFY, vq->index);
}

static bool get_packed(struct vq *vq, guint32 *len)
{
	struct vring_packed_desc desc;
	bool lap = vq->look / VQ_NUM % 2;
	guint16 flags;

	qtest_read(vq->qtest, desc_of(vq, vq->look), &desc, sizeof(desc));
	flags = GUINT16_FROM_LE(desc.flags);
	if (!(flags & PACKED_USED) == !lap || !(flags & PACKED_AVAIL) == !lap)
		return false;
	assert_int_equal(GUINT16_FROM_LE(desc.id), vq->used % VQ_NUM);
	*len = GUINT32_FROM_LE(desc.len);
	vq->look += vq->sizes[vq->used % VQ_NUM];
	vq->used++;
	return true;
}

bool vq_get(struct vq *vq, guint32 *len)
{
	guint64 used = desc_of(vq, 0) + USED;
	struct vring_used_elem elem;
	guint16 idx;

	if (vq->used == vq->added)
		return false;
	if (is_packed(vq))
		return get_packed(vq, len);
	qtest_read(vq->qtest, used + 2, &idx, sizeof(idx));
	if (GUINT16_FROM_LE(idx) == (guint16)vq->used)
		return false;
	qtest_read(vq->qtest, used + 4 + vq->used % VQ_NUM * sizeof(elem), &elem, sizeof(elem));
	assert_int_equal(GUINT32_FROM_LE(elem.id), vq->look % VQ_NUM);
	*len = GUINT32_FROM_LE(elem.len);
	vq->look += vq->sizes[vq->used % VQ_NUM];
	vq->used++;
	return true;
}
