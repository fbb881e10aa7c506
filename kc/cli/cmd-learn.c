/* SPDX-License-Identifier: GPL-2.0-or-later */
/* kc learn: exercises, cut from their solutions, and their graders. */
#include "cli/command.h"
#include "base/loop.h"
#include "base/status.h"
#include "learn/check.h"
#include "learn/folder.h"
#include "learn/prove.h"

#include <stdio.h>

struct learn_options {
	const char *action;
	bool quick;
};

static const struct option_row learn_rows[] = {
	{"quick", 0, NULL, "with prove: only the first mistake of each", option_on,
	 offsetof(struct learn_options, quick)},
	{.name = NULL},
};

/* Caller frees. */
static char *state_of(const struct lab *lab, const struct exercise *exercise)
{
	g_autofree char *done = folder_done(lab, exercise);
	g_autofree char *folder = folder_find(lab, exercise);

	if (done)
		return g_strconcat("done, ", done, NULL);
	return folder ? g_strconcat("begun, ", folder, NULL) : g_strdup("");
}

static void list(const struct lab *lab, const GPtrArray *exercises)
{
	for (guint i = 0; i < exercises->len; i++) {
		const struct exercise *one = exercises->pdata[i];
		g_autofree char *state = state_of(lab, one);

		printf("%2u  %-14s  %s%s%s\n", one->number, one->name, one->title,
		       *state ? ": " : "", state);
	}
	puts("'kc learn start N' begins one");
}

static void start(const struct lab *lab, const struct exercise *exercise, const char *place,
		  GError **error)
{
	g_autofree char *name = place ? g_strdup(place)
				      : g_strconcat("learn-", exercise->name, NULL);
	g_autofree char *path = g_canonicalize_filename(name, NULL);
	g_autofree char *file = exercise_source_name(exercise);

	if (!folder_start(lab, exercise, path, error))
		return;
	printf("%u. %s, in %s:\n"
	       "    README.md   what is to be done\n"
	       "    %-10s  where the pieces are missing: look for TODO\n"
	       "'kc learn check %u' builds it and grades each step\n",
	       exercise->number, exercise->title, path, file, exercise->number);
}

static const struct exercise *after(const GPtrArray *exercises, const struct exercise *exercise)
{
	guint at = 0;

	g_ptr_array_find((GPtrArray *)exercises, exercise, &at);
	return at + 1 < exercises->len ? g_ptr_array_index(exercises, at + 1) : NULL;
}

static bool has_lab(const struct lab *lab, GError **error)
{
	static const enum lab_part needed[] = {LAB_VMLINUX, LAB_INITRAMFS, LAB_QEMU};

	for (size_t i = 0; i < G_N_ELEMENTS(needed); i++)
		if (!lab_require(lab, needed[i], error))
			return false;
	loop_catch_signals();
	return true;
}

/* The current folder's exercise; or the only one that was begun. */
static const struct exercise *guess(const struct lab *lab, const GPtrArray *exercises,
				    GError **error)
{
	g_autofree char *here = g_get_current_dir();
	g_autofree char *name = folder_exercise(here);
	const struct exercise *begun = NULL;
	guint count = 0;

	if (name)
		return exercise_find(exercises, name, error);
	for (guint i = 0; i < exercises->len; i++) {
		g_autofree char *folder = folder_find(lab, exercises->pdata[i]);

		count += folder != NULL;
		begun = folder ? exercises->pdata[i] : begun;
	}
	if (count == 1)
		return begun;
	g_set_error(
		error, STATUS_ERROR, STATUS_MISUSE,
		count ? "which exercise? 'kc learn check N', or call it in the exercise's folder"
		      : "no exercise was begun; 'kc learn start N' begins one");
	return NULL;
}

/* The current folder, if it is the exercise's; else where it was begun last. */
static char *find_folder(const struct lab *lab, const struct exercise *exercise, GError **error)
{
	g_autofree char *here = g_get_current_dir();
	g_autofree char *name = folder_exercise(here);
	char *folder = g_strcmp0(name, exercise->name) == 0 ? g_steal_pointer(&here)
							    : folder_find(lab, exercise);

	if (!folder)
		g_set_error(error, STATUS_ERROR, STATUS_MISUSE,
			    "exercise %u was not begun, or its folder is gone; 'kc learn start %u' "
			    "begins it, and 'kc learn check' in a folder that was moved grades it",
			    exercise->number, exercise->number);
	return folder;
}

