/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "test/report.h"
#include "base/status.h"
#include "test/pool.h"

#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#define CLEAR_LINE "\r\033[K"

struct test_report {
	struct test_report_plan plan;
	GPtrArray *tallies; /* of struct test_tally * */
	guint printed; /* results */
	guint failed; /* runs */
	bool live; /* there is a terminal for the progress */
	bool drawn; /* and a line of it stands there now */
};

struct test_report *test_report_new(const struct test_report_plan *plan)
{
	struct test_report *report = g_new0(struct test_report, 1);

	report->plan = *plan;
	report->tallies = g_ptr_array_new_with_free_func((GDestroyNotify)test_tally_free);
	report->live = isatty(STDERR_FILENO);
	puts("KTAP version 1");
	if (plan->runs)
		printf("1..%u\n", plan->runs);
	fflush(stdout);
	return report;
}

void test_report_free(struct test_report *report)
{
	g_ptr_array_unref(report->tallies);
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
	g_string_append_printf(line, "%u", report->printed);
	if (report->plan.runs)
		g_string_append_printf(line, " of %u", report->plan.runs);
	g_string_append_printf(line, " done, %u failed;", report->failed);
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

static void print_verdict(const struct verdict *verdict)
{
	printf("# %s: %s\n", verdict_name(verdict->kind), verdict->why);
	print_lines(verdict->notes, "# ");
}

static void print_run(struct test_report *report, const struct test_case *test_case,
		      const struct test_result *result)
{
	bool skipped = result->verdict.kind == VERDICT_SKIPPED;
	bool failed = verdict_is_failure(result->verdict.kind);

	wipe(report);
	print_results(result->results);
	if (report->plan.verbose || result->verdict.kind == VERDICT_HOST_NOT_READY)
		print_lines(result->said, "# ");
	print_verdict(&result->verdict);
	printf("# %.1f s\n", result->seconds);
	printf("%s %u %s", failed ? "not ok" : "ok", ++report->printed, test_case->name);
	if (report->plan.repeated)
		printf(" (run %u)", result->run);
	printf("%s%s\n", skipped ? " # SKIP " : "", skipped ? result->verdict.why : "");
	fflush(stdout);
	report->failed += failed;
}

static struct test_tally *tally_of(struct test_report *report, const struct test_case *test_case)
{
	struct test_tally *tally;

	for (guint i = 0; i < report->tallies->len; i++) {
		tally = g_ptr_array_index(report->tallies, i);
		if (tally->test_case == test_case)
			return tally;
	}
	tally = test_tally_new(test_case);
	g_ptr_array_add(report->tallies, tally);
	return tally;
}

void test_report_add(struct test_report *report, const struct test_case *test_case,
		     struct test_result *result)
{
	if (result->verdict.kind != VERDICT_NOT_RUN)
		print_run(report, test_case, result);
	test_tally_add(tally_of(report, test_case), result);
}

/* As seen from the current folder, if it is below that. */
static const char *from_here(const char *path)
{
	g_autofree char *here = g_get_current_dir();
	size_t len = strlen(here);

	return strncmp(path, here, len) == 0 && path[len] == '/' ? path + len + 1 : path;
}

static void print_bundle(const struct test_result *result)
{
	if (result->bundle)
		printf("#   all of it: %s/\n", from_here(result->bundle));
}

static void print_failed_run(const struct test_result *result)
{
	const struct verdict *verdict = &result->verdict;

	printf("#   run %u: %s: %s\n", result->run, verdict_name(verdict->kind), verdict->why);
	print_lines(verdict->notes, "#     ");
	print_bundle(result);
}

static void print_failure(const struct test_report *report, const struct test_tally *tally)
{
	const struct test_result *first = test_tally_result(tally);
	const struct verdict *verdict = &first->verdict;
	g_autofree char *again = test_case_again(tally->test_case);
	g_autofree char *judged = test_tally_verdict(tally);

	printf("#\n# %s: %s: %s\n", tally->test_case->name, judged, verdict->why);
	if (report->plan.repeated) {
		for (guint i = 0; i < tally->failed->len; i++)
			print_failed_run(g_ptr_array_index(tally->failed, i));
	} else {
		print_lines(verdict->notes, "#   ");
		print_bundle(first);
	}
	if (verdict->next)
		printf("#   next: %s\n", verdict->next);
	printf("#   again: %s%s\n", again, test_tally_is_flaky(tally) ? " --until-fail" : "");
}

static void print_not_run(const struct test_report *report, const struct test_tally *tally)
{
	guint runs = test_tally_runs(tally);

	printf("# not run: %s (", tally->test_case->name);
	if (report->plan.repeated)
		printf("%u of %u: ", tally->not_run, tally->not_run + runs);
	printf("%s)\n", tally->not_run_why);
}

struct sums {
	guint passed, failed, skipped, not_run;
};

static struct sums sum_tests(const struct test_report *report)
{
	struct sums sums = {0};

	for (guint i = 0; i < report->tallies->len; i++) {
		enum verdict_kind kind = test_tally_kind(g_ptr_array_index(report->tallies, i));

		sums.passed += kind == VERDICT_PASSED;
		sums.skipped += kind == VERDICT_SKIPPED;
		sums.not_run += kind == VERDICT_NOT_RUN;
		sums.failed += kind != VERDICT_NOT_RUN && verdict_is_failure(kind);
	}
	return sums;
}

static void print_runs(const struct test_report *report)
{
	struct sums runs = {0};
	guint flaky = 0;

	for (guint i = 0; i < report->tallies->len; i++) {
		const struct test_tally *tally = g_ptr_array_index(report->tallies, i);

		runs.passed += tally->passed;
		runs.skipped += tally->skipped;
		runs.not_run += tally->not_run;
		runs.failed += tally->failed->len;
		flaky += test_tally_is_flaky(tally);
	}
	printf("# %u runs of %u tests: %u passed, %u failed, %u skipped, %u not run; %u flaky\n",
	       report->printed, report->tallies->len, runs.passed, runs.failed, runs.skipped,
	       runs.not_run, flaky);
}

void test_report_end(struct test_report *report, int signo)
{
	struct sums sums = sum_tests(report);

	wipe(report);
	if (!report->plan.runs)
		printf("1..%u\n", report->printed);
	if (signo)
		printf("Bail out! %s\n", g_strsignal(signo));
	for (guint i = 0; i < report->tallies->len; i++) {
		const struct test_tally *tally = g_ptr_array_index(report->tallies, i);

		if (tally->failed->len)
			print_failure(report, tally);
	}
	for (guint i = 0; i < report->tallies->len; i++) {
		const struct test_tally *tally = g_ptr_array_index(report->tallies, i);

		if (tally->not_run)
			print_not_run(report, tally);
	}
	if (report->plan.repeated)
		print_runs(report);
	if (sums.not_run)
		printf("# %u not run\n", sums.not_run);
	printf("%u passed, %u failed, %u skipped\n", sums.passed, sums.failed, sums.skipped);
}

const GPtrArray *test_report_tallies(const struct test_report *report)
{
	return report->tallies;
}

/* What was not run does not hide what failed. */
int test_report_status(const struct test_report *report)
{
	enum verdict_kind worst = VERDICT_SKIPPED;
	bool not_run = false;

	for (guint i = 0; i < report->tallies->len; i++) {
		enum verdict_kind kind = test_tally_kind(g_ptr_array_index(report->tallies, i));

		if (kind == VERDICT_NOT_RUN)
			not_run = true;
		else
			worst = MAX(worst, kind);
	}
	return not_run && !verdict_is_failure(worst) ? STATUS_TEST_FAILED : verdict_status(worst);
}
