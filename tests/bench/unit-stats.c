/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Medians and intervals: against values known otherwise, and how often an interval holds the truth. */
#include "bench/stats.h"
#include "../unit.h"

#include <math.h>

#define assert_near(a, b) assert_true(fabs((a) - (b)) < 1e-9)

static void spread_of_known_values(void **state)
{
	/* R: quantile(c(7, 1, 3, 10), c(0, .25, .5, .75, 1)) and mad(constant = 1) */
	static const double values[] = {7, 1, 3, 10};
	struct stats_spread spread = stats_spread(values, 4);

	(void)state;
	assert_near(spread.median, 5);
	assert_near(spread.min, 1);
	assert_near(spread.max, 10);
	assert_near(spread.low, 2.5);
	assert_near(spread.high, 7.75);
	assert_near(spread.mad, 3);
	spread = stats_spread(values, 1);
	assert_near(spread.median, 7);
	assert_near(spread.low, 7);
	assert_near(spread.mad, 0);
}

static double gauss(GRand *rand)
{
	return sqrt(-2 * log(1 - g_rand_double(rand))) * cos(2 * G_PI * g_rand_double(rand));
}

#define ROUNDS 8

/* Noise of 3 %, now and then a slow round; with @drift a host that changes, for both alike. */
static void make_up(GRand *rand, double *a, double *b, double ratio, double drift)
{
	double level = 0;

	for (int i = 0; i < ROUNDS; i++) {
		level += drift * gauss(rand);
		a[i] = exp(level + 0.03 * gauss(rand) - (g_rand_double(rand) < 0.1 ? 0.2 : 0));
		b[i] = ratio *
		       exp(level + 0.03 * gauss(rand) - (g_rand_double(rand) < 0.1 ? 0.2 : 0));
	}
}

struct outcome {
	int holds, differs;
	double width;
};

#define TRIALS 100

static struct outcome simulate(double truth, double drift, bool paired)
{
	GRand *rand = g_rand_new_with_seed(7);
	struct outcome outcome = {0};

	for (int i = 0; i < TRIALS; i++) {
		double a[ROUNDS], b[ROUNDS];
		struct stats_ratio ratio;

		make_up(rand, a, b, truth, drift);
		ratio = stats_ratio(a, ROUNDS, b, ROUNDS, paired);
		assert_true(ratio.known && ratio.low <= ratio.ratio && ratio.ratio <= ratio.high);
		outcome.holds += ratio.low <= truth && truth <= ratio.high;
		outcome.differs += stats_differs(&ratio);
		outcome.width += (ratio.high - ratio.low) / TRIALS;
	}
	g_rand_free(rand);
	return outcome;
}

static void an_interval_holds_the_truth_19_times_in_20(void **state)
{
	(void)state;
	assert_in_range(simulate(1.2, 0, true).holds, TRIALS * 90 / 100, TRIALS);
	assert_in_range(simulate(1.2, 0.03, true).holds, TRIALS * 90 / 100, TRIALS);
	assert_in_range(simulate(1.2, 0, false).holds, TRIALS * 90 / 100, TRIALS);
}

static void equals_are_rarely_told_apart_and_a_difference_is_seen(void **state)
{
	(void)state;
	assert_in_range(simulate(1, 0, true).differs, 0, TRIALS * 8 / 100);
	assert_in_range(simulate(1, 0.03, true).differs, 0, TRIALS * 8 / 100);
	assert_in_range(simulate(1.25, 0, true).differs, TRIALS * 95 / 100, TRIALS);
}

/* As kc bench --within does, of at most so many rounds; how many intervals hold the truth. */
#define MOST 16

static int simulate_stopping(double share, unsigned *rounds)
{
	GRand *rand = g_rand_new_with_seed(7);
	int holds = 0;

	*rounds = 0;
	for (int i = 0; i < TRIALS; i++) {
		double a[MOST], b[MOST];
		struct stats_ratio ratio;
		unsigned n = STATS_ROUNDS_MIN;

		make_up(rand, a, b, 1.2, 0.03);
		make_up(rand, a + ROUNDS, b + ROUNDS, 1.2, 0.03);
		do
			ratio = stats_ratio(a, n, b, n, true);
		while (!stats_within(&ratio, share) && ++n <= MOST);
		holds += ratio.low <= 1.2 && 1.2 <= ratio.high;
		*rounds += MIN(n, MOST);
	}
	g_rand_free(rand);
	return holds;
}

/* To end once the interval is narrow costs little of what it promises. */
static void rounds_end_when_it_is_narrow(void **state)
{
	unsigned few, many;

	(void)state;
	assert_in_range(simulate_stopping(0.1, &few), TRIALS * 88 / 100, TRIALS);
	assert_in_range(simulate_stopping(0.01, &many), TRIALS * 88 / 100, TRIALS);
	assert_in_range(few, TRIALS * STATS_ROUNDS_MIN, TRIALS * 10);
	assert_in_range(many, TRIALS * MOST * 9 / 10, TRIALS * MOST);
}

/* Side by side in time, what the host does to both is not in their ratio. */
static void pairs_see_through_a_drift(void **state)
{
	(void)state;
	assert_true(simulate(1.2, 0.1, true).width < 0.6 * simulate(1.2, 0.1, false).width);
}

static void the_same_rounds_give_the_same_interval(void **state)
{
	GRand *rand = g_rand_new_with_seed(1);
	double a[ROUNDS], b[ROUNDS];
	struct stats_ratio one, other;

	(void)state;
	make_up(rand, a, b, 1.1, 0);
	one = stats_ratio(a, ROUNDS, b, ROUNDS, true);
	other = stats_ratio(a, ROUNDS, b, ROUNDS, true);
	assert_memory_equal(&one, &other, sizeof(one));
	one = stats_ratio(a, ROUNDS, a, ROUNDS, true);
	assert_near(one.low, 1);
	assert_near(one.high, 1);
	assert_false(stats_differs(&one));
	g_rand_free(rand);
}

static void no_claim_without_rounds_or_above_zero(void **state)
{
	static const double few[] = {1, 2, 3, 4, 5}, zero[] = {0, 1, 2, 3, 4, 5, 6};
	static const double fine[] = {7, 8, 9, 10, 11, 12, 13};
	struct stats_ratio ratio = stats_ratio(few, 5, fine, 7, false);

	(void)state;
	assert_false(ratio.known);
	assert_false(stats_differs(&ratio));
	assert_near(ratio.ratio, 10 / 3.);
	ratio = stats_ratio(zero, 7, fine, 7, true);
	assert_true(isnan(ratio.ratio) && !ratio.known);
	ratio = stats_ratio(fine, STATS_ROUNDS_MIN, fine, STATS_ROUNDS_MIN, true);
	assert_true(ratio.known);
}

static const struct CMUnitTest tests[] = {
	cmocka_unit_test(spread_of_known_values),
	cmocka_unit_test(an_interval_holds_the_truth_19_times_in_20),
	cmocka_unit_test(equals_are_rarely_told_apart_and_a_difference_is_seen),
	cmocka_unit_test(rounds_end_when_it_is_narrow),
	cmocka_unit_test(pairs_see_through_a_drift),
	cmocka_unit_test(the_same_rounds_give_the_same_interval),
	cmocka_unit_test(no_claim_without_rounds_or_above_zero),
};

UNIT_MAIN(tests)
