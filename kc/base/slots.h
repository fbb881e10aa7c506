/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What bounds how much runs at once on a machine, whoever starts it: the files
 * of the folder that KC_TEST_SLOTS names, each of which one process may lock. A
 * lock ends with its holder, however that ends.
 */
#ifndef KC_BASE_SLOTS_H
#define KC_BASE_SLOTS_H

#define SLOT_FREE -1 /* nothing bounds it: there is no such folder */
#define SLOT_NONE -2 /* all are taken */

/* Does not wait. */
int slot_take(void);
void slot_give(int slot);

#endif
