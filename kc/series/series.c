/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "series/series.h"
#include "base/status.h"
#include "series/build.h"
#include "series/place.h"
#include "series/said.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#define COMMIT_DIGITS 12
#define NAME_DIGITS 12

struct series {
	const struct lab *lab;
	struct tree *tree;
	const struct trial *trial;
	char *build;
	char *inputs;
	char *folder;
	guint spent_count; /* commits that were built or tested by this start */
	double spent; /* seconds on all of these */
};

static char *done_file(const struct series *series)
{
	return g_build_filename(series->folder, "done", NULL);
}

/* The same question is in the same folder, as long as all that the answer hangs on is the same. */
static char *folder_of(const struct series *series, const struct series_plan *plan)
{
	g_autofree char *test = trial_text(series->trial);
	g_autofree char *here = g_get_current_dir();
	g_autofree char *all = g_strjoin("\n", series->tree->shop, plan->question, test, here,
					 series->inputs, plan->build ? plan->build : "", NULL);
	g_autofree char *sum = g_compute_checksum_for_string(G_CHECKSUM_SHA256, all, -1);
	g_autofree char *name = g_strdup_printf("%.*s", NAME_DIGITS, sum);

	return g_build_filename(series->tree->shop, "runs", name, NULL);
}

/* What a finished run has found is not believed for ever: a test may be flaky. */
static void forget_finished(const struct series *series)
{
	g_autofree char *done = done_file(series);
	g_autoptr(GDir) dir = NULL;
	const char *name;

	if (unlink(done) < 0)
		return;
	dir = g_dir_open(series->folder, 0, NULL);
	while (dir && (name = g_dir_read_name(dir))) {
		g_autofree char *file = g_build_filename(series->folder, name, "outcome.ini", NULL);

		unlink(file);
	}
}

static bool has_lab(const struct lab *lab, GError **error)
{
	static const enum lab_part needed[] = {LAB_VMLINUX, LAB_INITRAMFS, LAB_DISK, LAB_QEMU,
					       LAB_FIRMWARE};

	for (size_t i = 0; i < G_N_ELEMENTS(needed); i++)
		if (!lab_require(lab, needed[i], error))
			return false;
	return true;
}

struct series *series_open(const struct lab *lab, const struct series_plan *plan,
			   const struct trial *trial, GError **error)
{
	struct series *series;
	struct tree *tree = has_lab(lab, error) ? tree_open(lab, plan->kind, plan->folder, error)
						: NULL;
	char *inputs = tree ? build_inputs(tree, error) : NULL;

	if (!inputs) {
		tree_close(tree);
		return NULL;
	}
	series = g_new0(struct series, 1);
	*series = (struct series){.lab = lab, .tree = tree, .trial = trial, .inputs = inputs};
	series->build = g_strdup(plan->build);
	series->folder = folder_of(series, plan);
	forget_finished(series);
	return series;
}

void series_close(struct series *series, bool done)
{
	g_autofree char *file = done_file(series);

	if (done)
		g_file_set_contents(file, "", 0, NULL);
	tree_close(series->tree);
	g_free(series->build);
	g_free(series->inputs);
	g_free(series->folder);
	g_free(series);
}

struct tree *series_tree(struct series *series)
{
	return series->tree;
}

const char *series_folder(const struct series *series)
{
	return series->folder;
}

/* Minutes, where one commit at least has been waited for */
static char *time_left(const struct series *series, guint left)
{
	double seconds = series->spent_count ? series->spent / series->spent_count * left : 0;

	if (!series->spent_count)
		return g_strdup("");
	if (seconds < 90)
		return g_strdup_printf(", about %.0f s", seconds);
	return g_strdup_printf(", about %.0f minutes", seconds / 60);
}

static void tell_begin(const struct series *series, const char *commit, guint left, bool kept)
{
	g_autofree char *time = time_left(series, left + 1);
	g_autofree char *name = tree_describe(series->tree, commit);
	bool builds = series->tree->kind != TREE_PLAIN || series->build;

	printf("%s\n  %s", name, !builds || kept ? "it is tested" : "it is built and tested");
	if (left)
		printf("; then about %u more%s", left, time);
	printf("\n");
	fflush(stdout);
}

