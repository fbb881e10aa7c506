/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Which test is to run next: each as often as it is asked for, round by round. */
#ifndef KC_TEST_ROUNDS_H
#define KC_TEST_ROUNDS_H

#include "test/case.h"

struct test_turn {
	const struct test_case *test_case;
	unsigned run; /* of this test, from 1 */
};

struct test_rounds;

/*
 * Of @cases, of struct test_case *, which outlive it; @count times, 0: without end.
 * In their order, or where @seed is not NULL in one that follows from it, another each round.
 */
struct test_rounds *test_rounds_new(const GPtrArray *cases, unsigned count, const guint32 *seed);
void test_rounds_free(struct test_rounds *rounds);

/* False: there is no further one. */
bool test_rounds_next(struct test_rounds *rounds, struct test_turn *turn);

/* This one is not repeated. Without end there is one where all were left out. */
void test_rounds_leave_out(struct test_rounds *rounds, const struct test_case *test_case);

/* The first round is the last one, too. */
void test_rounds_end_with_first(struct test_rounds *rounds);

#endif
