/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Rings in a memory of our own: what is in flight, and what a hostile guest may write there. */
#include "vq/ring.h"
#include "../unit.h"

#include <string.h>

#define BASE 0x1000
#define BYTES 0x10000
#define DESC BASE
#define AVAIL (BASE + 0x1000)
#define USED (BASE + 0x2000)
#define TABLE (BASE + 0x3000)
#define DATA (BASE + 0x4000)
#define SIZE 8

static struct {
	struct vq_memory memory;
	guint8 bytes[BYTES];
} guest;

static bool read_guest(struct vq_memory *memory, guint64 address, void *to, size_t len)
{
	(void)memory;
	if (address < BASE || address - BASE > BYTES || len > BYTES - (address - BASE))
		return false;
	memcpy(to, guest.bytes + (address - BASE), len);
	return true;
}

static void put16(guint64 address, guint16 value)
{
	guest.bytes[address - BASE] = value;
	guest.bytes[address - BASE + 1] = value >> 8;
}

static void put32(guint64 address, guint32 value)
{
	put16(address, value);
	put16(address + 2, value >> 16);
}

static int fresh(void **state)
{
	(void)state;
	memset(&guest, 0, sizeof(guest));
	guest.memory.read = read_guest;
	return 0;
}

/* @last: next in a split ring, id before the flags in a packed one */
static void put_desc(guint64 table, unsigned i, guint64 address, guint32 len, guint16 third,
		     guint16 fourth)
{
	put32(table + i * 16, address);
	put32(table + i * 16 + 4, address >> 32);
	put32(table + i * 16 + 8, len);
	put16(table + i * 16 + 12, third);
	put16(table + i * 16 + 14, fourth);
}

static struct vq_place split_place(void)
{
	return (struct vq_place){.size = SIZE, .desc = DESC, .avail = AVAIL, .used = USED};
}

static void make_available(guint16 position, guint16 head)
{
	put16(AVAIL + 4 + position % SIZE * 2, head);
	put16(AVAIL + 2, position + 1);
}

static void make_used(guint16 position, guint32 id, guint32 len)
{
	put32(USED + 4 + position % SIZE * 8, id);
	put32(USED + 8 + position % SIZE * 8, len);
	put16(USED + 2, position + 1);
}

static const struct vq_buffer *buffer_at(const struct vq_ring *ring, guint i)
{
	assert_true(i < ring->buffers->len);
	return &g_array_index(ring->buffers, struct vq_buffer, i);
}

static void test_split_chain(void **state)
{
	struct vq_place place = split_place();
	struct vq_ring ring;

	(void)state;
	put_desc(DESC, 3, DATA, 16, VQ_DESC_NEXT, 5);
	put_desc(DESC, 5, DATA + 16, 512, VQ_DESC_NEXT | VQ_DESC_WRITE, 1);
	put_desc(DESC, 1, DATA + 528, 1, VQ_DESC_WRITE, 0);
	make_available(0, 3);
	vq_ring_read(&ring, &place, &guest.memory);
	assert_true(ring.read);
	assert_int_equal(ring.waiting, 1);
	assert_int_equal(buffer_at(&ring, 0)->head, 3);
	assert_int_equal(buffer_at(&ring, 0)->descriptors, 3);
	assert_int_equal(buffer_at(&ring, 0)->out_bytes, 16);
	assert_int_equal(buffer_at(&ring, 0)->in_bytes, 513);
	assert_int_equal(buffer_at(&ring, 0)->chain, VQ_CHAIN_GOOD);
	vq_ring_clear(&ring);
}

