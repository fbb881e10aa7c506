/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What of ours a test needs: a pair of kernel and QEMU without it cannot run it. */
#ifndef KC_SERIES_NEEDS_H
#define KC_SERIES_NEEDS_H

#include "series/trial.h"

struct needs {
	GPtrArray *modules; /* names of the lab's, "hello_virtio" */
	GPtrArray *devices; /* of char *: types, or names of ours */
};

void needs_find(struct needs *needs, const struct trial *trial, const struct lab *lab);
void needs_clear(struct needs *needs);

#endif
