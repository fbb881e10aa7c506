/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "test-report.h"
#include "status.h"
#include "test-pool.h"

#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#define CLEAR_LINE "\r\033[K"

struct test_report {
	GArray *outcomes; /* of struct test_outcome */
	guint total;
	guint printed; /* results */
	guint passed, failed, skipped, not_run;
	enum verdict_kind worst;
	bool verbose;
	bool live; /* there is a terminal for the progress */
	bool drawn; /* and a line of it stands there now */
};

struct test_report *test_report_new(guint total, bool verbose)
{
	struct test_report *report = g_new0(struct test_report, 1);

	report->outcomes = g_array_new(FALSE, FALSE, sizeof(struct test_outcome));
	report->total = total;
	report->verbose = verbose;
	report->live = isatty(STDERR_FILENO);
	printf("KTAP version 1\n1..%u\n", total);
	fflush(stdout);
	return report;
}

void test_report_free(struct test_report *report)
{
	for (guint i = 0; i < report->outcomes->len; i++)
		test_result_free(g_array_index(report->outcomes, struct test_outcome, i).result);
	g_array_unref(report->outcomes);
	g_free(report);
}

static void wipe(struct test_report *report)
{
	if (report->drawn)
		fputs(CLEAR_LINE, stderr);
	report->drawn = false;
}

static glong columns(void)
{
	struct winsize size;

	return ioctl(STDERR_FILENO, TIOCGWINSZ, &size) == 0 && size.ws_col ? size.ws_col : 80;
}

void test_report_progress(struct test_report *report, const GArray *running)
{
	GString *line;
	g_autofree char *cut = NULL;

	if (!report->live)
		return;
	line = g_string_new(NULL);
	g_string_append_printf(line, "%u of %u done, %u failed;", report->printed, report->total,
			       report->failed);
	for (guint i = 0; i < running->len; i++) {
		const struct test_running *one = &g_array_index(running, struct test_running, i);

		g_string_append_printf(line, " %s %.0f s", one->test_case->name, one->seconds);
	}
	cut = g_utf8_substring(line->str, 0, MIN(g_utf8_strlen(line->str, -1), columns() - 1));
	fprintf(stderr, CLEAR_LINE "%s", cut);
	report->drawn = true;
	g_string_free(line, TRUE);
}

static void print_lines(const char *text, const char *prefix)
{
	g_auto(GStrv) lines = g_strsplit(text ? text : "", "\n", -1);

	for (int i = 0; lines[i]; i++)
		if (*lines[i])
			printf("%s%s\n", prefix, lines[i]);
}

/* How many results the block that begins at @index has, without those of its subtests. */
static guint block_len(const GPtrArray *results, guint index)
{
	guint depth = ((struct ktap_result *)g_ptr_array_index(results, index))->depth;
	guint count = 0;

	for (; index < results->len; index++) {
		const struct ktap_result *result = g_ptr_array_index(results, index);

		if (result->depth < depth)
			break;
		count += result->depth == depth;
	}
	return count;
}

static void print_result(const struct ktap_result *result, guint number, const char *indent)
{
	static const char *const directives[] = {
		[KTAP_SKIP] = " # SKIP ",
		[KTAP_TODO] = " # TODO ",
	};
	bool ok = result->outcome == KTAP_OK || result->outcome == KTAP_SKIP;
	bool told = result->outcome == KTAP_SKIP || result->outcome == KTAP_TODO;
	g_autofree char *prefix = g_strconcat(indent, "# ", NULL);

	print_lines(result->comments, prefix);
	printf("%s%s %u%s%s%s%s\n", indent, ok ? "ok" : "not ok", number, *result->name ? " " : "",
	       result->name, told ? directives[result->outcome] : "", told ? result->reason : "");
}

/* Subtests may be deeper by more than one, where those above never came. */
static void print_results(const GPtrArray *results)
{
	guint numbers[64] = {0};
	int open = -1; /* the deepest block that is begun */

	for (guint i = 0; i < results->len; i++) {
		const struct ktap_result *result = g_ptr_array_index(results, i);
		int depth = MIN(result->depth, G_N_ELEMENTS(numbers) - 1);
		g_autofree char *indent = g_strnfill(2 * (depth + 1), ' ');

		if (depth > open) {
			printf("%sKTAP version 1\n%s1..%u\n", indent, indent,
			       block_len(results, i));
			numbers[depth] = 0;
		}
		open = depth;
		print_result(result, ++numbers[depth], indent);
	}
}