static void tell_end(const struct outcome *outcome)
{
	printf("  %s%s%s", outcome_name(outcome->kind), outcome->why && *outcome->why ? ": " : "",
	       outcome->why ? outcome->why : "");
	if (outcome->before)
		printf(" (from an earlier start)\n");
	else if (outcome->built > 0)
		printf(" (built in %.0f s, tested in %.1f s)\n", outcome->built, outcome->tested);
	else
		printf(" (tested in %.1f s)\n", outcome->tested);
	if (outcome->kind != OUTCOME_PASS)
		printf("  all of it: %s/\n", outcome->folder);
	fflush(stdout);
}

static bool build(struct series *series, const char *commit, const char *kept,
		  struct outcome *outcome, GError **error)
{
	g_autofree char *log = g_build_filename(outcome->folder, "build.log", NULL);
	gint64 begin = g_get_monotonic_time();
	bool built;

	if (!tree_checkout(series->tree, commit, error) ||
	    !build_checkout(series->tree, kept, series->build, log, &built, error))
		return false;
	if (kept || series->build)
		outcome->built = (g_get_monotonic_time() - begin) / 1e6;
	if (!built) {
		outcome->kind = OUTCOME_NOT_BUILT;
		outcome->status = STATUS_BUILD_FAILED;
		outcome->why = said_by_build(log);
	}
	return true;
}

/* A commit that is no part of the lab is tested on the lab as it is, and its saved machines. */
static bool test(struct series *series, const char *kept, struct outcome *outcome, GError **error)
{
	const char *const parts[] = {kept, NULL};
	g_autofree char *root = kept ? place_make(series->lab, outcome->folder, parts, error)
				     : g_strdup(series->lab->root);

	return root && trial_run(series->trial, root, NULL, kept ? NULL : series->tree->path,
				 outcome, error);
}

/* No other commit would mend it. */
static bool stops(const struct outcome *outcome, GError **error)
{
	if (outcome->kind != OUTCOME_STOP)
		return false;
	g_set_error(error, STATUS_ERROR, outcome->status,
		    "it stops here, as no other commit would end otherwise: %s", outcome->why);
	return true;
}

static bool build_and_test(struct series *series, const char *commit, guint left,
			   struct outcome *outcome, GError **error)
{
	g_autofree char *kept = NULL;
	bool have = false;

	if (series->tree->kind != TREE_PLAIN) {
		kept = build_kept(series->tree, commit, series->inputs, error);
		if (!kept)
			return false;
		have = g_file_test(kept, G_FILE_TEST_IS_DIR);
	}
	tell_begin(series, commit, left, have);
	if (!have && !build(series, commit, kept, outcome, error))
		return false;
	if (outcome->kind != OUTCOME_NOT_BUILT && !test(series, kept, outcome, error))
		return false;
	if (stops(outcome, error) || !outcome_save(outcome, error))
		return false;
	series->spent += outcome->built + outcome->tested;
	series->spent_count++;
	return true;
}

bool series_try(struct series *series, const char *commit, guint left, struct outcome *outcome,
		GError **error)
{
	g_autofree char *name = g_strdup_printf("%.*s", COMMIT_DIGITS, commit);
	g_autofree char *folder = g_build_filename(series->folder, name, NULL);

	if (outcome_load(outcome, folder)) {
		g_autofree char *described = tree_describe(series->tree, commit);

		printf("%s\n", described);
		tell_end(outcome);
		return true;
	}
	*outcome = (struct outcome){.folder = g_steal_pointer(&folder)};
	if (g_mkdir_with_parents(outcome->folder, 0777) < 0) {
		g_set_error(error, STATUS_ERROR, STATUS_HOST_NOT_READY, "cannot make '%s': %s",
			    outcome->folder, g_strerror(errno));
		return false;
	}
	if (!build_and_test(series, commit, left, outcome, error)) {
		g_prefix_error(error, "%.*s: ", COMMIT_DIGITS, commit);
		return false;
	}
	tell_end(outcome);
	return true;
}
