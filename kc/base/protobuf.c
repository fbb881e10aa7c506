/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "base/protobuf.h"
#include "base/varint.h"

#include <string.h>

enum wire_type {
	WIRE_VARINT = 0,
	WIRE_FIXED64 = 1,
	WIRE_BYTES = 2,
};

static void put_tag(GByteArray *message, guint32 field, enum wire_type type)
{
	varint_append(message, (guint64)field << 3 | type);
}

static void put_bytes(GByteArray *message, guint32 field, const void *bytes, gsize len)
{
	put_tag(message, field, WIRE_BYTES);
	varint_append(message, len);
	g_byte_array_append(message, bytes, len);
}

void protobuf_put_number(GByteArray *message, guint32 field, guint64 value)
{
	put_tag(message, field, WIRE_VARINT);
	varint_append(message, value);
}

void protobuf_put_fixed64(GByteArray *message, guint32 field, guint64 value)
{
	guint64 bytes = GUINT64_TO_LE(value);

	put_tag(message, field, WIRE_FIXED64);
	g_byte_array_append(message, (const guint8 *)&bytes, sizeof(bytes));
}

void protobuf_put_string(GByteArray *message, guint32 field, const char *text)
{
	g_autofree char *valid = g_utf8_make_valid(text, -1);

	put_bytes(message, field, valid, strlen(valid));
}

void protobuf_put_message(GByteArray *message, guint32 field, const GByteArray *inner)
{
	put_bytes(message, field, inner->data, inner->len);
}