static void test_split_wraps(void **state)
{
	struct vq_place place = split_place();
	struct vq_ring ring;

	(void)state;
	for (unsigned i = 0; i < SIZE; i++)
		put_desc(DESC, i, DATA, 8, 0, 0);
	place.last_avail = place.used_idx = 65534;
	for (guint16 at = 65534; at != 3; at++)
		make_available(at, at % SIZE);
	put16(USED + 2, 65534);
	vq_ring_read(&ring, &place, &guest.memory);
	assert_int_equal(ring.waiting, 5);
	assert_false(ring.runaway);
	assert_int_equal(buffer_at(&ring, 0)->head, 6);
	assert_int_equal(buffer_at(&ring, 4)->head, 2);
	vq_ring_clear(&ring);
}

/* Two of five have come back out of order: the device holds the other three. */
static void test_split_popped(void **state)
{
	struct vq_place place = split_place();
	struct vq_ring ring;

	(void)state;
	for (unsigned i = 0; i < SIZE; i++)
		put_desc(DESC, i, DATA, 8, 0, 0);
	for (unsigned i = 0; i < 5; i++)
		make_available(i, i);
	make_used(0, 3, 0);
	make_used(1, 0, 0);
	place.last_avail = 5;
	place.used_idx = 2;
	place.popped = 3;
	vq_ring_read(&ring, &place, &guest.memory);
	assert_true(ring.heads_known);
	assert_int_equal(ring.buffers->len, 3);
	assert_int_equal(buffer_at(&ring, 0)->head, 1);
	assert_int_equal(buffer_at(&ring, 1)->head, 2);
	assert_int_equal(buffer_at(&ring, 2)->head, 4);
	assert_true(buffer_at(&ring, 2)->popped);
	vq_ring_clear(&ring);
}

static void test_split_forgotten(void **state)
{
	struct vq_place place = split_place();
	struct vq_ring ring;

	(void)state;
	put16(AVAIL + 2, 4);
	place.last_avail = 4;
	place.used_idx = 1;
	place.popped = 7; /* more than the rings can account for */
	vq_ring_read(&ring, &place, &guest.memory);
	assert_false(ring.heads_known);
	assert_int_equal(ring.buffers->len, 0);
	vq_ring_clear(&ring);
}

static enum vq_chain chain_of(guint16 head)
{
	struct vq_place place = split_place();
	struct vq_ring ring;
	enum vq_chain chain;

	make_available(0, head);
	vq_ring_read(&ring, &place, &guest.memory);
	chain = buffer_at(&ring, 0)->chain;
	vq_ring_clear(&ring);
	return chain;
}

static void test_split_hostile_chains(void **state)
{
	(void)state;
	put_desc(DESC, 0, DATA, 8, VQ_DESC_NEXT, 0);
	assert_int_equal(chain_of(0), VQ_CHAIN_LOOP);
	put_desc(DESC, 0, DATA, 8, VQ_DESC_NEXT, SIZE);
	assert_int_equal(chain_of(0), VQ_CHAIN_OUTSIDE);
	assert_int_equal(chain_of(65535), VQ_CHAIN_OUTSIDE);
	put_desc(DESC, 0, DATA, 0, 0, 0);
	assert_int_equal(chain_of(0), VQ_CHAIN_EMPTY);
	put_desc(DESC, 0, G_MAXUINT64 - 3, 8, 0, 0);
	assert_int_equal(chain_of(0), VQ_CHAIN_NO_MEMORY);
	put_desc(DESC, 0, 0x7f0000000000, 32, VQ_DESC_INDIRECT, 0);
	assert_int_equal(chain_of(0), VQ_CHAIN_NO_TABLE);
	put_desc(DESC, 0, TABLE, 15, VQ_DESC_INDIRECT, 0);
	assert_int_equal(chain_of(0), VQ_CHAIN_NO_TABLE);
	put_desc(DESC, 0, TABLE, G_MAXUINT32, VQ_DESC_INDIRECT, 0);
	put_desc(TABLE, 0, DATA, 1, VQ_DESC_NEXT, 0);
	assert_int_equal(chain_of(0), VQ_CHAIN_LOOP);
	put_desc(TABLE, 0, DATA, 1, VQ_DESC_NEXT, 65535);
	assert_int_equal(chain_of(0), VQ_CHAIN_OUTSIDE);
}

