/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The line between two clocks: what causality leaves, how sure it is, and what contradicts. */
#include "trace/join/clock.h"
#include "../unit.h"

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
	struct clock_pairs *pairs = clock_pairs_new(false);

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
	struct guest_clock clock;

	assert_true(clock_pairs_suffice(pairs));
	assert_int_equal(clock_pairs_count(pairs), 2 * n);
	assert_true(clock_fit_line(pairs, START, end, &clock));
	/* The bound is a promise, and worth no more than the pairs are. */
	assert_true(clock.bound >= 0 && clock.bound <= 2 * slack + 2 * 5000);
	for (gint64 guest = START; guest <= end; guest += SECOND / 100)
		assert_true(ABS(clock_to_host(&clock, guest) - truth(guest, offset, drift)) <=
			    clock.bound + 2);
	guest_clock_clear(&clock);
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
	struct clock_pairs *pairs = clock_pairs_new(false);
	struct guest_clock clock;

	(void)state;
	clock_guest_first(pairs, START, START + 900, 1);
	assert_false(clock_pairs_suffice(pairs));
	clock_host_first(pairs, START, START + 100, 2);
	assert_true(clock_pairs_suffice(pairs));
	assert_true(clock_fit_line(pairs, START, START, &clock));
	assert_int_equal(clock_to_host(&clock, START), START + 500);
	assert_true(clock.bound >= 400 && clock.bound <= 402);
	guest_clock_clear(&clock);
	clock_pairs_free(pairs);
}

/* Far from all pairs the drift is what is not known. */
static void test_bound_grows(void **state)
{
	struct clock_pairs *pairs = pairs_of(0, 0, 1000, 100);
	struct guest_clock near, far;

	(void)state;
	assert_true(clock_fit_line(pairs, START, START + SECOND / 10, &near));
	assert_true(clock_fit_line(pairs, START, START + 10 * SECOND, &far));
	assert_true(far.bound > 5 * near.bound);
	guest_clock_clear(&near);
	guest_clock_clear(&far);
	clock_pairs_free(pairs);
}

/* What happened, on both clocks: pairs in their order, and the truth at each. */
struct course {
	GArray *guest, *host; /* of gint64; the guest acts at even places, the host at odd ones */
};

static gint64 at(const GArray *times, guint i)
{
	return g_array_index(times, gint64, i);
}

/*
 * One event after the other, by turns on either side, each caused by the one
 * before: soon, but for each fourth. @host_of tells the host's time of a guest's.
 */
static struct course play(gint64 (*host_of)(gint64), gint64 seconds, gint64 pause)
{
	struct course course = {g_array_new(FALSE, FALSE, 8), g_array_new(FALSE, FALSE, 8)};

	for (gint64 guest = 0, i = 0; guest < seconds * SECOND; i++) {
		gint64 host = host_of(guest);

		g_array_append_val(course.guest, guest);
		g_array_append_val(course.host, host);
		guest += i % 4 == 2 ? pause : 20000 + (i * 104729) % 30000;
	}
	return course;
}

static struct clock_pairs *pairs_in(const struct course *course)
{
	struct clock_pairs *pairs = clock_pairs_new(true);

	for (guint i = 0; i + 2 < course->guest->len; i += 2) {
		clock_guest_first(pairs, START + at(course->guest, i), at(course->host, i + 1), i);
		clock_host_first(pairs, START + at(course->guest, i + 2), at(course->host, i + 1),
				 i);
	}
	return pairs;
}

static void check_order(const struct course *course, const struct guest_clock *clock)
{
	gint64 last = G_MININT64;

	for (guint i = 0; i + 2 < course->guest->len; i += 2) {
		gint64 host = at(course->host, i + 1);

		assert_true(clock_to_host(clock, START + at(course->guest, i)) <= host + 1);
		assert_true(clock_to_host(clock, START + at(course->guest, i + 2)) >= host - 1);
	}
	for (guint i = 0; i < course->guest->len; i++) {
		gint64 time = clock_to_host(clock, START + at(course->guest, i));
		assert_true(time >= last);
		last = time;
	}
}

