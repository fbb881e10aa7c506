/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "series/trial.h"
#include "base/quote.h"
#include "base/status.h"
#include "series/child.h"
#include "series/said.h"
#include "series/space.h"
#include "test/list.h"

#include <string.h>
#include <unistd.h>

#define TRIAL_SECONDS (4 * 3600) /* each guest in it has limits of its own */

static bool has_word(char *const *words, const char *const *wanted)
{
	for (; *words && !g_str_equal(*words, "--"); words++)
		for (int i = 0; wanted[i]; i++)
			if (g_str_has_prefix(*words, wanted[i]))
				return true;
	return false;
}

/* To save a machine that is used once takes longer than to boot it. */
static void add_head(GPtrArray *list, const char *verb, char *const *words, bool cold)
{
	static const char *const kernel[] = {"-k", "--kernel", NULL};
	static const char *const colds[] = {"--cold", NULL};

	g_ptr_array_add(list, g_strdup(verb));
	if (cold && !has_word(words, colds))
		g_ptr_array_add(list, g_strdup("--cold"));
	if (g_str_equal(verb, "test") && !has_word(words, kernel))
		g_ptr_array_add(list, g_strdup("--kernel=normal"));
}

static bool is_kc(const char *word)
{
	g_autofree char *name = g_path_get_basename(word);

	return g_str_equal(name, "kc");
}

/* Do all of them name tests? A file of tests may be one of the commit's alone. */
static bool are_tests(const struct lab *lab, char *const *words)
{
	g_autoptr(GPtrArray) found = test_list_find(lab, words, NULL);

	return found || g_str_has_suffix(*words, ".ini");
}

static bool check_verb(const char *verb, GError **error)
{
	if (verb && (g_str_equal(verb, "run") || g_str_equal(verb, "test")))
		return true;
	g_set_error(error, STATUS_ERROR, STATUS_MISUSE,
		    "'kc %s' is not a test: '--' may be followed by 'kc run ...' or 'kc test ...'",
		    verb ? verb : "");
	return false;
}

/* Which of kc's commands it is, as the user's own word, or ours; NULL with @error. */
static const char *find_verb(const struct lab *lab, char *const **words, GError **error)
{
	const char *verb;

	if (!**words) {
		g_set_error(error, STATUS_ERROR, STATUS_MISUSE,
			    "what is to be tested? Behind '--' comes a command of the guest's, or "
			    "tests by their names");
		return NULL;
	}
	if (!is_kc(**words))
		return are_tests(lab, *words) ? "test" : "run";
	verb = (*words)[1];
	if (!check_verb(verb, error))
		return NULL;
	*words += 2;
	return verb;
}

bool trial_parse(struct trial *trial, const struct lab *lab, char *const *words, bool cold,
		 GError **error)
{
	const char *verb = find_verb(lab, &words, error);
	GPtrArray *list;

	*trial = (struct trial){0};
	if (!verb)
		return false;
	list = g_ptr_array_new();
	add_head(list, verb, words, cold);
	trial->head = list->len;
	trial->tests = g_str_equal(verb, "test");
	for (; *words; words++)
		g_ptr_array_add(list, g_strdup(*words));
	g_ptr_array_add(list, NULL);
	trial->words = (char **)g_ptr_array_free(list, FALSE);
	return true;
}

void trial_clear(struct trial *trial)
{
	g_strfreev(trial->words);
}

char *trial_text(const struct trial *trial)
{
	GString *text = g_string_new("kc ");

	g_string_append(text, trial->words[0]);
	for (char **word = trial->words + trial->head; *word; word++) {
		g_autofree char *quoted = quote_shell(*word);

		g_string_append_printf(text, " %s", quoted);
	}
	return g_string_free(text, FALSE);
}

/* kc itself, its head, @more, and the user's words */
static char **command_of(const struct trial *trial, const char *const *more)
{
	GPtrArray *list = g_ptr_array_new();

	/* Not by its path: who bisects for an hour may build kc anew meanwhile. */
	g_ptr_array_add(list, g_strdup("/proc/self/exe"));
	for (guint i = 0; i < trial->head; i++)
		g_ptr_array_add(list, g_strdup(trial->words[i]));
	for (; more && *more; more++)
		g_ptr_array_add(list, g_strdup(*more));
	for (guint i = trial->head; trial->words[i]; i++)
		g_ptr_array_add(list, g_strdup(trial->words[i]));
	g_ptr_array_add(list, NULL);
	return (char **)g_ptr_array_free(list, FALSE);
}

static enum outcome_kind kind_of(int status)
{
	switch (status_for_bisect(status)) {
	case 0:
		return OUTCOME_PASS;
	case STATUS_TEST_FAILED:
		return OUTCOME_FAIL;
	case 125:
		return OUTCOME_UNKNOWN;
	default:
		return OUTCOME_STOP;
	}
}

bool trial_run(const struct trial *trial, const char *root, const char *const *more,
	       const char *dir, struct outcome *outcome, GError **error)
{
	g_auto(GStrv) argv = command_of(trial, more);
	g_autofree char *log = g_build_filename(outcome->folder, "test.log", NULL);
	const struct child child = {
		.argv = (const char *const *)argv,
		.dir = dir,
		.root = root,
		.log = log,
		.seconds = TRIAL_SECONDS,
		.what = "the test ended",
	};
	gint64 begin = g_get_monotonic_time();

	unlink(log);
	if (!child_run(&child, &outcome->status, error))
		return false;
	if (outcome->status && space_ran_out(outcome->folder, log, "kc: ", error))
		return false;
	outcome->tested = (g_get_monotonic_time() - begin) / 1e6;
	outcome->kind = kind_of(outcome->status);
	outcome->why = said_by_test(log, outcome->kind, outcome->status);
	/* 127 for one, which is no status of kc's own */
	if (outcome->kind == OUTCOME_STOP)
		outcome->status = status_for_bisect(outcome->status);
	return true;
}