static void test_split_runaway(void **state)
{
	struct vq_place place = split_place();
	struct vq_ring ring;

	(void)state;
	put16(AVAIL + 2, SIZE + 1);
	vq_ring_read(&ring, &place, &guest.memory);
	assert_true(ring.runaway);
	assert_int_equal(ring.buffers->len, SIZE);
	vq_ring_clear(&ring);
}

/* The ring is full again, but for the one that the device holds. */
static void test_split_held_and_full(void **state)
{
	struct vq_place place = split_place();
	struct vq_ring ring;

	(void)state;
	for (unsigned i = 0; i < SIZE; i++)
		put_desc(DESC, i, DATA, 8, 0, 0);
	for (guint16 at = 0; at < 5 + SIZE; at++)
		make_available(at, (at * 3) % SIZE);
	for (guint16 at = 0; at < 5; at++)
		make_used(at, (at * 3) % SIZE, 8);
	place.last_avail = 6;
	place.used_idx = 5;
	place.popped = 1;
	vq_ring_read(&ring, &place, &guest.memory);
	assert_true(ring.heads_known);
	assert_true(buffer_at(&ring, 0)->popped);
	assert_int_equal(buffer_at(&ring, 0)->head, 5 * 3 % SIZE);
	assert_int_equal(ring.waiting, SIZE - 1);
	vq_ring_clear(&ring);
}

static void test_split_wishes(void **state)
{
	struct vq_place place = split_place();
	struct vq_ring ring;

	(void)state;
	vq_ring_read(&ring, &place, &guest.memory);
	assert_true(ring.read);
	assert_int_equal(ring.kick.wish, VQ_UNREAD); /* nothing has ever been there */
	vq_ring_clear(&ring);
	place.last_avail = place.used_idx = 1;
	make_available(0, 0);
	put16(AVAIL, 1);
	put16(USED, 1);
	put16(AVAIL + 4 + SIZE * 2, 77);
	put16(USED + 4 + SIZE * 8, 78);
	vq_ring_read(&ring, &place, &guest.memory);
	assert_int_equal(ring.kick.wish, VQ_NEVER);
	assert_int_equal(ring.interrupt.wish, VQ_NEVER);
	vq_ring_clear(&ring);
	place.event_index = true;
	vq_ring_read(&ring, &place, &guest.memory);
	assert_int_equal(ring.kick.wish, VQ_AT_INDEX);
	assert_int_equal(ring.kick.index, 78);
	assert_int_equal(ring.interrupt.index, 77);
	vq_ring_clear(&ring);
}

static void test_split_used(void **state)
{
	struct vq_place place = split_place();
	struct vq_ring ring;

	(void)state;
	make_used(0, SIZE, 12);
	place.used_idx = place.last_avail = 1;
	vq_ring_read(&ring, &place, &guest.memory);
	assert_true(ring.last_used_outside);
	assert_int_equal(ring.last_used_len, 12);
	vq_ring_clear(&ring);
}

static void test_unreadable(void **state)
{
	struct vq_place places[] = {split_place(), split_place(), split_place(), split_place()};
	struct vq_ring ring;

	(void)state;
	places[0].desc = 0x7f0000000000;
	places[1].size = 0;
	places[2].size = VQ_RING_MAX + 1;
	places[3].used = BASE + BYTES - 8; /* its end is outside */
	for (size_t i = 0; i < G_N_ELEMENTS(places); i++) {
		for (int packed = 0; packed < 2; packed++) {
			places[i].packed = packed;
			if (i == 3 && packed)
				continue;
			vq_ring_read(&ring, &places[i], &guest.memory);
			assert_false(ring.read);
			vq_ring_clear(&ring);
		}
	}
}

/* Packed: the id, then the flags. */
#define AVAIL_BIT (1 << 7)
#define USED_BIT (1 << 15)

