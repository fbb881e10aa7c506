/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "series/bisect.h"
#include "base/status.h"
#include "series/child.h"

#include <stdio.h>
#include <string.h>

#define BISECT_UNKNOWN 125

struct search {
	struct series *series;
	char *good, *bad; /* commits */
};

static const char *path_of(const struct search *search)
{
	return series_tree(search->series)->path;
}

/* git's own guess, from what it says of a step: "(roughly 4 steps)" */
static guint steps_left(const char *said)
{
	const char *at = said ? strstr(said, "(roughly ") : NULL;

	return at ? (guint)g_ascii_strtoull(at + strlen("(roughly "), NULL, 10) : 0;
}

static bool resolve(struct search *search, const struct bisect_ends *ends, GError **error)
{
	const struct tree *tree = series_tree(search->series);
	g_autofree char *range = NULL, *count = NULL;
	guint commits, steps = 0;

	search->good = tree_commit(tree, ends->good, error);
	search->bad = search->good ? tree_commit(tree, ends->bad, error) : NULL;
	if (!search->bad)
		return false;
	range = g_strconcat(search->good, "..", search->bad, NULL);
	count = child_git(tree->user, error, "rev-list", "--count", range, NULL);
	if (!count)
		return false;
	commits = (guint)g_ascii_strtoull(count, NULL, 10);
	while (commits >> steps > 1)
		steps++;
	if (commits)
		printf("%u commit%s in %s..%s, about %u step%s%s\n", commits,
		       commits == 1 ? "" : "s", ends->good, ends->bad, steps, steps == 1 ? "" : "s",
		       ends->trusted ? "" : ", after both ends");
	else
		g_set_error(error, STATUS_ERROR, STATUS_MISUSE,
			    "no commit is in %s..%s: '%s' is the same or comes before it; the good "
			    "one is named first",
			    ends->good, ends->bad, ends->bad);
	return commits;
}

/* An end that is not as it was said to be would lead to any commit. */
static bool check_end(struct search *search, const char *commit, const char *word,
		      enum outcome_kind wanted, GError **error)
{
	struct outcome outcome;
	bool ok = series_try(search->series, commit, 0, &outcome, error);

	if (ok && outcome.kind != wanted) {
		ok = false;
		g_set_error(error, STATUS_ERROR, STATUS_MISUSE,
			    "'%s' was to be %s, and it is: %s%s%s; --trust leaves out this check",
			    word, wanted == OUTCOME_PASS ? "good" : "bad",
			    outcome_name(outcome.kind), outcome.why && *outcome.why ? ": " : "",
			    outcome.why ? outcome.why : "");
	}
	outcome_clear(&outcome);
	return ok;
}

static const char *term_of(enum outcome_kind kind)
{
	return kind == OUTCOME_PASS ? "good" : kind == OUTCOME_FAIL ? "bad" : "skip";
}

static char *describe(const struct search *search, const char *commit)
{
	return child_git(series_tree(search->series)->user, NULL, "log", "-1", "--date=iso",
			 "--format=%H%n  %s%n  %an, %ad", commit, NULL);
}

/* It was tested, or is the bad end that was trusted. */
static void tell_found(struct search *search, const char *commit)
{
	g_autofree char *name = describe(search, commit);
	g_autofree char *folder = g_strdup_printf("%s/%.12s", series_folder(search->series),
						  commit);
	struct outcome outcome;

	printf("\nthe first bad commit is %s\n", name ? name : commit);
	if (outcome_load(&outcome, folder))
		printf("  %s: %s\n  all of it: %s/\n", outcome_name(outcome.kind), outcome.why,
		       outcome.folder);
	outcome_clear(&outcome);
}

static void tell_possible(struct search *search, char *const *lines)
{
	static const char mark[] = "# possible first bad commit: [";

	printf("\nthe first bad commit is one of these, of which some cannot be told:\n");
	for (; *lines; lines++) {
		g_autofree char *commit = NULL, *name = NULL;

		if (!g_str_has_prefix(*lines, mark))
			continue;
		commit = g_strdup(*lines + strlen(mark));
		commit[strcspn(commit, "]")] = '\0';
		name = tree_describe(series_tree(search->series), commit);
		printf("  %s\n", name);
	}
}

/* What git has come to, by its log, which is kept: 'git bisect replay' reads it. -1: go on. */
static int tell_end(struct search *search, GError **error)
{
	static const char found[] = "# first bad commit: [";
	g_autofree char *log = child_git(path_of(search), error, "bisect", "log", NULL);
	g_autofree char *file = g_build_filename(series_folder(search->series), "bisect.log", NULL);
	g_autofree char *commit = NULL;
	g_auto(GStrv) lines = NULL;
	const char *at;

	if (!log)
		return 0;
	g_file_set_contents(file, log, -1, NULL);
	at = strstr(log, found);
	if (at) {
		commit = g_strdup(at + strlen(found));
		commit[strcspn(commit, "]")] = '\0';
		tell_found(search, commit);
		return 0;
	}
	if (!strstr(log, "# only skipped commits left to test"))
		return -1;
	lines = g_strsplit(log, "\n", -1);
	tell_possible(search, lines);
	return BISECT_UNKNOWN;
}

static int search_on(struct search *search, char *said, GError **error)
{
	g_autofree char *last = said;

	for (;;) {
		g_autofree char *commit = NULL;
		struct outcome outcome;
		int status = tell_end(search, error);

		if (status >= 0)
			return status;
		commit = child_git(path_of(search), error, "rev-parse", "BISECT_HEAD", NULL);
		if (!commit)
			return 0;
		if (!series_try(search->series, commit, steps_left(last), &outcome, error)) {
			outcome_clear(&outcome);
			return 0;
		}
		g_clear_pointer(&last, g_free);
		/* It fails where only skipped ones are left, which its log tells, too. */
		last = child_git(path_of(search), NULL, "bisect", term_of(outcome.kind), commit,
				 NULL);
		outcome_clear(&outcome);
	}
}

static int begin(struct search *search, const struct bisect_ends *ends, GError **error)
{
	char *said;

	if (!resolve(search, ends, error))
		return 0;
	if (!ends->trusted && (!check_end(search, search->bad, ends->bad, OUTCOME_FAIL, error) ||
			       !check_end(search, search->good, ends->good, OUTCOME_PASS, error)))
		return 0;
	said = child_git(path_of(search), error, "bisect", "start", "--no-checkout", search->bad,
			 search->good, NULL);
	return said ? search_on(search, said, error) : 0;
}

int bisect(struct series *series, const struct bisect_ends *ends, GError **error)
{
	struct search search = {.series = series};
	int status = begin(&search, ends, error);

	g_free(search.good);
	g_free(search.bad);
	return status;
}
