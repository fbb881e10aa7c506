/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What a test reports: KTAP (Linux Documentation/dev-tools/ktap.rst), or TAP up
 * to version 14, with subtests by indentation. The text may be anything; what a
 * report must keep to, and does not, is told by ktap_broken().
 */
#ifndef KC_KERNEL_KTAP_H
#define KC_KERNEL_KTAP_H

#include <glib.h>
#include <stdbool.h>

enum ktap_outcome {
	KTAP_OK,
	KTAP_NOT_OK,
	KTAP_SKIP,
	KTAP_TODO /* not ok, as was expected */
};

/* Texts are printable. Subtests come before the result that they belong to. */
struct ktap_result {
	enum ktap_outcome outcome;
	unsigned depth; /* 0: not a subtest */
	char *name; /* may be empty */
	char *reason; /* behind SKIP or TODO; may be empty */
	char *comments; /* the "# " lines ahead of it, a newline behind each; may be empty */
};

struct ktap_counts {
	guint64 ok, not_ok, skip, todo;
};

struct ktap;

struct ktap *ktap_new(void);
void ktap_free(struct ktap *ktap);

/* The test wrote so much more. */
void ktap_feed(struct ktap *ktap, const char *data, size_t len);

/* It will write no more. Nothing below is complete before. */
void ktap_end(struct ktap *ktap);

/* Of struct ktap_result, in order: the first 1000. Borrowed. */
const GPtrArray *ktap_results(const struct ktap *ktap);

/* How many more there were. */
guint64 ktap_untold(const struct ktap *ktap);

/* Of the top level, all that there were. */
const struct ktap_counts *ktap_counts(const struct ktap *ktap);

/* How many results the top level planned; -1: it had no plan. */
gint64 ktap_planned(const struct ktap *ktap);

/* Why the plan "1..0" is empty; NULL: it is another plan. "": it does not say. */
const char *ktap_skip_all(const struct ktap *ktap);

/* What followed "Bail out!"; NULL: it did not. */
const char *ktap_bailed_out(const struct ktap *ktap);

/*
 * The first way in which the report is not what it must be: "results end at 2
 * of 3". NULL: none.
 */
const char *ktap_broken(const struct ktap *ktap);

/* The first result of any depth that is not ok; NULL if there is none. */
const struct ktap_result *ktap_first_not_ok(const struct ktap *ktap);

struct ktap_result *ktap_result_copy(const struct ktap_result *result);
void ktap_result_free(struct ktap_result *result);

#endif
