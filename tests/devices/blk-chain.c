// SPDX-License-Identifier: GPL-2.0-or-later
#include "blk-chain.h"
#include "../unit.h"

#include <linux/virtio_blk.h>
#include <linux/virtio_config.h>
#include <linux/virtio_mmio.h>
#include <linux/virtio_ring.h>
#include <string.h>

#define MMIO 0xfeb00000ull /* microvm's first transport */
#define NUM 64
#define DESC 0x10000ull
#define AVAIL 0x11000ull
#define USED 0x12000ull
#define TABLE 0x13000ull
#define OUT 0x20000ull
#define IN 0x60000ull
#define PAGE 0x2000ull
#define LOOKS 5000
#define LOOK_US 2000

#define PACKED_AVAIL (1 << VRING_PACKED_DESC_F_AVAIL)
#define PACKED_USED (1 << VRING_PACKED_DESC_F_USED)

static bool is_packed(const struct chain *chain)
{
	return chain->ring == RING_PACKED || chain->ring == RING_PACKED_INDIRECT;
}

static bool is_indirect(const struct chain *chain)
{
	return chain->ring == RING_INDIRECT || chain->ring == RING_PACKED_INDIRECT;
}

static guint64 wanted(const struct chain *chain)
{
	guint64 all = G_MAXUINT32 & ~(1ull << VIRTIO_RING_F_EVENT_IDX);

	all |= 1ull << VIRTIO_F_VERSION_1;
	if (is_packed(chain))
		all |= 1ull << VIRTIO_F_RING_PACKED;
	if (chain->ring == RING_IN_ORDER)
		all |= 1ull << VIRTIO_F_IN_ORDER;
	return all;
}

static guint64 put_features(struct chain *chain, guint64 without)
{
	struct qtest *qtest = chain->qtest;
	guint64 want = wanted(chain) & ~without, offered = 0;

	for (unsigned half = 0; half < 2; half++) {
		guint32 bits;

		qtest_set(qtest, MMIO + VIRTIO_MMIO_DEVICE_FEATURES_SEL, half);
		bits = qtest_get(qtest, MMIO + VIRTIO_MMIO_DEVICE_FEATURES);
		offered |= (guint64)bits << (half * 32);
		qtest_set(qtest, MMIO + VIRTIO_MMIO_DRIVER_FEATURES_SEL, half);
		qtest_set(qtest, MMIO + VIRTIO_MMIO_DRIVER_FEATURES, want >> (half * 32) & bits);
	}
	return offered;
}

static void zero(struct chain *chain, guint64 at, size_t len)
{
	g_autofree guint8 *nothing = g_malloc0(len);

	qtest_write(chain->qtest, at, nothing, len);
}

void chain_reset(struct chain *chain)
{
	qtest_set(chain->qtest, MMIO + VIRTIO_MMIO_STATUS, 0);
	zero(chain, DESC, 0x4000);
	chain->submitted = 0;
}

guint64 chain_start(struct chain *chain, guint64 without)
{
	struct qtest *qtest = chain->qtest;
	unsigned status = VIRTIO_CONFIG_S_ACKNOWLEDGE | VIRTIO_CONFIG_S_DRIVER;
	guint64 offered;

	chain_reset(chain);
	assert_int_equal(qtest_get(qtest, MMIO + VIRTIO_MMIO_DEVICE_ID), 2);
	qtest_set(qtest, MMIO + VIRTIO_MMIO_STATUS, status);
	offered = put_features(chain, without);
	status |= VIRTIO_CONFIG_S_FEATURES_OK;
	qtest_set(qtest, MMIO + VIRTIO_MMIO_STATUS, status);
	qtest_set(qtest, MMIO + VIRTIO_MMIO_QUEUE_SEL, 0);
	qtest_set(qtest, MMIO + VIRTIO_MMIO_QUEUE_NUM, NUM);
	qtest_set(qtest, MMIO + VIRTIO_MMIO_QUEUE_DESC_LOW, DESC);
	qtest_set(qtest, MMIO + VIRTIO_MMIO_QUEUE_AVAIL_LOW, AVAIL);
	qtest_set(qtest, MMIO + VIRTIO_MMIO_QUEUE_USED_LOW, USED);
	qtest_set(qtest, MMIO + VIRTIO_MMIO_QUEUE_READY, 1);
	status |= VIRTIO_CONFIG_S_DRIVER_OK;
	qtest_set(qtest, MMIO + VIRTIO_MMIO_STATUS, status);
	assert_int_equal(qtest_get(qtest, MMIO + VIRTIO_MMIO_STATUS), status);
	return offered;
}

