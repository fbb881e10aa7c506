/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "learn/grade.h"
#include "base/loop.h"
#include "base/options.h"
#include "base/status.h"
#include "test/pool.h"

#include <string.h>

#define MISTAKE "mistake " /* of a comment that names one */
#define PROGRAM "exercise_test"
#define QEMU "qemu-system-x86_64"
#define KILLED "QEMU died of signal 9 " /* what a host does that has no memory left */
#define ENDED "terminating on signal " /* its own words at SIGTERM */
#define STALLED "the machine could not run for" /* of a verdict's notes */

/* What is run, and what it came to. */
struct grading {
	const struct lab *lab;
	bool keep;
	GPtrArray *tests; /* of struct test */
	GPtrArray *cases; /* of struct test_case, one a step */
	GPtrArray *steps;
};

static void step_free(void *data)
{
	struct grade_step *step = data;

	g_free(step->name);
	g_free(step->description);
	g_free(step->mistake);
	g_free(step->found);
	g_free(step->bundle);
	g_free(step);
}

/* What the grader brings is in its own folders, the rest beside what was built. Caller frees. */
static char *find_part(const struct grading *grading, const struct entry *entry, const char *name)
{
	if (!strchr(name, '/'))
		return g_build_filename(entry->dir, name, NULL);
	return g_build_filename(grading->lab->root, "build", "learn", "grader", name, NULL);
}

static void add_to(struct test *test, const char ***list, const char *path, const char *guest)
{
	g_autofree char *text = guest ? g_strconcat(path, ":", guest, NULL) : g_strdup(path);

	option_list(g_string_chunk_insert(test->strings, text), list, NULL);
}

static void add_modules(const struct grading *grading, struct test *test, const struct entry *entry)
{
	g_auto(GStrv) names = g_key_file_get_string_list(entry->exercise->file, "exercise",
							 "modules", NULL, NULL);

	for (int i = 0; names && names[i]; i++) {
		g_autofree char *path = find_part(grading, entry, names[i]);

		add_to(test, &test->transfer.modules, path, NULL);
	}
}

static void add_puts(const struct grading *grading, struct test *test, const struct entry *entry)
{
	g_autofree char *put = exercise_get(entry->exercise, "puts");
	g_autofree char *grader = exercise_get(entry->exercise, "grader");
	g_autofree char *name = g_strconcat(grader ? grader : "", "/" PROGRAM, NULL);
	g_autofree char *program = find_part(grading, entry, name);
	g_autofree char *path = put ? find_part(grading, entry, put) : NULL;

	add_to(test, &test->transfer.puts, program, "/usr/bin/" PROGRAM);
	if (path)
		add_to(test, &test->transfer.puts, path, NULL);
}

/* "own": with the device that was just built; else one of the grader's */
static void choose_qemu(const struct grading *grading, struct test *test, const struct entry *entry)
{
	g_autofree char *which = exercise_get(entry->exercise, "qemu");
	g_autofree char *name = which && g_str_equal(which, "own")
					? g_strdup(QEMU)
					: g_strconcat(which ? which : "", "/" QEMU, NULL);
	g_autofree char *path = find_part(grading, entry, name);

	if (which)
		test->launch.qemu = g_string_chunk_insert(test->strings, path);
}

static void add_step(struct grading *grading, struct test *test, const struct entry *entry)
{
	struct grade_step *step = g_new0(struct grade_step, 1);
	struct test_case *test_case = g_new0(struct test_case, 1);

	add_modules(grading, test, entry);
	add_puts(grading, test, entry);
	choose_qemu(grading, test, entry);
	test_case->test = test;
	test_case->skip = test->skip;
	test_case->name = (char *)test->name;
	step->entry = entry;
	step->name = g_strdup(test->group);
	step->description = g_strdup(test->description ? test->description : test->group);
	step->kind = VERDICT_NOT_RUN;
	step->found = g_strdup("");
	g_ptr_array_add(grading->cases, test_case);
	g_ptr_array_add(grading->steps, step);
}

static bool add_entry(struct grading *grading, const struct entry *entry, GError **error)
{
	g_autofree char *file = g_build_filename(entry->exercise->folder, TEST_FILE_NAME, NULL);
	g_autofree char *suite = g_strconcat("learn/", entry->exercise->name, NULL);
	guint before = grading->tests->len;

	if (!test_file_load(grading->tests, file, suite, error))
		return false;
	for (guint i = before; i < grading->tests->len; i++) {
		struct test *test = g_ptr_array_index(grading->tests, i);

		if (!entry->only || g_str_equal(entry->only, test->group))
			add_step(grading, test, entry);
	}
	return true;
}

/* The comments of what is not ok, without the line that names the mistake. */
static void read_comments(struct grade_step *step, const char *comments)
{
	g_auto(GStrv) lines = g_strsplit(comments, "\n", -1);
	g_autoptr(GString) found = g_string_new(step->found);

	for (int i = 0; lines[i]; i++) {
		const char *line = lines[i] + strspn(lines[i], "# ");

		if (g_str_has_prefix(line, MISTAKE)) {
			g_free(step->mistake);
			step->mistake = g_strdup(line + strlen(MISTAKE));
		} else if (*line) {
			g_string_append_printf(found, "%s\n", line);
		}
	}
	g_free(step->found);
	step->found = g_strdup(found->str);
}

