/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A driver of virtio-blk on virtio-mmio, by qtest: it reads a sector by each request. */
#ifndef TESTS_BLK_RING_H
#define TESTS_BLK_RING_H

#include "qtest.h"

#define BLK_DESCS 3 /* of a request: header, data, status */
#define BLK_REQUESTS 5 /* as many as a ring has room for */
#define BLK_DESC 0x10000ull
#define BLK_SECTOR 512

struct blk_ring {
	bool packed;
	bool in_order;
};

/* A split ring's must be a power of two; five requests fill a packed one to the last place. */
unsigned blk_ring_size(struct blk_ring ring);

/* Where request @n has its data, and its status behind that. */
guint64 blk_data(unsigned n);

/* The features, the queue, DRIVER_OK. */
void blk_start(struct qtest *qtest, struct blk_ring ring);

/* Makes @count requests available, of the sectors in @sectors, and kicks once. */
void blk_submit(struct qtest *qtest, struct blk_ring ring, const unsigned *sectors, unsigned count);

/* The requests that were returned, in their order. Returns how many. */
unsigned blk_returned(struct qtest *qtest, struct blk_ring ring, unsigned *requests);

#endif
