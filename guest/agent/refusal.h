/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Why a program could not be run: the kernel says "no such file" of a program
 * that is there where something else is not.
 */
#ifndef KC_REFUSAL_H
#define KC_REFUSAL_H

#include <stddef.h>

/* What execvp(name) failed of, given its errno, in a sentence without the name. */
void refusal_explain(const char *name, int error, char *text, size_t size);

#endif
