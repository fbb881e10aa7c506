/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Messages in the wire format of Protocol Buffers, written field by field. Each
 * function appends one field, of number @field, to a message that grows.
 */
#ifndef KC_BASE_PROTOBUF_H
#define KC_BASE_PROTOBUF_H

#include <glib.h>

void protobuf_put_number(GByteArray *message, guint32 field, guint64 value); /* uint*, enum */
void protobuf_put_fixed64(GByteArray *message, guint32 field, guint64 value);

/* @text may be any bytes: what is not UTF-8 is replaced. */
void protobuf_put_string(GByteArray *message, guint32 field, const char *text);
void protobuf_put_message(GByteArray *message, guint32 field, const GByteArray *inner);

#endif
