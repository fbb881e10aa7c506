/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A matrix for people and for machines. No cell is blank in any of them. */
#ifndef KC_SERIES_MATRIX_SHOW_H
#define KC_SERIES_MATRIX_SHOW_H

#include "series/matrix.h"

#include <stdio.h>

/* Of the terminal, and below it why each cell that does not pass is as it is. */
void matrix_table(FILE *out, const void *matrix);

/* As for output_write(): @matrix is a struct matrix. docs/matrix-json.md has the fields. */
void matrix_json(FILE *out, const void *matrix);

/* A suite for each kernel, a case for each QEMU: what does not build is an error. */
void matrix_junit(FILE *out, const void *matrix);

/* A page that needs nothing else. */
void matrix_html(FILE *out, const void *matrix);

#endif
