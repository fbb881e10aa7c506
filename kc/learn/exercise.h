/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The exercises: learn/NN-NAME/ of the project, each with an exercise.ini, a
 * tests.ini whose tests are its steps, and a README.md for the learner.
 */
#ifndef KC_LEARN_EXERCISE_H
#define KC_LEARN_EXERCISE_H

#include "lab/lab.h"
#include "learn/source.h"

struct exercise {
	unsigned number;
	char *name; /* also of its pieces in the source */
	char *title;
	char *folder; /* absolute */
	GKeyFile *file;
};

/* In their order, of struct exercise; caller unrefs. NULL with @error where one is wrong. */
GPtrArray *exercise_list(const struct lab *lab, GError **error);

/* By number or name; borrowed. NULL with STATUS_MISUSE. */
const struct exercise *exercise_find(const GPtrArray *exercises, const char *word, GError **error);

/* A key of [exercise], or NULL; caller frees. */
char *exercise_get(const struct exercise *exercise, const char *key);

/* A list of it, with the files' names as they are from anywhere; caller frees. */
char **exercise_files(const struct exercise *exercise, const char *key);

/* The file of the project that the learner's part is cut from; caller frees. */
char *exercise_source(const struct exercise *exercise);

/* What the learner's file is called; caller frees. */
char *exercise_source_name(const struct exercise *exercise);

/*
 * The solution, what the learner is given of it, or a mistake; caller frees. NULL with
 * STATUS_HOST_NOT_READY.
 */
char *exercise_make(const struct exercise *exercise, enum source_kind kind, const char *mistake,
		    GError **error);

/* The names of the mistakes in it, caller unrefs; NULL with STATUS_HOST_NOT_READY. */
GPtrArray *exercise_mistakes(const struct exercise *exercise, GError **error);

/* The hint for a mistake that the grader knows by this name, or NULL; caller frees. */
char *exercise_hint(const struct exercise *exercise, const char *mistake);

/*
 * The mistake that a step's verdict ("QEMU died") means by itself, or with what was found;
 * or NULL; caller frees.
 */
char *exercise_symptom(const struct exercise *exercise, const char *step, const char *verdict,
		       const char *found);

#endif
