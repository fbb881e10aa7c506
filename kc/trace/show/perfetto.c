/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The numbers of fields are those in Perfetto's protos/perfetto/trace/. */
#include "trace/show/perfetto.h"
#include "base/protobuf.h"

#define TRACE_PACKET 1

#define PACKET_TIMESTAMP 8
#define PACKET_SEQUENCE_ID 10
#define PACKET_TRACK_EVENT 11
#define PACKET_INTERNED_DATA 12
#define PACKET_SEQUENCE_FLAGS 13
#define PACKET_TRACK_DESCRIPTOR 60

#define SEQUENCE_BEGINS 1 /* no word is known yet */
#define SEQUENCE_GOES_ON 2

#define INTERNED_NUMBER 1
#define INTERNED_TEXT 2

#define TRACK_UUID 1
#define TRACK_NAME 2
#define TRACK_PARENT 5
#define TRACK_COUNTER 8
#define TRACK_CHILD_ORDERING 11
#define TRACK_RANK 12
#define TRACK_DESCRIPTION 14
#define ORDERING_BY_RANK 3
#define COUNTER_UNIT 3
#define UNIT_COUNT 2

#define EVENT_ANNOTATION 4
#define EVENT_TYPE 9
#define EVENT_NAME 10
#define EVENT_TRACK 11
#define EVENT_COUNTER_VALUE 30
#define EVENT_FLOW 47
#define EVENT_TERMINATING_FLOW 48

#define ANNOTATION_NAME 1
#define ANNOTATION_UINT 3
#define ANNOTATION_TEXT 17

void perfetto_init(struct perfetto *perfetto, FILE *out, gint64 base)
{
	*perfetto = (struct perfetto){
		.out = out,
		.base = base,
		.packet = g_byte_array_new(),
		.event = g_byte_array_new(),
		.part = g_byte_array_new(),
		.words = g_byte_array_new(),
		.whole = g_byte_array_new(),
	};
	for (int i = 0; i < PERFETTO_WORDS; i++)
		perfetto->known[i] = g_hash_table_new(NULL, NULL);
}

void perfetto_clear(struct perfetto *perfetto)
{
	g_byte_array_unref(perfetto->packet);
	g_byte_array_unref(perfetto->event);
	g_byte_array_unref(perfetto->part);
	g_byte_array_unref(perfetto->words);
	g_byte_array_unref(perfetto->whole);
	for (int i = 0; i < PERFETTO_WORDS; i++)
		g_hash_table_unref(perfetto->known[i]);
}

/* Into @message as a field; what is to be put in @part can begin anew. */
static void put_part(struct perfetto *perfetto, GByteArray *message, guint32 field)
{
	protobuf_put_message(message, field, perfetto->part);
	g_byte_array_set_size(perfetto->part, 0);
}

static void send_packet(struct perfetto *perfetto)
{
	GByteArray *packet = perfetto->packet;

	protobuf_put_number(packet, PACKET_SEQUENCE_ID, 1);
	protobuf_put_number(packet, PACKET_SEQUENCE_FLAGS,
			    perfetto->begun ? SEQUENCE_GOES_ON : SEQUENCE_BEGINS);
	perfetto->begun = true;
	protobuf_put_message(perfetto->whole, TRACE_PACKET, packet);
	fwrite(perfetto->whole->data, 1, perfetto->whole->len, perfetto->out);
	g_byte_array_set_size(packet, 0);
	g_byte_array_set_size(perfetto->whole, 0);
}

void perfetto_put_track(struct perfetto *perfetto, const struct perfetto_track *track)
{
	GByteArray *event = perfetto->event;

	protobuf_put_number(event, TRACK_UUID, track->id);
	if (track->parent)
		protobuf_put_number(event, TRACK_PARENT, track->parent);
	protobuf_put_string(event, TRACK_NAME, track->name);
	if (track->about)
		protobuf_put_string(event, TRACK_DESCRIPTION, track->about);
	protobuf_put_number(event, TRACK_CHILD_ORDERING, ORDERING_BY_RANK);
	protobuf_put_number(event, TRACK_RANK, track->rank);
	if (track->counts) {
		protobuf_put_number(perfetto->part, COUNTER_UNIT, UNIT_COUNT);
		put_part(perfetto, event, TRACK_COUNTER);
	}
	protobuf_put_message(perfetto->packet, PACKET_TRACK_DESCRIPTOR, event);
	g_byte_array_set_size(event, 0);
	send_packet(perfetto);
}

/* The number of @word, which goes with the packet in hand where it is new. */
static guint32 number_of(struct perfetto *perfetto, enum perfetto_words kind, const char *word)
{
	static const guint32 fields[PERFETTO_WORDS] = {2, 3, 29};
	GHashTable *known = perfetto->known[kind];
	guint32 number = GPOINTER_TO_UINT(g_hash_table_lookup(known, word));

	if (number)
		return number;
	number = g_hash_table_size(known) + 1;
	g_hash_table_insert(known, (char *)word, GUINT_TO_POINTER(number));
	protobuf_put_number(perfetto->part, INTERNED_NUMBER, number);
	protobuf_put_string(perfetto->part, INTERNED_TEXT, word);
	put_part(perfetto, perfetto->words, fields[kind]);
	return number;
}

void perfetto_start(struct perfetto *perfetto, enum perfetto_type type, guint64 track, gint64 time)
{
	protobuf_put_number(perfetto->packet, PACKET_TIMESTAMP, time - perfetto->base);
	protobuf_put_number(perfetto->event, EVENT_TYPE, type);
	protobuf_put_number(perfetto->event, EVENT_TRACK, track);
}

void perfetto_name(struct perfetto *perfetto, const char *name)
{
	guint32 number = number_of(perfetto, PERFETTO_NAMES, name);

	protobuf_put_number(perfetto->event, EVENT_NAME, number);
}

void perfetto_count(struct perfetto *perfetto, guint64 count)
{
	protobuf_put_number(perfetto->event, EVENT_COUNTER_VALUE, count);
}

static void put_note(struct perfetto *perfetto, const char *name, guint32 field, guint64 value)
{
	guint32 number = number_of(perfetto, PERFETTO_NOTES, name);

	protobuf_put_number(perfetto->part, ANNOTATION_NAME, number);
	protobuf_put_number(perfetto->part, field, value);
	put_part(perfetto, perfetto->event, EVENT_ANNOTATION);
}

void perfetto_note(struct perfetto *perfetto, const char *name, guint64 number)
{
	put_note(perfetto, name, ANNOTATION_UINT, number);
}

void perfetto_note_text(struct perfetto *perfetto, const char *name, const char *text)
{
	put_note(perfetto, name, ANNOTATION_TEXT, number_of(perfetto, PERFETTO_TEXTS, text));
}

void perfetto_flow(struct perfetto *perfetto, guint64 number, bool last)
{
	protobuf_put_fixed64(perfetto->event, last ? EVENT_TERMINATING_FLOW : EVENT_FLOW, number);
}

void perfetto_send(struct perfetto *perfetto)
{
	protobuf_put_message(perfetto->packet, PACKET_TRACK_EVENT, perfetto->event);
	g_byte_array_set_size(perfetto->event, 0);
	if (perfetto->words->len)
		protobuf_put_message(perfetto->packet, PACKET_INTERNED_DATA, perfetto->words);
	g_byte_array_set_size(perfetto->words, 0);
	send_packet(perfetto);
}
