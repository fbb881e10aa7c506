/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "cli/series-options.h"
#include "base/loop.h"
#include "base/status.h"

#include <stdio.h>

static bool make_plan(const struct series_options *options, struct series_plan *plan,
		      GError **error)
{
	guint given = !!options->linux_tree + !!options->qemu_tree + !!options->repository;

	if (given > 1)
		g_set_error(error, STATUS_ERROR, STATUS_MISUSE,
			    "of --linux, --qemu and --repository there can be one");
	else if (options->build && (options->linux_tree || options->qemu_tree))
		g_set_error(error, STATUS_ERROR, STATUS_MISUSE,
			    "--build is for a --repository: how Linux and QEMU are built is known");
	else {
		plan->kind = options->linux_tree  ? TREE_LINUX
			     : options->qemu_tree ? TREE_QEMU
						  : TREE_PLAIN;
		plan->folder = options->linux_tree   ? options->linux_tree
			       : options->qemu_tree  ? options->qemu_tree
			       : options->repository ? options->repository
						     : ".";
		plan->build = options->build;
		return true;
	}
	return false;
}

static int run_job(const struct lab *lab, const struct series_plan *plan, const struct trial *trial,
		   const struct series_job *job, GError **error)
{
	g_autofree char *test = trial_text(trial);
	struct series *series;
	GError *cause = NULL;
	int status;

	loop_catch_signals();
	series = series_open(lab, plan, trial, error);
	if (!series)
		return 0;
	printf("the test: %s\n", test);
	fflush(stdout);
	status = job->run(series, job->data, &cause);
	if (cause && status_is_signal(cause->code))
		g_prefix_error(&cause, "the same command goes on from here; ");
	series_close(series, !cause);
	if (cause)
		g_propagate_error(error, cause);
	return status;
}

int series_options_run(const struct series_options *options, char *const *words,
		       const struct series_job *job, GError **error)
{
	struct series_plan plan = {.question = job->question};
	struct lab *lab = make_plan(options, &plan, error) ? lab_find(error) : NULL;
	struct trial trial = {0};
	int status = 0;

	if (lab && trial_parse(&trial, lab, words, plan.kind != TREE_PLAIN, error))
		status = run_job(lab, &plan, &trial, job, error);
	trial_clear(&trial);
	lab_free(lab);
	return status;
}
