/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "bench/counts.h"

#include <math.h>

#define COUNT_NAME(member, name, words, scale) name,
#define COUNT_WORDS(member, name, words, scale) words,
#define COUNT_SCALE(member, name, words, scale) scale,

static const char *const names[] = {COUNT_LIST(COUNT_NAME)};
static const char *const words[] = {COUNT_LIST(COUNT_WORDS)};
static const double scales[] = {COUNT_LIST(COUNT_SCALE)};

void counts_unknown(struct counts *counts)
{
	for (int i = 0; i < COUNTS; i++)
		counts->of[i] = NAN;
}

void counts_subtract(struct counts *counts, const struct counts *before)
{
	for (int i = 0; i < COUNTS; i++) {
		counts->of[i] -= before->of[i];
		/* A device that was reset meanwhile began to count anew. */
		if (counts->of[i] < 0)
			counts->of[i] = NAN;
	}
}

const char *count_name(enum count count)
{
	return names[count];
}

const char *count_words(enum count count)
{
	return words[count];
}

double count_scale(enum count count)
{
	return scales[count];
}
