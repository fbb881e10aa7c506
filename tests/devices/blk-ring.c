// SPDX-License-Identifier: GPL-2.0-or-later
#include "blk-ring.h"
#include "../unit.h"

#include <linux/virtio_blk.h>
#include <linux/virtio_config.h>
#include <linux/virtio_mmio.h>
#include <linux/virtio_ring.h>

#define MMIO 0xfeb00000ull /* microvm's first transport */
#define AVAIL 0x11000ull /* the driver's event suppression in a packed ring */
#define USED 0x12000ull
#define HEADERS 0x20000ull
#define DATA 0x30000ull
#define STRIDE 0x1000

#define DESC_AVAIL (1 << VRING_PACKED_DESC_F_AVAIL)
#define DESC_USED (1 << VRING_PACKED_DESC_F_USED)

unsigned blk_ring_size(struct blk_ring ring)
{
	return ring.packed ? BLK_REQUESTS * BLK_DESCS : 16;
}

guint64 blk_data(unsigned n)
{
	return DATA + n * STRIDE;
}

static void put_features(struct qtest *qtest, struct blk_ring ring)
{
	guint64 features = 1ull << VIRTIO_F_VERSION_1 |
			   (guint64)ring.packed << VIRTIO_F_RING_PACKED |
			   (guint64)ring.in_order << VIRTIO_F_IN_ORDER;
	guint64 offered = 0;

	for (unsigned half = 0; half < 2; half++) {
		qtest_set(qtest, MMIO + VIRTIO_MMIO_DEVICE_FEATURES_SEL, half);
		offered |= (guint64)qtest_get(qtest, MMIO + VIRTIO_MMIO_DEVICE_FEATURES)
			   << (half * 32);
		qtest_set(qtest, MMIO + VIRTIO_MMIO_DRIVER_FEATURES_SEL, half);
		qtest_set(qtest, MMIO + VIRTIO_MMIO_DRIVER_FEATURES, features >> (half * 32));
	}
	assert_int_equal(features & ~offered, 0);
}

void blk_start(struct qtest *qtest, struct blk_ring ring)
{
	unsigned status = VIRTIO_CONFIG_S_ACKNOWLEDGE | VIRTIO_CONFIG_S_DRIVER;

	assert_int_equal(qtest_get(qtest, MMIO + VIRTIO_MMIO_DEVICE_ID), 2);
	qtest_set(qtest, MMIO + VIRTIO_MMIO_STATUS, status);
	put_features(qtest, ring);
	status |= VIRTIO_CONFIG_S_FEATURES_OK;
	qtest_set(qtest, MMIO + VIRTIO_MMIO_STATUS, status);
	qtest_set(qtest, MMIO + VIRTIO_MMIO_QUEUE_SEL, 0);
	qtest_set(qtest, MMIO + VIRTIO_MMIO_QUEUE_NUM, blk_ring_size(ring));
	qtest_set(qtest, MMIO + VIRTIO_MMIO_QUEUE_DESC_LOW, BLK_DESC);
	qtest_set(qtest, MMIO + VIRTIO_MMIO_QUEUE_AVAIL_LOW, AVAIL);
	qtest_set(qtest, MMIO + VIRTIO_MMIO_QUEUE_USED_LOW, USED);
	qtest_set(qtest, MMIO + VIRTIO_MMIO_QUEUE_READY, 1);
	status |= VIRTIO_CONFIG_S_DRIVER_OK;
	qtest_set(qtest, MMIO + VIRTIO_MMIO_STATUS, status);
	assert_int_equal(qtest_get(qtest, MMIO + VIRTIO_MMIO_STATUS), status);
}

