/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A driver of virtio-blk on virtio-mmio, by qtest, whose chains are of any shape. */
#ifndef TESTS_BLK_CHAIN_H
#define TESTS_BLK_CHAIN_H

#include "qtest.h"

#define CHAIN_PARTS 24
#define CHAIN_BYTES 4096 /* of the header and the data behind it; and of what the device writes */
#define CHAIN_BROKEN 256 /* instead of a status: the device needs a reset */
#define CHAIN_SILENT 257 /* no answer */

enum chain_ring { RING_SPLIT, RING_PACKED, RING_INDIRECT, RING_PACKED_INDIRECT, RING_IN_ORDER };

/* Where the bytes are cut into descriptors; each lies on a page of its own. 0 ends a list. */
struct chain_cuts {
	guint16 out[CHAIN_PARTS], in[CHAIN_PARTS];
};

struct chain {
	struct qtest *qtest;
	enum chain_ring ring;
	const struct chain_cuts *cuts;
	guint8 sent[CHAIN_BYTES]; /* the header first */
	guint8 got[CHAIN_BYTES];
	guint32 used_len;
	guint16 submitted; /* since the start */
};

/* Resets the device and makes it ready; with all features but @without. Returns what it offered. */
guint64 chain_start(struct chain *chain, guint64 without);

/* The header of a request into @chain->sent. */
void chain_header(struct chain *chain, guint32 type, guint64 sector);

/*
 * Makes it available and kicks; answers with the status, or CHAIN_BROKEN. In a
 * packed ring a second one needs another start.
 */
void chain_submit(struct chain *chain);
unsigned chain_await(struct chain *chain);
bool chain_is_used(struct chain *chain);

/* Descriptors, the available ring and an indirect table by dice, and a kick. */
void chain_scramble(struct chain *chain, GRand *dice);

/* Resets the device and clears the rings, which are the driver's own after it. */
void chain_reset(struct chain *chain);

/* The device's configuration, and whether its interrupt came since the last look. */
void chain_config(struct chain *chain, size_t offset, void *data, size_t len);
void chain_set_config(struct chain *chain, size_t offset, const void *data, size_t len);
bool chain_config_changed(struct chain *chain);

#endif
