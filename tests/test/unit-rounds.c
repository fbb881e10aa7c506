/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Rounds of tests: each once a round, in an order that a seed repeats, and to an end. */
#include "test/rounds.h"
#include "../unit.h"

#define CASES 20

static struct test_case some[CASES];

static GPtrArray *cases_new(void)
{
	GPtrArray *cases = g_ptr_array_new();

	for (guint i = 0; i < CASES; i++)
		g_ptr_array_add(cases, &some[i]);
	return cases;
}

/* The next @count turns, as numbers of cases. */
static void take(struct test_rounds *rounds, guint count, long *order)
{
	for (guint i = 0; i < count; i++) {
		struct test_turn turn;

		assert_true(test_rounds_next(rounds, &turn));
		assert_int_equal(turn.run, i / CASES + 1);
		order[i] = turn.test_case - some;
	}
}

static void each_is_once_in_a_round(void **state)
{
	const guint32 seed = 7;
	g_autoptr(GPtrArray) cases = cases_new();
	struct test_rounds *rounds = test_rounds_new(cases, 3, &seed);
	struct test_turn turn;
	long order[3 * CASES];

	(void)state;
	take(rounds, 3 * CASES, order);
	assert_false(test_rounds_next(rounds, &turn));
	for (int round = 0; round < 3; round++) {
		bool seen[CASES] = {false};

		for (int i = 0; i < CASES; i++)
			seen[order[round * CASES + i]] = true;
		for (int i = 0; i < CASES; i++)
			assert_true(seen[i]);
	}
	assert_memory_not_equal(order, order + CASES, CASES * sizeof(*order));
	test_rounds_free(rounds);
}

static void a_seed_is_an_order(void **state)
{
	const guint32 seeds[] = {7, 7, 8};
	g_autoptr(GPtrArray) cases = cases_new();
	long order[4][2 * CASES];

	(void)state;
	for (int i = 0; i < 4; i++) {
		struct test_rounds *rounds = test_rounds_new(cases, 0, i < 3 ? &seeds[i] : NULL);

		take(rounds, 2 * CASES, order[i]);
		test_rounds_free(rounds);
	}
	assert_memory_equal(order[0], order[1], sizeof(*order));
	assert_memory_not_equal(order[0], order[2], sizeof(*order));
	for (int i = 0; i < 2 * CASES; i++)
		assert_int_equal(order[3][i], i % CASES);
}

static void endless_rounds_end(void **state)
{
	g_autoptr(GPtrArray) cases = cases_new();
	struct test_rounds *rounds = test_rounds_new(cases, 0, NULL);
	struct test_turn turn;
	long order[CASES];

	(void)state;
	take(rounds, CASES, order);
	for (int i = 1; i < CASES; i++)
		test_rounds_leave_out(rounds, &some[i]);
	assert_true(test_rounds_next(rounds, &turn));
	assert_true(test_rounds_next(rounds, &turn));
	assert_ptr_equal(turn.test_case, &some[0]);
	assert_int_equal(turn.run, 3);
	test_rounds_leave_out(rounds, &some[0]);
	assert_false(test_rounds_next(rounds, &turn));
	test_rounds_free(rounds);
}

static void an_end_leaves_the_first_round_whole(void **state)
{
	g_autoptr(GPtrArray) cases = cases_new();
	struct test_rounds *rounds = test_rounds_new(cases, 0, NULL);
	struct test_turn turn;
	long order[CASES];

	(void)state;
	take(rounds, 2, order);
	test_rounds_end_with_first(rounds);
	for (int i = 2; i < CASES; i++)
		assert_true(test_rounds_next(rounds, &turn));
	assert_false(test_rounds_next(rounds, &turn));
	test_rounds_free(rounds);
	rounds = test_rounds_new(cases, 0, NULL);
	take(rounds, CASES, order);
	assert_true(test_rounds_next(rounds, &turn));
	test_rounds_end_with_first(rounds);
	assert_false(test_rounds_next(rounds, &turn));
	test_rounds_free(rounds);
}

static const struct CMUnitTest tests[] = {
	cmocka_unit_test(each_is_once_in_a_round),
	cmocka_unit_test(a_seed_is_an_order),
	cmocka_unit_test(endless_rounds_end),
	cmocka_unit_test(an_end_leaves_the_first_round_whole),
};

UNIT_MAIN(tests)
