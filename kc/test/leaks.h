/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Makes the debug kernel look for memory that nothing points to. */
#ifndef KC_TEST_LEAKS_H
#define KC_TEST_LEAKS_H

#include "test/evidence.h"
#include "vm/vm.h"

#define TEST_LEAKS_SECONDS 240 /* a scan takes four where nothing else runs */

/*
 * After the test: takes some seconds. What is found the kernel says in its log,
 * with the blocks in seen->leaks. A kernel without kmemleak is told as an error.
 */
bool test_leaks_scan(struct test_evidence *seen, struct vm *vm, GError **error);

/* The place in kmemleak's report that says most; NULL: none does. Caller frees. */
char *test_leaks_where(const char *report);

#endif
