/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "vm/frame.h"
#include "base/status.h"

#include <string.h>

static const char *const names[] = {
	[KC_HELLO] = "HELLO",
	[KC_SETUP] = "SETUP",
	[KC_PUT] = "PUT",
	[KC_GET] = "GET",
	[KC_EXEC] = "EXEC",
	[KC_STDIN] = "STDIN",
	[KC_SIGNAL] = "SIGNAL",
	[KC_WINSIZE] = "WINSIZE",
	[KC_POWEROFF] = "POWEROFF",
	[KC_DATA] = "DATA",
	[KC_EOF] = "EOF",
	[KC_READY] = "READY",
	[KC_OK] = "OK",
	[KC_ERROR] = "ERROR",
	[KC_STDOUT] = "STDOUT",
	[KC_STDERR] = "STDERR",
	[KC_STDIN_ACK] = "STDIN_ACK",
	[KC_EXIT] = "EXIT",
	[KC_KMSG] = "KMSG",
	[KC_ASK] = "ASK",
};

const char *frame_name(unsigned type)
{
	if (type >= G_N_ELEMENTS(names) || !names[type])
		return "unknown";
	return names[type];
}

static bool comes_from_guest(unsigned type)
{
	return type >= KC_DATA && type < G_N_ELEMENTS(names) && names[type];
}

char *frame_space(struct frame_reader *reader, size_t *room)
{
	if (reader->start > 0) {
		memmove(reader->buffer, reader->buffer + reader->start,
			reader->end - reader->start);
		reader->end -= reader->start;
		reader->start = 0;
	}
	*room = sizeof(reader->buffer) - reader->end;
	return reader->buffer + reader->end;
}

void frame_received(struct frame_reader *reader, size_t len)
{
	g_assert(len <= sizeof(reader->buffer) - reader->end);
	reader->end += len;
}

static bool header_is_sane(const struct kc_frame *header, GError **error)
{
	if (header->magic != KC_FRAME_MAGIC) {
		g_set_error(error, STATUS_ERROR, STATUS_AGENT_LOST,
			    "the guest's agent sent 0x%04x where a frame begins with 0x%04x",
			    header->magic, KC_FRAME_MAGIC);
		return false;
	}
	if (!comes_from_guest(header->type)) {
		g_set_error(error, STATUS_ERROR, STATUS_AGENT_LOST,
			    "the guest's agent sent a frame of type %u (%s), "
			    "which is none of a guest's",
			    header->type, frame_name(header->type));
		return false;
	}
	if (header->len > KC_FRAME_MAX) {
		g_set_error(error, STATUS_ERROR, STATUS_AGENT_LOST,
			    "the guest's agent announced a %s frame of %u bytes, %u are the most",
			    frame_name(header->type), header->len, KC_FRAME_MAX);
		return false;
	}
	return true;
}

enum frame_result frame_peek(struct frame_reader *reader, struct frame *frame, GError **error)
{
	const char *at = reader->buffer + reader->start;
	size_t have = reader->end - reader->start;
	struct kc_frame header;

	if (have < sizeof(header))
		return FRAME_NONE;
	memcpy(&header, at, sizeof(header));
	header.magic = GUINT16_FROM_LE(header.magic);
	header.len = GUINT32_FROM_LE(header.len);
	if (!header_is_sane(&header, error))
		return FRAME_BROKEN;
	if (have < sizeof(header) + header.len)
		return FRAME_NONE;
	*frame = (struct frame){
		.type = header.type,
		.len = header.len,
		.payload = at + sizeof(header),
	};
	return FRAME_WHOLE;
}

enum frame_result frame_take(struct frame_reader *reader, struct frame *frame, GError **error)
{
	enum frame_result result = frame_peek(reader, frame, error);

	if (result == FRAME_WHOLE)
		reader->start += sizeof(struct kc_frame) + frame->len;
	return result;
}

bool frame_u32(const struct frame *frame, guint32 *value, GError **error)
{
	if (frame->len != sizeof(*value)) {
		g_set_error(error, STATUS_ERROR, STATUS_AGENT_LOST,
			    "the guest's agent sent %s with %zu bytes instead of %zu",
			    frame_name(frame->type), frame->len, sizeof(*value));
		return false;
	}
	memcpy(value, frame->payload, sizeof(*value));
	*value = GUINT32_FROM_LE(*value);
	return true;
}

const char *frame_text(const struct frame *frame, GError **error)
{
	if (frame->len == 0 ||
	    memchr(frame->payload, '\0', frame->len) != frame->payload + frame->len - 1) {
		g_set_error(error, STATUS_ERROR, STATUS_AGENT_LOST,
			    "the guest's agent sent %s without a text that ends in its NUL",
			    frame_name(frame->type));
		return NULL;
	}
	return frame->payload;
}

void frame_append(GByteArray *out, enum kc_frame_type type, const void *payload, size_t len)
{
	struct kc_frame header = {
		.magic = GUINT16_TO_LE(KC_FRAME_MAGIC),
		.type = type,
		.len = GUINT32_TO_LE((guint32)len),
	};

	g_assert(len <= KC_FRAME_MAX);
	g_byte_array_append(out, (const guint8 *)&header, sizeof(header));
	if (len > 0)
		g_byte_array_append(out, payload, len);
}
