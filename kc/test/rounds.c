/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "test/rounds.h"

struct test_rounds {
	GPtrArray *order; /* of this round */
	GHashTable *left_out;
	GRand *dice; /* NULL: as they came */
	unsigned count;
	unsigned round; /* from 1; 0: none was begun */
	guint next; /* in @order */
};

struct test_rounds *test_rounds_new(const GPtrArray *cases, unsigned count, const guint32 *seed)
{
	struct test_rounds *rounds = g_new0(struct test_rounds, 1);

	rounds->order = g_ptr_array_new();
	for (guint i = 0; i < cases->len; i++)
		g_ptr_array_add(rounds->order, g_ptr_array_index(cases, i));
	rounds->left_out = g_hash_table_new(NULL, NULL);
	rounds->dice = seed ? g_rand_new_with_seed(*seed) : NULL;
	rounds->count = count;
	rounds->next = cases->len;
	return rounds;
}

void test_rounds_free(struct test_rounds *rounds)
{
	g_ptr_array_unref(rounds->order);
	g_hash_table_unref(rounds->left_out);
	g_clear_pointer(&rounds->dice, g_rand_free);
	g_free(rounds);
}

/* Fisher and Yates: each order is as likely as any other. */
static void shuffle(GPtrArray *order, GRand *dice)
{
	for (guint i = order->len; i-- > 1;) {
		guint other = g_rand_int_range(dice, 0, i + 1);
		gpointer swap = order->pdata[i];

		order->pdata[i] = order->pdata[other];
		order->pdata[other] = swap;
	}
}

static bool begin_round(struct test_rounds *rounds)
{
	if (rounds->count && rounds->round >= rounds->count)
		return false;
	if (g_hash_table_size(rounds->left_out) == rounds->order->len)
		return false;
	if (rounds->dice)
		shuffle(rounds->order, rounds->dice);
	rounds->round++;
	rounds->next = 0;
	return true;
}

bool test_rounds_next(struct test_rounds *rounds, struct test_turn *turn)
{
	do {
		if (rounds->next == rounds->order->len && !begin_round(rounds))
			return false;
		turn->test_case = g_ptr_array_index(rounds->order, rounds->next++);
	} while (g_hash_table_contains(rounds->left_out, turn->test_case));
	turn->run = rounds->round;
	return true;
}

void test_rounds_leave_out(struct test_rounds *rounds, const struct test_case *test_case)
{
	g_hash_table_add(rounds->left_out, (gpointer)test_case);
}

void test_rounds_end_with_first(struct test_rounds *rounds)
{
	rounds->count = 1;
	if (rounds->round > 1)
		rounds->next = rounds->order->len;
}
