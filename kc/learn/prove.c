/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "learn/prove.h"
#include "base/status.h"
#include "learn/grade.h"

#include <stdio.h>
#include <string.h>

/* An entry whose texts are its own. */
static void entry_free(void *data)
{
	struct entry *entry = data;

	g_free((char *)entry->label);
	g_free((char *)entry->text);
	g_free(entry->dir);
	g_free(entry);
}

static bool add(GPtrArray *entries, const struct exercise *exercise, enum source_kind kind,
		const char *label, GError **error)
{
	struct entry *entry = g_new0(struct entry, 1);

	entry->exercise = exercise;
	entry->label = g_strdup(label);
	entry->to_failure = kind == SOURCE_MISTAKE;
	entry->text = exercise_make(exercise, kind, label, error);
	g_ptr_array_add(entries, entry);
	return entry->text;
}

static bool add_all(GPtrArray *entries, const struct exercise *exercise, bool quick, GError **error)
{
	g_autoptr(GPtrArray) mistakes = exercise_mistakes(exercise, error);
	bool ok = mistakes && add(entries, exercise, SOURCE_SKELETON, "skeleton", error) &&
		  add(entries, exercise, SOURCE_SOLUTION, "solution", error);

	for (guint i = 0; ok && i < (quick ? MIN(mistakes->len, 1) : mistakes->len); i++)
		ok = add(entries, exercise, SOURCE_MISTAKE, mistakes->pdata[i], error);
	return ok;
}

struct tally {
	guint steps, passed;
	const struct grade_step *first; /* that did not pass */
};

static struct tally count(const GPtrArray *steps, const struct entry *entry)
{
	struct tally tally = {0};

	for (guint i = 0; i < steps->len; i++) {
		const struct grade_step *step = steps->pdata[i];

		if (step->entry != entry)
			continue;
		tally.steps++;
		if (step->kind == VERDICT_PASSED)
			tally.passed++;
		else if (!tally.first)
			tally.first = step;
	}
	return tally;
}

/* Has it come out as it must? *what is said of it. */
static bool as_expected(const struct entry *entry, const struct tally *tally, const char **what)
{
	g_autofree char *hint = NULL;

	*what = "gets its own hint";
	if (g_str_equal(entry->label, "skeleton")) {
		*what = "fails each step";
		return tally->passed == 0;
	}
	if (g_str_equal(entry->label, "solution")) {
		*what = "passes each step";
		return tally->passed == tally->steps;
	}
	hint = exercise_hint(entry->exercise, entry->label);
	return hint && tally->first && g_strcmp0(tally->first->mistake, entry->label) == 0;
}

static void print_steps(const GPtrArray *steps, const struct entry *entry)
{
	for (guint i = 0; i < steps->len; i++) {
		const struct grade_step *step = steps->pdata[i];
		g_autofree char *found = g_strdelimit(g_strdup(step->found), "\n", ';');

		if (step->entry == entry)
			printf("# %s: %s, mistake %s; %s\n", step->name, verdict_name(step->kind),
			       step->mistake ? step->mistake : "not known", found);
	}
}

static int report(const GPtrArray *entries, const GPtrArray *steps)
{
	int status = 0;

	for (guint i = 0; i < entries->len; i++) {
		const struct entry *entry = entries->pdata[i];
		struct tally tally = count(steps, entry);
		const char *what;
		bool ok = as_expected(entry, &tally, &what);

		printf("%sok %u %s: %s %s\n", ok ? "" : "not ", i + 1, entry->exercise->name,
		       entry->label, what);
		if (!ok)
			print_steps(steps, entry);
		status = ok ? status : STATUS_TEST_FAILED;
	}
	printf("1..%u\n", entries->len);
	return status;
}

static int build_and_grade(const struct lab *lab, const char *work, GPtrArray *entries,
			   GError **error)
{
	g_autoptr(GPtrArray) steps = NULL;
	g_autofree char *said = NULL;
	bool built = work_build(lab, work, entries, &said, error);

	if (!built && !*error)
		g_set_error(error, STATUS_ERROR, STATUS_BUILD_FAILED,
			    "an exercise does not build:\n%s", said);
	steps = built ? grade(lab, entries, false, error) : NULL;
	return steps ? report(entries, steps) : 0;
}

int prove(const struct lab *lab, const GPtrArray *exercises, bool quick, GError **error)
{
	g_autoptr(GPtrArray) entries = g_ptr_array_new_with_free_func(entry_free);
	GError *cause = NULL;
	char *work = NULL;
	bool ok = true;
	int status = 0;

	for (guint i = 0; ok && i < exercises->len; i++)
		ok = add_all(entries, exercises->pdata[i], quick, &cause);
	work = ok ? work_new(lab, &cause) : NULL;
	if (work)
		status = build_and_grade(lab, work, entries, &cause);
	if (cause)
		g_propagate_error(error, cause);
	work_free(work);
	return status;
}