void chain_header(struct chain *chain, guint32 type, guint64 sector)
{
	struct virtio_blk_outhdr header = {.type = GUINT32_TO_LE(type),
					   .sector = GUINT64_TO_LE(sector)};

	memset(chain->sent, 0, sizeof(chain->sent));
	memcpy(chain->sent, &header, sizeof(header));
}

static unsigned count_cuts(const guint16 *cuts)
{
	unsigned n = 0;

	while (n < CHAIN_PARTS && cuts[n])
		n++;
	return n;
}

/* Descriptor @i of @count, which is linked to the next one in a split ring. */
static void put_desc(struct chain *chain, unsigned i, unsigned count, guint64 address, guint32 len,
		     guint16 flags)
{
	bool table = is_indirect(chain), last = i + 1 == count;
	guint64 at = (table ? TABLE : DESC) + i * sizeof(struct vring_desc);
	struct vring_desc desc = {.addr = GUINT64_TO_LE(address), .len = GUINT32_TO_LE(len)};

	if (is_packed(chain)) {
		/* As struct vring_packed_desc has them: the id, then the flags */
		flags |= table ? 0 : PACKED_AVAIL | (last ? 0 : VRING_DESC_F_NEXT);
		desc.flags = GUINT16_TO_LE(7);
		desc.next = GUINT16_TO_LE(flags);
	} else {
		desc.flags = GUINT16_TO_LE(flags | (last ? 0 : VRING_DESC_F_NEXT));
		desc.next = GUINT16_TO_LE(last ? 0 : i + 1);
	}
	qtest_write(chain->qtest, at, &desc, sizeof(desc));
}

static void put_table(struct chain *chain, unsigned count)
{
	struct vring_desc desc = {.addr = GUINT64_TO_LE(TABLE),
				  .len = GUINT32_TO_LE(count * sizeof(desc))};
	guint16 flags = GUINT16_TO_LE(VRING_DESC_F_INDIRECT);

	if (is_packed(chain)) {
		desc.flags = GUINT16_TO_LE(7);
		desc.next = GUINT16_TO_LE(VRING_DESC_F_INDIRECT | PACKED_AVAIL);
	} else {
		desc.flags = flags;
	}
	qtest_write(chain->qtest, DESC, &desc, sizeof(desc));
}

/* What goes out, and what is to be overwritten by what comes in. */
static void put_data(struct chain *chain, const guint16 *out, const guint16 *in)
{
	for (unsigned i = 0, at = 0; i < count_cuts(out); at += out[i++])
		qtest_write(chain->qtest, OUT + i * PAGE, chain->sent + at, out[i]);
	for (unsigned i = 0; i < count_cuts(in); i++) {
		g_autofree guint8 *fill = g_malloc(in[i]);

		memset(fill, 0xee, in[i]);
		qtest_write(chain->qtest, IN + i * PAGE, fill, in[i]);
	}
}

/*
 * The head last: an iothread that polls looks at a packed ring's head before it is
 * kicked, and a chain without its rest breaks the device.
 */
static void put_chain(struct chain *chain, const guint16 *out, const guint16 *in)
{
	unsigned outs = count_cuts(out), count = outs + count_cuts(in);

	for (unsigned i = count; i-- > outs;)
		put_desc(chain, i, count, IN + (i - outs) * PAGE, in[i - outs], VRING_DESC_F_WRITE);
	for (unsigned i = outs; i--;)
		put_desc(chain, i, count, OUT + i * PAGE, out[i], 0);
	if (is_indirect(chain))
		put_table(chain, count);
}

void chain_submit(struct chain *chain)
{
	guint16 idx = GUINT16_TO_LE(++chain->submitted);

	put_data(chain, chain->cuts->out, chain->cuts->in);
	put_chain(chain, chain->cuts->out, chain->cuts->in);
	if (!is_packed(chain))
		qtest_write(chain->qtest, AVAIL + 2, &idx, sizeof(idx));
	qtest_set(chain->qtest, MMIO + VIRTIO_MMIO_QUEUE_NOTIFY, 0);
}

