/* SPDX-License-Identifier: GPL-2.0-or-later */
/* All that is seen of one test, and what is kept of it when it failed. */
#ifndef KC_TEST_EVIDENCE_H
#define KC_TEST_EVIDENCE_H

#include "coverage/guest.h"
#include "test/hang.h"
#include "base/bounded-text.h"
#include "vm/launch.h"
#include "test/case.h"
#include "test/meet.h"
#include "test/result.h"

struct test_evidence {
	struct launch launch;
	struct decode *decode; /* NULL: there is no lab */
	struct allow_list *allow;
	struct splat_watch *watch;
	struct ktap *report;
	struct kunit_log *kunit;
	bool reports_kunit; /* the report is made of KUnit's, not of the command's output */
	struct bounded_text *console, *qemu; /* what they printed */
	struct bounded_text *output, *errors; /* of the test's command */
	int said; /* what kc itself said: a file, which is this process' stderr now; or -1 */
	char *stalls; /* for how long its machine did not run; or NULL */
	char *leaks; /* kmemleak's report; or NULL */
	const char *suspect; /* the command, once it runs */
	struct hang hang;
	char *queues; /* its virtqueues when it hung; or NULL */
	struct meet *meet; /* with a second guest; or NULL */
	struct coverage_guest counted; /* where the settings ask for it */
	bool agent_stopped;
	int status; /* of the command, where there is no error */
	GError *error; /* why it did not end by itself */
};

void test_evidence_init(struct test_evidence *seen);
void test_evidence_clear(struct test_evidence *seen);

/* From now on traces can be decoded: the lab has been found. */
void test_evidence_decode(struct test_evidence *seen, const struct transfer *transfer);

/* What kc itself had to say so far. Caller frees. */
char *test_evidence_said(const struct test_evidence *seen);

/* The last line that is not empty, printable. Caller frees. */
char *test_evidence_last_words(const struct bounded_text *bounded);

/* Writes the bundle of a failure, and says in @result where it is. */
void test_evidence_bundle(const struct test_evidence *seen, const struct test_case *test_case,
			  struct test_result *result);

#endif