static void judge(struct grade_step *step, const struct test_result *result)
{
	const struct verdict *verdict = &result->verdict;
	bool told = false;

	step->kind = verdict->kind;
	step->bundle = g_strdup(result->bundle);
	for (guint i = 0; i < result->results->len; i++) {
		const struct ktap_result *one = g_ptr_array_index(result->results, i);

		if (one->outcome != KTAP_NOT_OK)
			continue;
		told = true;
		read_comments(step, one->comments ? one->comments : "");
	}
	step->killed = verdict->why &&
		       (g_str_has_prefix(verdict->why, KILLED) || strstr(verdict->why, ENDED));
	step->certain = told && !(verdict->notes && strstr(verdict->notes, STALLED));
	if (verdict->kind != VERDICT_FAILED || !told) {
		g_autofree char *before = step->found;

		step->found = g_strdup_printf("%s: %s\n%s", verdict_name(verdict->kind),
					      verdict->why ? verdict->why : "", before);
	}
	step->by_symptom = !step->mistake;
	if (!step->mistake)
		step->mistake = exercise_symptom(step->entry->exercise, step->name,
						 verdict_name(verdict->kind), step->found);
}

/* What an earlier step came to for a reason of its own says nothing of this one. */
static bool came_before(const GPtrArray *steps, guint at)
{
	const struct grade_step *step = steps->pdata[at];

	for (guint i = 0; i < at; i++) {
		const struct grade_step *one = steps->pdata[i];

		if (one->entry == step->entry && one->kind == step->kind &&
		    g_strcmp0(one->mistake, step->mistake) != 0)
			return true;
	}
	return false;
}

static void drop_doubtful_symptoms(const GPtrArray *steps)
{
	for (guint i = steps->len; i-- > 0;) {
		struct grade_step *step = steps->pdata[i];

		if (step->by_symptom && step->mistake && came_before(steps, i))
			g_clear_pointer(&step->mistake, g_free);
	}
}

static void no_progress(const GArray *running, void *opaque)
{
	(void)running, (void)opaque;
}

static bool take_result(const struct test_case *test_case, struct test_result *result, void *opaque)
{
	struct grading *grading = opaque;

	for (guint i = 0; i < grading->cases->len; i++)
		if (grading->cases->pdata[i] == test_case &&
		    verdict_is_failure(result->verdict.kind))
			judge(grading->steps->pdata[i], result);
		else if (grading->cases->pdata[i] == test_case)
			((struct grade_step *)grading->steps->pdata[i])->kind =
				result->verdict.kind;
	test_result_free(result);
	return true;
}

/* Of an entry that runs to its first failure a step waits for those before it. */
static bool is_next(const GPtrArray *steps, guint at)
{
	const struct grade_step *step = steps->pdata[at];

	for (guint i = 0; step->entry->to_failure && i < at; i++) {
		const struct grade_step *before = steps->pdata[i];

		if (before->entry == step->entry && before->kind != VERDICT_PASSED)
			return false;
	}
	return !step->begun;
}

static GPtrArray *next_cases(struct grading *grading, bool own_qemu)
{
	GPtrArray *cases = g_ptr_array_new();

	for (guint i = 0; i < grading->cases->len; i++) {
		const struct grade_step *step = grading->steps->pdata[i];
		g_autofree char *which = exercise_get(step->entry->exercise, "qemu");

		if ((g_strcmp0(which, "own") == 0) == own_qemu && is_next(grading->steps, i))
			g_ptr_array_add(cases, grading->cases->pdata[i]);
	}
	return cases;
}

static void mark_begun(struct grading *grading, const GPtrArray *cases)
{
	for (guint i = 0; i < grading->cases->len; i++)
		if (g_ptr_array_find((GPtrArray *)cases, grading->cases->pdata[i], NULL))
			((struct grade_step *)grading->steps->pdata[i])->begun = true;
}

/* A QEMU that was just built has no saved machine, and will not be used again. */
static int run_cases(struct grading *grading, bool own_qemu)
{
	const struct test_settings settings = {.cold = own_qemu, .no_bundle = !grading->keep};
	const struct test_pool_watcher watcher = {no_progress, take_result, grading};
	int signo = 0;

	while (!signo) {
		g_autoptr(GPtrArray) cases = next_cases(grading, own_qemu);
		struct test_rounds *rounds;

		if (!cases->len)
			break;
		mark_begun(grading, cases);
		rounds = test_rounds_new(cases, 1, NULL);
		signo = test_pool_run(rounds, &settings, g_get_num_processors(), &watcher);
		test_rounds_free(rounds);
	}
	return signo;
}

static bool run_all(struct grading *grading, GError **error)
{
	int signo = run_cases(grading, false);

	if (!signo)
		signo = run_cases(grading, true);
	if (signo)
		g_set_error(error, STATUS_ERROR, 128 + signo, "interrupted, so there is no grade");
	return !signo;
}

GPtrArray *grade(const struct lab *lab, const GPtrArray *entries, bool keep, GError **error)
{
	struct grading grading = {
		.lab = lab,
		.keep = keep,
		.tests = g_ptr_array_new_with_free_func((GDestroyNotify)test_free),
		.cases = g_ptr_array_new_with_free_func(g_free),
		.steps = g_ptr_array_new_with_free_func(step_free),
	};
	bool ok = true;

	for (guint i = 0; ok && i < entries->len; i++)
		ok = add_entry(&grading, entries->pdata[i], error);
	ok = ok && run_all(&grading, error);
	drop_doubtful_symptoms(grading.steps);
	g_ptr_array_unref(grading.cases);
	g_ptr_array_unref(grading.tests);
	if (!ok)
		g_clear_pointer(&grading.steps, g_ptr_array_unref);
	return grading.steps;
}
