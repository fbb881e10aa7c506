/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The line between two clocks: what causality leaves, how sure it is, and what contradicts. */
#include "../kc/trace-clock.h"
#include "unit.h"

#include <math.h>

#define START G_GINT64_CONSTANT(1700000000000000000)
#define SECOND G_GINT64_CONSTANT(1000000000)

/* The truth: the host is so much ahead, and so much faster. */
static gint64 truth(gint64 guest, gint64 offset, double drift)
{
	return guest + offset + llround(drift * (guest - START));
}

static struct clock_pairs *pairs_of(gint64 offset, double drift, gint64 slack, int n)
{
	struct clock_pairs *pairs = clock_pairs_new();

	for (int i = 0; i < n; i++) {
		gint64 guest = START + i * SECOND / 1000;
		gint64 host = truth(guest, offset, drift);

		clock_guest_first(pairs, guest, host + slack + (i * 7919) % 5000, 2 * i);
		clock_host_first(pairs, guest, host - slack - (i * 104729) % 5000, 2 * i + 1);
	}
	return pairs;
}

static void check_fit(gint64 offset, double drift, gint64 slack, int n)
{
	struct clock_pairs *pairs = pairs_of(offset, drift, slack, n);
	gint64 end = START + n * SECOND / 1000;
	struct clock_line line;
	guint64 tags[2];

	assert_true(clock_pairs_suffice(pairs));
	assert_int_equal(clock_pairs_count(pairs), 2 * n);
	assert_true(clock_fit(pairs, START, end, &line, tags));
	/* The bound is a promise, and worth no more than the pairs are. */
	assert_true(line.bound >= 0 && line.bound <= 2 * slack + 2 * 5000);
	for (gint64 guest = START; guest <= end; guest += SECOND / 100)
		assert_true(ABS(clock_to_host(&line, guest) - truth(guest, offset, drift)) <=
			    line.bound + 2);
	clock_pairs_free(pairs);
}

static void test_truth_lies_within(void **state)
{
	(void)state;
	check_fit(0, 0, 0, 100);
	check_fit(-START / 2, 0, 1000, 100);
	check_fit(5 * SECOND, 3e-5, 1000, 3000);
	check_fit(-77, -2e-3, 20000, 3000);
	check_fit(12345, 1e-2, 500, 20000);
}

/* One pair of each kind: the truth can be anywhere between them, and no farther. */
static void test_one_pair_each(void **state)
{
	struct clock_pairs *pairs = clock_pairs_new();
	struct clock_line line;
	guint64 tags[2];

	(void)state;
	clock_guest_first(pairs, START, START + 900, 1);
	assert_false(clock_pairs_suffice(pairs));
	clock_host_first(pairs, START, START + 100, 2);
	assert_true(clock_pairs_suffice(pairs));
	assert_true(clock_fit(pairs, START, START, &line, tags));
	assert_int_equal(clock_to_host(&line, START), START + 500);
	assert_true(line.bound >= 400 && line.bound <= 402);
	clock_pairs_free(pairs);
}

/* Far from all pairs the drift is what is not known. */
static void test_bound_grows(void **state)
{
	struct clock_pairs *pairs = pairs_of(0, 0, 1000, 100);
	struct clock_line near, far;
	guint64 tags[2];

	(void)state;
	assert_true(clock_fit(pairs, START, START + SECOND / 10, &near, tags));
	assert_true(clock_fit(pairs, START, START + 10 * SECOND, &far, tags));
	assert_true(far.bound > 5 * near.bound);
	clock_pairs_free(pairs);
}

/* Among thousands that agree, two that cannot both be true; they are named. */
static void test_contradiction(void **state)
{
	struct clock_pairs *pairs = pairs_of(1000, 0, 1000, 10000);
	gint64 guest = START + 5 * SECOND;
	struct clock_line line;
	guint64 tags[2];

	(void)state;
	clock_guest_first(pairs, guest, guest + 1000 - 50000, 123456);
	clock_host_first(pairs, guest, guest + 1000 + 50000, 654321);
	assert_false(clock_fit(pairs, START, START + 10 * SECOND, &line, tags));
	assert_int_equal(tags[0], 123456);
	assert_int_equal(tags[1], 654321);
	assert_true(line.bound >= 99990 && line.bound <= 100010);
	clock_pairs_free(pairs);
}

/* No clock is so far off its rate: pairs that say so contradict each other. */
static void test_too_much_drift(void **state)
{
	struct clock_pairs *pairs = pairs_of(0, 0.05, 100, 2000);
	struct clock_line line;
	guint64 tags[2];

	(void)state;
	assert_false(clock_fit(pairs, START, START + 2 * SECOND, &line, tags));
	clock_pairs_free(pairs);
}

static const struct CMUnitTest tests[] = {
	cmocka_unit_test(test_truth_lies_within), cmocka_unit_test(test_one_pair_each),
	cmocka_unit_test(test_bound_grows),	  cmocka_unit_test(test_contradiction),
	cmocka_unit_test(test_too_much_drift),
};

UNIT_MAIN(tests)