bool chain_is_used(struct chain *chain)
{
	guint16 last = MAX(chain->submitted, 1) - 1;
	struct vring_packed_desc desc;
	struct vring_used_elem elem;
	guint16 idx;

	if (is_packed(chain)) {
		qtest_read(chain->qtest, DESC, &desc, sizeof(desc));
		chain->used_len = GUINT32_FROM_LE(desc.len);
		return GUINT16_FROM_LE(desc.flags) & PACKED_USED;
	}
	qtest_read(chain->qtest, USED + 2, &idx, sizeof(idx));
	qtest_read(chain->qtest, USED + 4 + last % NUM * sizeof(elem), &elem, sizeof(elem));
	chain->used_len = GUINT32_FROM_LE(elem.len);
	return GUINT16_FROM_LE(idx) > last;
}

unsigned chain_await(struct chain *chain)
{
	const guint16 *in = chain->cuts->in;
	unsigned ins = count_cuts(in), at = 0;

	for (unsigned look = 0; !chain_is_used(chain); look++) {
		if (qtest_get(chain->qtest, MMIO + VIRTIO_MMIO_STATUS) &
		    VIRTIO_CONFIG_S_NEEDS_RESET)
			return CHAIN_BROKEN;
		if (look == LOOKS)
			return CHAIN_SILENT;
		g_usleep(LOOK_US);
	}
	for (unsigned i = 0; i < ins; at += in[i++])
		qtest_read(chain->qtest, IN + i * PAGE, chain->got + at, in[i]);
	return at ? chain->got[at - 1] : CHAIN_SILENT;
}

void chain_config(struct chain *chain, size_t offset, void *data, size_t len)
{
	qtest_read(chain->qtest, MMIO + VIRTIO_MMIO_CONFIG + offset, data, len);
}

void chain_set_config(struct chain *chain, size_t offset, const void *data, size_t len)
{
	qtest_write(chain->qtest, MMIO + VIRTIO_MMIO_CONFIG + offset, data, len);
}

bool chain_config_changed(struct chain *chain)
{
	guint32 why = qtest_get(chain->qtest, MMIO + VIRTIO_MMIO_INTERRUPT_STATUS);

	qtest_set(chain->qtest, MMIO + VIRTIO_MMIO_INTERRUPT_ACK, why);
	return why & VIRTIO_MMIO_INT_CONFIG;
}

static guint64 some_address(GRand *dice)
{
	switch (g_rand_int_range(dice, 0, 8)) {
	case 0:
		return (guint64)g_rand_int(dice) << 32 | g_rand_int(dice);
	case 1:
		return MMIO + g_rand_int_range(dice, 0, 0x200);
	case 2:
		return DESC + g_rand_int_range(dice, 0, 0x4000);
	default:
		return OUT + g_rand_int_range(dice, 0, 16) * PAGE;
	}
}

static void put_junk(struct chain *chain, GRand *dice, guint64 table)
{
	struct vring_desc descs[NUM];
	unsigned nexts = is_packed(chain) ? 1 << 16 : NUM + 2; /* flags in a packed ring */

	for (unsigned i = 0; i < NUM; i++)
		descs[i] = (struct vring_desc){
			.addr = GUINT64_TO_LE(g_rand_int_range(dice, 0, 4) ? some_address(dice)
									   : TABLE),
			.len = GUINT32_TO_LE(g_rand_int(dice) >> g_rand_int_range(dice, 0, 32)),
			.flags = GUINT16_TO_LE(g_rand_int(dice) & 7),
			.next = GUINT16_TO_LE(g_rand_int(dice) % nexts),
		};
	qtest_write(chain->qtest, table, descs, sizeof(descs));
}

void chain_scramble(struct chain *chain, GRand *dice)
{
	guint16 avail[2 + NUM] = {0, GUINT16_TO_LE(g_rand_int_range(dice, 0, NUM + 2))};

	put_junk(chain, dice, DESC);
	put_junk(chain, dice, TABLE);
	for (unsigned i = 2; i < G_N_ELEMENTS(avail); i++)
		avail[i] = GUINT16_TO_LE(g_rand_int_range(dice, 0, NUM + 2));
	qtest_write(chain->qtest, AVAIL, avail, sizeof(avail));
	qtest_set(chain->qtest, MMIO + VIRTIO_MMIO_QUEUE_NOTIFY, 0);
}
