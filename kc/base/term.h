/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The user's terminal, which must be left as it was found. */
#ifndef KC_BASE_TERM_H
#define KC_BASE_TERM_H

#include <glib.h>
#include <stdbool.h>

/* Puts the terminal on stdin into raw mode until term_restore() or exit. */
bool term_raw(void);
void term_restore(void);

/* The size of the terminal on stdin; 24 by 80 where it does not say. */
void term_size(guint16 *rows, guint16 *columns);

#endif
