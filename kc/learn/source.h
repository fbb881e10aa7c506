/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * One source for all that an exercise needs: the solution, what the learner is
 * given of it, and each mistake that the grader knows. Marks in it are comments,
 * a line each, so that it compiles and reads as it is:
 *
 *	learn: cut NAME		a piece of the exercise NAME begins
 *	learn: instead		what the learner finds in its place: lines "learn: + TEXT"
 *	learn: mistake NAME	the piece with lines "learn: - TEXT" replaced by the
 *				lines "learn: + TEXT" that follow them
 *	learn: end
 */
#ifndef KC_LEARN_SOURCE_H
#define KC_LEARN_SOURCE_H

#include <glib.h>

enum source_kind { SOURCE_SOLUTION, SOURCE_SKELETON, SOURCE_MISTAKE };

struct source_wish {
	enum source_kind kind;
	const char *exercise; /* the pieces of others stay as they are */
	const char *todo; /* of a skeleton: what is to be written */
	const char *mistake;
};

/* Without any mark. NULL with @error for marks that are wrong, or a mistake that does not fit. */
char *source_make(const char *text, const struct source_wish *wish, GError **error);

/* The names of all mistakes of an exercise, in their order; caller unrefs. */
GPtrArray *source_mistakes(const char *text, const char *exercise);

#endif