/* Descriptor @i of request @n, which is the same in both layouts. */
static void place(unsigned n, unsigned i, guint64 *address, guint32 *len, guint16 *flags)
{
	const guint64 addresses[] = {HEADERS + n * STRIDE, blk_data(n), blk_data(n) + BLK_SECTOR};
	static const guint32 lengths[] = {sizeof(struct virtio_blk_outhdr), BLK_SECTOR, 1};
	static const guint16 all_flags[] = {
		VRING_DESC_F_NEXT, VRING_DESC_F_NEXT | VRING_DESC_F_WRITE, VRING_DESC_F_WRITE};

	*address = GUINT64_TO_LE(addresses[i]);
	*len = GUINT32_TO_LE(lengths[i]);
	*flags = all_flags[i];
}

static void put_split(struct qtest *qtest, unsigned n)
{
	guint16 head = GUINT16_TO_LE(n * BLK_DESCS);

	for (unsigned i = 0; i < BLK_DESCS; i++) {
		struct vring_desc desc = {.next = GUINT16_TO_LE(n * BLK_DESCS + i + 1)};

		place(n, i, (guint64 *)&desc.addr, &desc.len, &desc.flags);
		desc.flags = GUINT16_TO_LE(desc.flags);
		qtest_write(qtest, BLK_DESC + (n * BLK_DESCS + i) * sizeof(desc), &desc,
			    sizeof(desc));
	}
	qtest_write(qtest, AVAIL + 4 + n * sizeof(head), &head, sizeof(head));
}

/* The head last: the device may look at any time. */
static void put_packed(struct qtest *qtest, unsigned n)
{
	for (unsigned i = BLK_DESCS; i--;) {
		struct vring_packed_desc desc = {.id = GUINT16_TO_LE(n)};

		place(n, i, (guint64 *)&desc.addr, &desc.len, &desc.flags);
		desc.flags = GUINT16_TO_LE(desc.flags | DESC_AVAIL);
		qtest_write(qtest, BLK_DESC + (n * BLK_DESCS + i) * sizeof(desc), &desc,
			    sizeof(desc));
	}
}

void blk_submit(struct qtest *qtest, struct blk_ring ring, const unsigned *sectors, unsigned count)
{
	guint16 avail = GUINT16_TO_LE(count);

	for (unsigned n = 0; n < count; n++) {
		struct virtio_blk_outhdr header = {.type = GUINT32_TO_LE(VIRTIO_BLK_T_IN),
						   .sector = GUINT64_TO_LE(sectors[n])};

		qtest_write(qtest, HEADERS + n * STRIDE, &header, sizeof(header));
		(ring.packed ? put_packed : put_split)(qtest, n);
	}
	if (!ring.packed)
		qtest_write(qtest, AVAIL + 2, &avail, sizeof(avail));
	qtest_set(qtest, MMIO + VIRTIO_MMIO_QUEUE_NOTIFY, 0);
}

static unsigned returned_split(struct qtest *qtest, unsigned *requests)
{
	struct vring_used_elem elem;
	guint16 used;

	qtest_read(qtest, USED + 2, &used, sizeof(used));
	used = GUINT16_FROM_LE(used);
	for (unsigned i = 0; i < used; i++) {
		qtest_read(qtest, USED + 4 + i * sizeof(elem), &elem, sizeof(elem));
		requests[i] = GUINT32_FROM_LE(elem.id) / BLK_DESCS;
	}
	return used;
}

/* The ring is in its first lap, and each request is as long as the others. */
static unsigned returned_packed(struct qtest *qtest, unsigned *requests)
{
	struct vring_packed_desc desc;
	unsigned n = 0;

	for (; n < BLK_REQUESTS; n++) {
		qtest_read(qtest, BLK_DESC + n * BLK_DESCS * sizeof(desc), &desc, sizeof(desc));
		if (!(GUINT16_FROM_LE(desc.flags) & DESC_USED))
			break;
		requests[n] = GUINT16_FROM_LE(desc.id);
	}
	return n;
}

unsigned blk_returned(struct qtest *qtest, struct blk_ring ring, unsigned *requests)
{
	return (ring.packed ? returned_packed : returned_split)(qtest, requests);
}