static struct vq_place packed_place(void)
{
	struct vq_place place = split_place();

	place.packed = true;
	return place;
}

static void test_packed_waiting(void **state)
{
	struct vq_place place = packed_place();
	struct vq_ring ring;

	(void)state;
	put_desc(DESC, 6, DATA, 8, 3, AVAIL_BIT | USED_BIT);
	/* From the last place of one lap into the next one, whose bits are the other way round. */
	put_desc(DESC, 7, DATA, 8, 4, AVAIL_BIT | VQ_DESC_NEXT);
	put_desc(DESC, 0, DATA, 9, 4, USED_BIT | VQ_DESC_WRITE);
	put_desc(DESC, 1, DATA, 10, 6, USED_BIT);
	put_desc(DESC, 2, DATA, 11, 2, AVAIL_BIT); /* of the lap before: not available */
	place.last_avail = place.used_idx = 7 | 0x8000;
	vq_ring_read(&ring, &place, &guest.memory);
	assert_true(ring.read);
	assert_int_equal(ring.waiting, 2);
	assert_int_equal(buffer_at(&ring, 0)->head, 4);
	assert_int_equal(buffer_at(&ring, 0)->out_bytes, 8);
	assert_int_equal(buffer_at(&ring, 0)->in_bytes, 9);
	assert_int_equal(buffer_at(&ring, 1)->head, 6);
	vq_ring_clear(&ring);
}

static void test_packed_popped(void **state)
{
	struct vq_place place = packed_place();
	struct vq_ring ring;

	(void)state;
	put_desc(DESC, 0, DATA, 8, 0, AVAIL_BIT | USED_BIT); /* used */
	put_desc(DESC, 1, TABLE, 32, 1, AVAIL_BIT | VQ_DESC_INDIRECT);
	put_desc(TABLE, 0, DATA, 100, 0, 0);
	put_desc(TABLE, 1, DATA, 200, 0, VQ_DESC_WRITE);
	put_desc(DESC, 2, DATA, 8, 2, AVAIL_BIT);
	place.last_avail = 2 | 0x8000;
	place.used_idx = 1 | 0x8000;
	place.popped = 1;
	vq_ring_read(&ring, &place, &guest.memory);
	assert_int_equal(ring.buffers->len, 2);
	assert_true(buffer_at(&ring, 0)->popped);
	assert_int_equal(buffer_at(&ring, 0)->out_bytes, 100);
	assert_int_equal(buffer_at(&ring, 0)->in_bytes, 200);
	assert_int_equal(ring.waiting, 1);
	assert_true(ring.heads_known);
	vq_ring_clear(&ring);
}

static unsigned packed_waiting(const struct vq_place *place)
{
	struct vq_ring ring;
	unsigned waiting;

	vq_ring_read(&ring, place, &guest.memory);
	assert_true(ring.read);
	waiting = ring.waiting;
	vq_ring_clear(&ring);
	return waiting;
}

/* Three chains of three came back: the device marked the first descriptor of each, no other. */
static void test_packed_stale(void **state)
{
	struct vq_place place = packed_place();

	(void)state;
	for (unsigned i = 0; i < SIZE; i++)
		put_desc(DESC, i, DATA, 8, i / 3,
			 AVAIL_BIT | (i % 3 ? 0 : USED_BIT) | (i % 3 < 2 ? VQ_DESC_NEXT : 0));
	put_desc(DESC, 0, DATA, 8, 2, USED_BIT); /* the end of the third, in the next lap */
	place.last_avail = place.used_idx = 1;
	assert_int_equal(packed_waiting(&place), 0);
	/* The driver's next one, which only in part covers what was there */
	put_desc(DESC, 1, DATA, 8, 0, USED_BIT);
	assert_int_equal(packed_waiting(&place), 1);
	place.last_avail = 2;
	place.popped = 1;
	assert_int_equal(packed_waiting(&place), 0);
	put_desc(DESC, 2, DATA, 8, 0, USED_BIT);
	assert_int_equal(packed_waiting(&place), 1);
}