static void print_verdict(const struct test_outcome *outcome)
{
	const struct verdict *verdict = &outcome->result->verdict;

	printf("# %s: %s\n", verdict_name(verdict->kind), verdict->why);
	print_lines(verdict->notes, "# ");
}

static void print_outcome(struct test_report *report, const struct test_outcome *outcome)
{
	const struct test_result *result = outcome->result;
	bool skipped = result->verdict.kind == VERDICT_SKIPPED;
	bool failed = verdict_is_failure(result->verdict.kind);

	wipe(report);
	print_results(result->results);
	if (report->verbose || result->verdict.kind == VERDICT_HOST_NOT_READY)
		print_lines(result->said, "# ");
	print_verdict(outcome);
	printf("# %.1f s\n", result->seconds);
	printf("%s %u %s%s%s\n", failed ? "not ok" : "ok", ++report->printed,
	       outcome->test_case->name, skipped ? " # SKIP " : "",
	       skipped ? result->verdict.why : "");
	fflush(stdout);
}

static void count(struct test_report *report, enum verdict_kind kind)
{
	/* What was not run does not hide what failed. */
	if (kind != VERDICT_NOT_RUN)
		report->worst = MAX(report->worst, kind);
	if (kind == VERDICT_PASSED)
		report->passed++;
	else if (kind == VERDICT_SKIPPED)
		report->skipped++;
	else if (kind == VERDICT_NOT_RUN)
		report->not_run++;
	else
		report->failed++;
}

void test_report_add(struct test_report *report, const struct test_case *test_case,
		     struct test_result *result)
{
	struct test_outcome outcome = {test_case, result};

	g_array_append_val(report->outcomes, outcome);
	count(report, result->verdict.kind);
	if (result->verdict.kind != VERDICT_NOT_RUN)
		print_outcome(report, &outcome);
}

/* As seen from the current folder, if it is below that. */
static const char *from_here(const char *path)
{
	g_autofree char *here = g_get_current_dir();
	size_t len = strlen(here);

	return strncmp(path, here, len) == 0 && path[len] == '/' ? path + len + 1 : path;
}

static void print_failure(const struct test_outcome *outcome)
{
	const struct test_result *result = outcome->result;
	const struct verdict *verdict = &result->verdict;
	g_autofree char *again = test_run_again(outcome->test_case);

	printf("#\n# %s: %s: %s\n", outcome->test_case->name, verdict_name(verdict->kind),
	       verdict->why);
	print_lines(verdict->notes, "#   ");
	if (result->bundle)
		printf("#   all of it: %s/\n", from_here(result->bundle));
	if (verdict->next)
		printf("#   next: %s\n", verdict->next);
	printf("#   again: %s\n", again);
}

static void print_not_run(const struct test_report *report)
{
	for (guint i = 0; i < report->outcomes->len; i++) {
		const struct test_outcome *outcome = &g_array_index(report->outcomes,
								    struct test_outcome, i);

		if (outcome->result->verdict.kind == VERDICT_NOT_RUN)
			printf("# not run: %s (%s)\n", outcome->test_case->name,
			       outcome->result->verdict.why);
	}
}

void test_report_end(struct test_report *report, int signo)
{
	wipe(report);
	if (signo)
		printf("Bail out! %s\n", g_strsignal(signo));
	for (guint i = 0; i < report->outcomes->len; i++) {
		const struct test_outcome *outcome = &g_array_index(report->outcomes,
								    struct test_outcome, i);
		enum verdict_kind kind = outcome->result->verdict.kind;

		if (verdict_is_failure(kind) && kind != VERDICT_NOT_RUN)
			print_failure(outcome);
	}
	print_not_run(report);
	if (report->not_run)
		printf("# %u not run\n", report->not_run);
	printf("%u passed, %u failed, %u skipped\n", report->passed, report->failed,
	       report->skipped);
}

const GArray *test_report_outcomes(const struct test_report *report)
{
	return report->outcomes;
}

int test_report_status(const struct test_report *report)
{
	if (report->not_run && report->worst <= VERDICT_SKIPPED)
		return STATUS_TEST_FAILED;
	if (report->worst == VERDICT_SKIPPED && report->passed)
		return 0;
	return verdict_status(report->worst);
}
