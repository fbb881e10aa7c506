/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Integers of variable length, seven bits a byte, the lowest first (LEB128). */
#ifndef KC_BASE_VARINT_H
#define KC_BASE_VARINT_H

#include <glib.h>

static inline void varint_append(GByteArray *bytes, guint64 value)
{
	guint8 text[10];
	guint n = 0;

	do {
		text[n] = (value & 0x7f) | (value > 0x7f ? 0x80 : 0);
		value >>= 7;
	} while (text[n++] & 0x80);
	g_byte_array_append(bytes, text, n);
}

#endif
