/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Standard input, for commands that hand it on. */
#ifndef KC_BASE_INPUT_H
#define KC_BASE_INPUT_H

#include <glib.h>
#include <stdbool.h>

/*
 * Fails with STATUS_MISUSE where all that is read from it would be an error: a
 * folder, or what is open for writing alone. /dev/null is never refused: nohup
 * opens it for writing, and whoever reads nothing loses nothing.
 */
bool input_check(GError **error);

/*
 * After a read() of it that failed with @error: is data lost that was there? A
 * terminal that is gone only ends.
 */
bool input_lost(int error);

#endif
