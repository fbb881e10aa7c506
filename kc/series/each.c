/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "series/each.h"
#include "base/status.h"
#include "series/child.h"

#include <stdio.h>
#include <string.h>

#define EACH_UNKNOWN 125

/* Oldest first; NULL-terminated. A range with none is one that was meant otherwise. */
static char **list_commits(const struct tree *tree, const char *range, GError **error)
{
	g_autofree char *whole = strstr(range, "..") ? g_strdup(range)
						     : g_strconcat(range, "..HEAD", NULL);
	g_autofree char *said = child_git(tree->user, error, "rev-list", "--reverse",
					  "--topo-order", "--end-of-options", whole, "--", NULL);

	if (!said)
		return NULL;
	if (*said)
		return g_strsplit(said, "\n", -1);
	g_set_error(error, STATUS_ERROR, STATUS_MISUSE,
		    "no commit is in %s; BASE..HEAD has those of HEAD that BASE has not", whole);
	return NULL;
}

static void clear_outcome(void *data)
{
	outcome_clear(data);
}

static void tell_all(const struct tree *tree, char *const *commits, const GArray *outcomes)
{
	printf("\n");
	for (guint i = 0; i < outcomes->len; i++) {
		const struct outcome *one = &g_array_index(outcomes, struct outcome, i);
		g_autofree char *name = tree_describe(tree, commits[i]);

		printf("%-14s  %s\n", outcome_name(one->kind), name);
		if (one->kind != OUTCOME_PASS)
			printf("%-14s    %s\n%-14s    %s/\n", "", one->why, "", one->folder);
	}
}

static int sum_up(const GArray *outcomes)
{
	guint counts[OUTCOME_STOP + 1] = {0};

	for (guint i = 0; i < outcomes->len; i++)
		counts[g_array_index(outcomes, struct outcome, i).kind]++;
	printf("%u passed, %u failed, %u do not build, %u not run\n", counts[OUTCOME_PASS],
	       counts[OUTCOME_FAIL], counts[OUTCOME_NOT_BUILT], counts[OUTCOME_UNKNOWN]);
	if (counts[OUTCOME_FAIL] + counts[OUTCOME_NOT_BUILT])
		return STATUS_TEST_FAILED;
	return counts[OUTCOME_UNKNOWN] ? EACH_UNKNOWN : 0;
}

int each(struct series *series, const char *range, GError **error)
{
	g_autoptr(GArray) outcomes = g_array_new(FALSE, FALSE, sizeof(struct outcome));
	const struct tree *tree = series_tree(series);
	g_auto(GStrv) commits = list_commits(tree, range, error);
	guint count = commits ? g_strv_length(commits) : 0;

	g_array_set_clear_func(outcomes, clear_outcome);
	if (commits)
		printf("%u commit%s\n", count, count == 1 ? "" : "s");
	for (guint i = 0; i < count; i++) {
		struct outcome outcome;

		if (!series_try(series, commits[i], count - i - 1, &outcome, error)) {
			outcome_clear(&outcome);
			break;
		}
		g_array_append_val(outcomes, outcome);
	}
	if (!outcomes->len)
		return 0;
	tell_all(tree, commits, outcomes);
	return sum_up(outcomes);
}
