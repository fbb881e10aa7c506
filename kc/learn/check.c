/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "learn/check.h"
#include "base/status.h"
#include "learn/grade.h"

#include <stdio.h>
#include <string.h>

#define COMPILER_KILLED "Killed signal terminated program" /* gcc's words */
#define LAST_WORDS 600 /* bytes of make's that an error has room for */

static const char *tail(const char *text)
{
	size_t len = text ? strlen(text) : 0;

	return len > LAST_WORDS ? text + len - LAST_WORDS : text ? text : "";
}

static bool no_grade(GError **error, int status, const char *what, const char *why)
{
	g_set_error(error, STATUS_ERROR, status,
		    "no grade: %s, so it is not your code that is wrong; 'kc doctor' says what "
		    "this host lacks, 'make all' builds the lab\n%s",
		    what, why);
	return false;
}

/* Builds the solution, alone. False with @error: the environment is broken. */
static bool build_solution(const struct lab *lab, const char *work, struct entry *entry,
			   GError **error)
{
	g_autoptr(GPtrArray) entries = g_ptr_array_new();
	g_autofree char *said = NULL;

	g_ptr_array_add(entries, entry);
	if (work_build(lab, work, entries, &said, error))
		return true;
	return *error ? false
		      : no_grade(error, STATUS_HOST_NOT_READY,
				 "the solution does not build here either", tail(said));
}

/* What the guest did not say itself may be the environment's fault: then the solution fails, too. */
static bool grade_solution(const struct lab *lab, struct entry *entry, const GPtrArray *doubtful,
			   GError **error)
{
	g_autoptr(GPtrArray) entries = g_ptr_array_new_with_free_func(g_free);
	g_autoptr(GPtrArray) steps = NULL;

	for (guint i = 0; i < doubtful->len; i++) {
		const struct grade_step *step = doubtful->pdata[i];
		struct entry *one = g_memdup2(entry, sizeof(*entry));

		one->only = step->name;
		g_ptr_array_add(entries, one);
	}
	steps = grade(lab, entries, true, error);
	for (guint i = 0; steps && i < steps->len; i++) {
		const struct grade_step *step = steps->pdata[i];
		int status = verdict_status(step->kind);
		g_autofree char *what = g_strdup_printf(
			"the solution does not pass step '%s' here either", step->name);

		if (verdict_is_failure(step->kind))
			return no_grade(error,
					status >= STATUS_MISUSE ? status : STATUS_HOST_NOT_READY,
					what, step->found);
	}
	return steps;
}

static bool prove_environment(const struct lab *lab, const struct exercise *exercise,
			      const GPtrArray *doubtful, GError **error)
{
	g_autofree char *text = exercise_make(exercise, SOURCE_SOLUTION, NULL, error);
	struct entry entry = {.exercise = exercise, .label = "solution", .text = text};
	char *work = text ? work_new(lab, error) : NULL;
	bool ok = work && build_solution(lab, work, &entry, error) &&
		  (!doubtful || grade_solution(lab, &entry, doubtful, error));

	work_free(work);
	g_free(entry.dir);
	return ok;
}

static void print_lines(const char *prefix, const char *text)
{
	g_auto(GStrv) lines = g_strsplit(text, "\n", -1);

	for (int i = 0; lines[i]; i++)
		if (*lines[i])
			printf("%s%s\n", prefix, lines[i]);
}

/* What the compiler said, of the learner's file as the learner knows it. */
static void print_said(const struct entry *entry, const char *folder, const char *said)
{
	g_autoptr(GString) text = g_string_new(said);

	g_string_replace(text, entry->dir, folder, 0);
	print_lines("", text->str);
}

static void print_step(const struct exercise *exercise, const struct grade_step *step)
{
	g_autofree char *hint = step->mistake ? exercise_hint(exercise, step->mistake) : NULL;

	printf("%s  %-14s %s\n", step->kind == VERDICT_PASSED ? "ok    " : "not ok", step->name,
	       step->description);
	if (step->kind == VERDICT_PASSED)
		return;
	if (hint)
		printf("        hint: %s\n", hint);
	print_lines("        ", step->found);
	if (step->bundle && !step->certain)
		printf("        all of it: %s\n", step->bundle);
}

/* 0 or STATUS_TEST_FAILED */
static int print_steps(const struct exercise *exercise, const GPtrArray *steps)
{
	guint passed = 0;

	for (guint i = 0; i < steps->len; i++) {
		const struct grade_step *step = steps->pdata[i];

		passed += step->kind == VERDICT_PASSED;
		print_step(exercise, step);
	}
	printf("%u of %u steps passed\n", passed, steps->len);
	return passed == steps->len ? 0 : STATUS_TEST_FAILED;
}

/* What was ended from outside says nothing of the code, and nor would the solution. */
static bool none_killed(const GPtrArray *steps, GError **error)
{
	for (guint i = 0; i < steps->len; i++) {
		const struct grade_step *step = steps->pdata[i];
		g_autofree char *what = g_strdup_printf("step '%s' was ended from outside",
							step->name);

		if (step->killed)
			return no_grade(error, verdict_status(step->kind), what, step->found);
	}
	return true;
}

static bool settle_doubts(const struct lab *lab, const struct exercise *exercise,
			  const GPtrArray *steps, GError **error)
{
	g_autoptr(GPtrArray) doubtful = g_ptr_array_new();

	for (guint i = 0; i < steps->len; i++) {
		struct grade_step *step = steps->pdata[i];

		if (step->kind != VERDICT_PASSED && !step->certain)
			g_ptr_array_add(doubtful, step);
	}
	return !doubtful->len || prove_environment(lab, exercise, doubtful, error);
}

static int check_entry(const struct lab *lab, const char *work, struct entry *entry,
		       const char *folder, GError **error)
{
	g_autoptr(GPtrArray) entries = g_ptr_array_new();
	g_autoptr(GPtrArray) steps = NULL;
	g_autofree char *said = NULL;

	g_ptr_array_add(entries, entry);
	if (!work_build(lab, work, entries, &said, error)) {
		if (!*error && strstr(said, COMPILER_KILLED))
			no_grade(error, STATUS_HOST_NOT_READY,
				 "the compiler was ended from outside", tail(said));
		if (*error || !prove_environment(lab, entry->exercise, NULL, error))
			return 0;
		print_said(entry, folder, said);
		puts("not ok  it does not build");
		return STATUS_TEST_FAILED;
	}
	print_said(entry, folder, said);
	steps = grade(lab, entries, true, error);
	if (!steps || !none_killed(steps, error) ||
	    !settle_doubts(lab, entry->exercise, steps, error))
		return 0;
	return print_steps(entry->exercise, steps);
}

int check(const struct lab *lab, const struct exercise *exercise, const char *text,
	  const char *folder, GError **error)
{
	struct entry entry = {.exercise = exercise, .label = "yours", .text = text};
	char *work = work_new(lab, error);
	GError *cause = NULL;
	int status = work ? check_entry(lab, work, &entry, folder, &cause) : 0;

	if (cause)
		g_propagate_error(error, cause);
	work_free(work);
	g_free(entry.dir);
	return status;
}