/* A full ring of one lap and of the next one: nothing in it says that it was used. */
static void test_packed_full(void **state)
{
	struct vq_place place = packed_place();

	(void)state;
	for (unsigned i = 0; i < SIZE; i++)
		put_desc(DESC, i, DATA, 8, i, i < 3 ? USED_BIT : AVAIL_BIT);
	place.last_avail = place.used_idx = 3;
	assert_int_equal(packed_waiting(&place), SIZE);
	place.last_avail = 1;
	place.popped = 6;
	assert_int_equal(packed_waiting(&place), 2);
	place.last_avail = 3;
	place.popped = SIZE;
	assert_int_equal(packed_waiting(&place), 0);
}

static void test_packed_hostile(void **state)
{
	struct vq_place place = packed_place();
	struct vq_ring ring;

	(void)state;
	for (unsigned i = 0; i < SIZE; i++)
		put_desc(DESC, i, DATA, 8, i, AVAIL_BIT | VQ_DESC_NEXT);
	place.popped = 65535;
	vq_ring_read(&ring, &place, &guest.memory);
	assert_int_equal(buffer_at(&ring, 0)->chain, VQ_CHAIN_LOOP);
	vq_ring_clear(&ring);
	place.popped = 0;
	place.last_avail = 0xffff; /* beyond the ring */
	vq_ring_read(&ring, &place, &guest.memory);
	assert_true(ring.read);
	vq_ring_clear(&ring);
}

static void test_packed_wishes(void **state)
{
	struct vq_place place = packed_place();
	struct vq_ring ring;

	(void)state;
	put16(AVAIL, 3 | 0x8000);
	put16(AVAIL + 2, 2);
	put16(USED + 2, 1);
	vq_ring_read(&ring, &place, &guest.memory);
	assert_int_equal(ring.interrupt.wish, VQ_RESERVED); /* without the feature */
	assert_int_equal(ring.kick.wish, VQ_NEVER);
	vq_ring_clear(&ring);
	place.event_index = true;
	vq_ring_read(&ring, &place, &guest.memory);
	assert_int_equal(ring.interrupt.wish, VQ_AT_INDEX);
	assert_int_equal(ring.interrupt.index, 3);
	assert_true(ring.interrupt.wrap);
	vq_ring_clear(&ring);
}

static void test_need_event(void **state)
{
	(void)state;
	assert_true(vq_need_event(5, 6, 5));
	assert_false(vq_need_event(4, 6, 5));
	assert_false(vq_need_event(6, 6, 5));
	assert_true(vq_need_event(65535, 0, 65535));
	assert_true(vq_need_event(0, 3, 65534));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(test_split_chain, fresh),
		cmocka_unit_test_setup(test_split_wraps, fresh),
		cmocka_unit_test_setup(test_split_popped, fresh),
		cmocka_unit_test_setup(test_split_forgotten, fresh),
		cmocka_unit_test_setup(test_split_hostile_chains, fresh),
		cmocka_unit_test_setup(test_split_runaway, fresh),
		cmocka_unit_test_setup(test_split_held_and_full, fresh),
		cmocka_unit_test_setup(test_split_wishes, fresh),
		cmocka_unit_test_setup(test_split_used, fresh),
		cmocka_unit_test_setup(test_unreadable, fresh),
		cmocka_unit_test_setup(test_packed_waiting, fresh),
		cmocka_unit_test_setup(test_packed_popped, fresh),
		cmocka_unit_test_setup(test_packed_stale, fresh),
		cmocka_unit_test_setup(test_packed_full, fresh),
		cmocka_unit_test_setup(test_packed_hostile, fresh),
		cmocka_unit_test_setup(test_packed_wishes, fresh),
		cmocka_unit_test(test_need_event),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
