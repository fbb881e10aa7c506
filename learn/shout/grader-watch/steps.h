/* SPDX-License-Identifier: GPL-2.0-only */
/* The steps, by file: each is what a guest of its own is for. */
#ifndef LEARN_STEPS_H
#define LEARN_STEPS_H

#include <stdbool.h>

/* test-bind.c */
bool binds(void);
bool ready(void);
bool refuses(void);
bool unbinds(void);
bool rebinds(void);
bool in_flight(void);

/* test-queue.c */
bool one(void);
bool several(void);
bool full(void);
bool single(void);
bool burst(void);
bool spaced(void);
bool window(void);
bool locked(void);
bool used_length(void);

/* test-trust.c */
bool smaller(void);
bool larger(void);
bool huge(void);
bool beyond_room(void);
bool beyond_word(void);
bool shorter(void);

#endif