/* Returns how many lines it took; the truth must be no farther off than what is told. */
static guint check_pieces(gint64 (*host_of)(gint64), gint64 seconds, gint64 pause, gint64 most)
{
	struct course course = play(host_of, seconds, pause);
	struct clock_pairs *pairs = pairs_in(&course);
	struct clock_contradiction contradiction;
	struct guest_clock clock;
	guint pieces;

	assert_true(clock_fit_pieces(pairs, &clock, &contradiction));
	check_order(&course, &clock);
	for (guint i = 0; i < course.guest->len; i++)
		assert_true(ABS(clock_to_host(&clock, START + at(course.guest, i)) -
				at(course.host, i)) <= clock.bound + clock.jump + 2);
	assert_true(clock.bound <= most);
	assert_true((clock.jump > 0) == (clock.pieces->len > 1));
	pieces = clock.pieces->len;
	guest_clock_clear(&clock);
	clock_pairs_free(pairs);
	g_array_unref(course.guest);
	g_array_unref(course.host);
	return pieces;
}

static gint64 steady(gint64 guest)
{
	return guest + guest / 50000;
}

/* NTP sees to the host's clock every 20 s. */
static gint64 slewed(gint64 guest)
{
	gint64 second = guest - 20 * SECOND, third = guest - 40 * SECOND;

	return guest + (second > 0 ? second / 2500 : 0) - (third > 0 ? third / 1250 : 0);
}

/* Its rate changes all the time. */
static gint64 curved(gint64 guest)
{
	double t = guest / (double)SECOND;

	return guest + (gint64)(t * t * 5e3);
}

/* The machine stood still for a second. */
static gint64 stopped(gint64 guest)
{
	return guest + (guest >= 5 * SECOND ? SECOND : 0);
}

/* The guest's clock was set forward by 300 ms while the host's went on for 1 ms. */
static gint64 leapt(gint64 guest)
{
	if (guest < 5 * SECOND)
		return guest;
	return guest < 5 * SECOND + 300 * SECOND / 1000 ? 5 * SECOND + (guest - 5 * SECOND) / 300
							: guest - 299 * SECOND / 1000;
}

/* Twice as fast as the host's, and then four times as slow. */
static gint64 unsteady(gint64 guest)
{
	return guest < 3 * SECOND ? guest / 2 : 3 * SECOND / 2 + (guest - 3 * SECOND) * 4;
}

static void test_pieces(void **state)
{
	(void)state;
	assert_int_equal(check_pieces(steady, 60, 5000000, 100000), 1);
	assert_int_equal(check_pieces(slewed, 60, 5000000, 100000), 3);
	assert_in_range(check_pieces(curved, 60, 5000000, 200000), 2, 200);
	assert_int_equal(check_pieces(stopped, 10, 5000000, 100000), 2);
	assert_in_range(check_pieces(leapt, 10, 5000000, 10000000), 2, 200);
	check_pieces(unsteady, 6, 5000000, SECOND);
}

/* A line is drawn where one fits, and only there. */
static void test_line_or_none(void **state)
{
	gint64 (*const courses[])(gint64) = {steady, slewed, stopped};

	(void)state;
	for (int i = 0; i < 3; i++) {
		struct course course = play(courses[i], 60, 5000000);
		struct clock_pairs *pairs = clock_pairs_new(false);
		struct guest_clock clock = {0};

		for (guint j = 0; j + 2 < course.guest->len; j += 2) {
			clock_guest_first(pairs, at(course.guest, j), at(course.host, j + 1), j);
			clock_host_first(pairs, at(course.guest, j + 2), at(course.host, j + 1), j);
		}
		assert_int_equal(clock_fit_line(pairs, 0, 60 * SECOND, &clock), i == 0);
		guest_clock_clear(&clock);
		clock_pairs_free(pairs);
		g_array_unref(course.guest);
		g_array_unref(course.host);
	}
}

