/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A lab of links, in which some parts are others than this lab's: what a kc that gets it as
 * KC_ROOT takes for its own. Its failures are kept in it.
 */
#ifndef KC_SERIES_PLACE_H
#define KC_SERIES_PLACE_H

#include "lab/lab.h"

/*
 * In @folder/root, made anew; @parts are folders (NULL-terminated) whose entries replace those of
 * build/lab by their names. Fails with STATUS_HOST_NOT_READY. Caller frees the path.
 */
char *place_make(const struct lab *lab, const char *folder, const char *const *parts,
		 GError **error);

#endif
