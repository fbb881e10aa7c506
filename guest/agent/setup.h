/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What a guest needs anew at each start, as many may go on from one snapshot. */
#ifndef KC_SETUP_H
#define KC_SETUP_H

#include <stddef.h>

/* Carries out a SETUP frame. Returns NULL, or what failed, with errno. */
const char *setup(const unsigned char *payload, size_t len);

#endif
