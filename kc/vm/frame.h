/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Frames of guest/agent/protocol.h, taken out of a stream of bytes in which
 * nothing is trusted. Memory is bounded by one frame of the largest size.
 */
#ifndef KC_VM_FRAME_H
#define KC_VM_FRAME_H

#include "agent/protocol.h"

#include <glib.h>
#include <stdbool.h>

#define FRAME_WIRE_MAX (sizeof(struct kc_frame) + KC_FRAME_MAX)

struct frame {
	enum kc_frame_type type;
	size_t len;
	const char *payload; /* inside the reader, until its next use */
};

struct frame_reader {
	size_t start, end; /* bytes received and not yet taken out */
	char buffer[FRAME_WIRE_MAX];
};

enum frame_result {
	FRAME_NONE, /* more bytes are needed */
	FRAME_WHOLE,
	FRAME_BROKEN /* @error says what is wrong; the stream is lost */
};

/* Where the next bytes go and how many fit: at least one unless a frame waits. */
char *frame_space(struct frame_reader *reader, size_t *room);
void frame_received(struct frame_reader *reader, size_t len);

/* Looks at the next frame, which may only be one that a guest sends. */
enum frame_result frame_peek(struct frame_reader *reader, struct frame *frame, GError **error);
enum frame_result frame_take(struct frame_reader *reader, struct frame *frame, GError **error);

/* A payload that is a little-endian number, or text with its NUL, and nothing else. */
bool frame_u32(const struct frame *frame, guint32 *value, GError **error);
const char *frame_text(const struct frame *frame, GError **error);

const char *frame_name(unsigned type);

/* Appends a frame to @out. */
void frame_append(GByteArray *out, enum kc_frame_type type, const void *payload, size_t len);

#endif