/* Among thousands that agree, two that cannot both be true on any clock; they are named. */
static void check_contradiction(gint64 (*host_of)(gint64), gint64 between)
{
	struct course course = play(host_of, 10, 5000000);
	struct clock_pairs *pairs = pairs_in(&course);
	struct clock_contradiction contradiction;
	gint64 guest = START + 4 * SECOND, host = host_of(4 * SECOND);
	struct guest_clock clock;

	clock_host_first(pairs, guest - between, host + 50000, 654321);
	clock_guest_first(pairs, guest, host - 50000, 123456);
	assert_false(clock_fit_pieces(pairs, &clock, &contradiction));
	assert_int_equal(contradiction.guest_first, 123456);
	assert_int_equal(contradiction.host_first, 654321);
	assert_int_equal(contradiction.by, 100000);
	clock_pairs_free(pairs);
	g_array_unref(course.guest);
	g_array_unref(course.host);
}

static void test_contradiction(void **state)
{
	(void)state;
	check_contradiction(steady, 0);
	check_contradiction(steady, 1000);
	check_contradiction(stopped, 1000);
}

/* What a single line would not allow, but order does: no error. */
static void test_only_order_counts(void **state)
{
	struct course course = play(steady, 10, 5000000);
	struct clock_pairs *pairs = pairs_in(&course);
	struct clock_contradiction contradiction;
	gint64 guest = START + 4 * SECOND, host = steady(4 * SECOND);
	struct guest_clock clock;

	(void)state;
	clock_guest_first(pairs, guest - 1000, host - 600, 1);
	clock_host_first(pairs, guest, host + 600, 2);
	assert_true(clock_fit_pieces(pairs, &clock, &contradiction));
	check_order(&course, &clock);
	assert_true(clock_to_host(&clock, guest - 1000) <= host - 600 + 1);
	assert_true(clock_to_host(&clock, guest) >= host + 600 - 1);
	guest_clock_clear(&clock);
	clock_pairs_free(pairs);
	g_array_unref(course.guest);
	g_array_unref(course.host);
}

/* No line drifts so much: beyond that it takes several, or the order is at fault. */
static void test_too_much_drift(void **state)
{
	struct clock_pairs *pairs = pairs_of(0, 0.05, 100, 2000);
	struct guest_clock clock;

	(void)state;
	assert_false(clock_fit_line(pairs, START, START + 2 * SECOND, &clock));
	clock_pairs_free(pairs);
}

/* Either side acts when it likes, on clocks that go as they like; the order stays. */
static void test_any_order_is_kept(void **state)
{
	(void)state;
	for (guint32 seed = 0; seed < 200; seed++) {
		g_autoptr(GRand) rand = g_rand_new_with_seed(seed);
		struct course course = {g_array_new(FALSE, FALSE, 8), g_array_new(FALSE, FALSE, 8)};
		struct clock_contradiction contradiction;
		struct clock_pairs *pairs;
		struct guest_clock clock;
		gint64 guest = 0, host = 0;

		for (int i = 0; i < 300; i++) {
			g_array_append_val(course.guest, guest);
			g_array_append_val(course.host, host);
			guest += 1 + g_rand_int_range(rand, 0, i % 50 ? 1000 : 10000000);
			host += 1 + g_rand_int_range(rand, 0, i % 70 ? 1000 : 10000000);
		}
		pairs = pairs_in(&course);
		assert_true(clock_fit_pieces(pairs, &clock, &contradiction));
		check_order(&course, &clock);
		guest_clock_clear(&clock);
		clock_pairs_free(pairs);
		g_array_unref(course.guest);
		g_array_unref(course.host);
	}
}

static const struct CMUnitTest tests[] = {
	cmocka_unit_test(test_truth_lies_within),
	cmocka_unit_test(test_one_pair_each),
	cmocka_unit_test(test_bound_grows),
	cmocka_unit_test(test_line_or_none),
	cmocka_unit_test(test_pieces),
	cmocka_unit_test(test_contradiction),
	cmocka_unit_test(test_only_order_counts),
	cmocka_unit_test(test_too_much_drift),
	cmocka_unit_test(test_any_order_is_kept),
};

UNIT_MAIN(tests)
