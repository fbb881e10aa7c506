/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A test with a peer: two guests, two processes, one verdict. */
#ifndef KC_TEST_PAIR_H
#define KC_TEST_PAIR_H

#include "test/run.h"

/* As test_run(), of one guest or two. */
struct test_result *test_pair_run(const struct test_case *test_case,
				  const struct test_settings *settings);

#endif
