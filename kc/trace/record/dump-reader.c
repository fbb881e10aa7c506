/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "trace/record/dump-reader.h"
#include "base/status.h"

#include <string.h>

void dump_reader_init(struct dump_reader *reader, dump_block block, void *opaque)
{
	*reader = (struct dump_reader){
		.held = g_byte_array_new(),
		.block = block,
		.opaque = opaque,
	};
}

void dump_reader_clear(struct dump_reader *reader)
{
	g_clear_pointer(&reader->held, g_byte_array_unref);
	g_clear_error(&reader->error);
}

static bool read_head(struct dump_reader *reader, size_t at, struct kc_dump *head)
{
	if (reader->held->len - at < sizeof(*head))
		return false;
	memcpy(head, reader->held->data + at, sizeof(*head));
	head->magic = GUINT32_FROM_LE(head->magic);
	head->kind = GUINT16_FROM_LE(head->kind);
	head->cpu = GUINT16_FROM_LE(head->cpu);
	head->len = GUINT32_FROM_LE(head->len);
	if (head->magic == KC_DUMP_MAGIC && head->len <= KC_DUMP_MAX && !reader->ended)
		return true;
	g_set_error(&reader->error, STATUS_ERROR, STATUS_NOT_CARRIED,
		    "the guest's tracer sent something that is not a block of a trace");
	return false;
}

static void take_block(struct dump_reader *reader, const struct kc_dump *head, size_t at)
{
	g_autofree char *text = NULL;
	const char *data = (const char *)reader->held->data + at;

	reader->ended = head->kind == KC_DUMP_END;
	if (reader->ended)
		return;
	/* Only pages are large, and they are no text. */
	if (head->kind != KC_DUMP_PAGE)
		data = text = g_strndup(data, head->len);
	reader->block(head, data, reader->opaque, &reader->error);
}

void dump_reader_feed(struct dump_reader *reader, const char *data, size_t len)
{
	struct kc_dump head;
	size_t at = 0;

	if (reader->error)
		return;
	g_byte_array_append(reader->held, (const guint8 *)data, len);
	while (!reader->error && read_head(reader, at, &head) &&
	       reader->held->len - at >= sizeof(head) + head.len) {
		take_block(reader, &head, at + sizeof(head));
		at += sizeof(head) + head.len;
	}
	g_byte_array_remove_range(reader->held, 0, at);
}

bool dump_reader_finish(struct dump_reader *reader, GError **error)
{
	if (reader->error) {
		g_propagate_error(error, g_steal_pointer(&reader->error));
		return false;
	}
	if (reader->ended)
		return true;
	g_set_error(error, STATUS_ERROR, STATUS_NOT_CARRIED,
		    "the guest's tracer ended before it had sent all");
	return false;
}
