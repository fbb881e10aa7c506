/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The learner's folders: one an exercise, wherever it was wished; which are done is kept. */
#ifndef KC_LEARN_FOLDER_H
#define KC_LEARN_FOLDER_H

#include "learn/exercise.h"

#include <stdbool.h>

/*
 * Lays out @exercise in @path, which must not be there or be empty, outside the project's
 * devices/ and modules/. Fails with STATUS_MISUSE, or STATUS_NOT_CARRIED.
 */
bool folder_start(const struct lab *lab, const struct exercise *exercise, const char *path,
		  GError **error);

/* The name of the exercise that @path was laid out for, or NULL; caller frees. */
char *folder_exercise(const char *path);

/* Where it was laid out last, or NULL; caller frees. */
char *folder_find(const struct lab *lab, const struct exercise *exercise);

/* The text of the learner's file. NULL with STATUS_MISUSE; caller frees. */
char *folder_read(const struct exercise *exercise, const char *path, GError **error);

void folder_set_done(const struct lab *lab, const struct exercise *exercise);
/* The day, or NULL; caller frees. */
char *folder_done(const struct lab *lab, const struct exercise *exercise);

#endif