static int grade_folder(const struct lab *lab, const GPtrArray *exercises, const char *word,
			GError **error)
{
	const struct exercise *exercise = word ? exercise_find(exercises, word, error)
					       : guess(lab, exercises, error);
	g_autofree char *folder = exercise ? find_folder(lab, exercise, error) : NULL;
	g_autofree char *text = folder ? folder_read(exercise, folder, error) : NULL;
	const struct exercise *next = exercise ? after(exercises, exercise) : NULL;
	GError *cause = NULL;
	int status;

	if (!text || !has_lab(lab, error))
		return 0;
	printf("%u. %s: %s\n", exercise->number, exercise->title, folder);
	fflush(stdout);
	status = check(lab, exercise, text, folder, &cause);
	if (cause)
		g_propagate_error(error, cause);
	else if (status == 0)
		folder_set_done(lab, exercise);
	if (!cause && status == 0 && next)
		printf("done; the next: 'kc learn start %u'\n", next->number);
	return status;
}

static int prove_words(const struct lab *lab, const GPtrArray *exercises, char **words, bool quick,
		       GError **error)
{
	g_autoptr(GPtrArray) wanted = g_ptr_array_new();

	for (int i = 0; words[i]; i++) {
		const struct exercise *one = exercise_find(exercises, words[i], error);

		if (!one)
			return 0;
		g_ptr_array_add(wanted, (struct exercise *)one);
	}
	if (!has_lab(lab, error))
		return 0;
	return prove(lab, wanted->len ? wanted : exercises, quick, error);
}

static bool check_count(char **words, guint least, guint most, const char *usage, GError **error)
{
	guint count = g_strv_length(words);

	if (count >= least && count <= most)
		return true;
	g_set_error(error, STATUS_ERROR, STATUS_MISUSE, "expected 'kc learn %s'", usage);
	return false;
}

static int act(const struct lab *lab, const GPtrArray *exercises,
	       const struct learn_options *options, char **words, GError **error)
{
	const char *action = options->action ? options->action : "list";
	const struct exercise *exercise;

	if (g_str_equal(action, "list")) {
		if (check_count(words, 0, 0, "[list|start|check|prove] ...", error))
			list(lab, exercises);
	} else if (g_str_equal(action, "start")) {
		exercise = check_count(words, 1, 2, "start N|NAME [DIR]", error)
				   ? exercise_find(exercises, words[0], error)
				   : NULL;
		if (exercise)
			start(lab, exercise, words[1], error);
	} else if (g_str_equal(action, "check")) {
		if (check_count(words, 0, 1, "check [N|NAME]", error))
			return grade_folder(lab, exercises, words[0], error);
	} else {
		return prove_words(lab, exercises, words, options->quick, error);
	}
	return 0;
}

static int learn_run(const void *fields, char **operands, GError **error)
{
	struct lab *lab = lab_find(error);
	g_autoptr(GPtrArray) exercises = lab ? exercise_list(lab, error) : NULL;
	int status = 0;

	if (exercises)
		status = act(lab, exercises, fields, operands, error);
	lab_free(lab);
	return status;
}

static const struct option_row *const learn_tables[] = {learn_rows, NULL};

const struct command command_learn = {
	.name = "learn",
	.words = "list|start|check|prove",
	.word_offset = offsetof(struct learn_options, action),
	.operands = "[N|NAME...] [DIR]",
	.operands_max = G_MAXUINT,
	.summary = "exercises, and a grader for each",
	.text = "list shows the exercises, and which are begun or done ('make clean' forgets "
		"that, and leaves your folders).\n\n"
		"start N lays one out in DIR (default: learn-NAME in the current folder): a "
		"README.md that says what is to be done, and a source file from which pieces "
		"of the solution are missing. Nothing that exists is overwritten.\n\n"
		"check N, or check in the exercise's folder, builds the file and grades each "
		"step in a fresh guest: 'ok', or 'not ok' with what was seen and, where the "
		"mistake is a known one, a hint. The lab is not changed. The exit status is 0 "
		"if all steps passed, 1 if the code is wrong or does not build. Where the "
		"environment is broken there is no grade, and the status is kc's own (241: "
		"host not ready, 243: never booted ...): whatever the guest has not said by "
		"itself counts against the code only if the solution passes here.\n\n"
		"prove N..., or prove for all, holds the graders to what they must find: what "
		"start lays out fails each step, the solution passes each, and each well-known "
		"mistake gets its own hint.",
	.options = learn_tables,
	.fields_size = sizeof(struct learn_options),
	.run = learn_run,
};
