/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A writer of Perfetto's own format: tracks, and the events on them. What is on
 * one track must nest and come in order of time; tracks of one name below one
 * parent are shown as one.
 */
#ifndef KC_TRACE_SHOW_PERFETTO_H
#define KC_TRACE_SHOW_PERFETTO_H

#include <glib.h>
#include <stdbool.h>
#include <stdio.h>

enum perfetto_type {
	PERFETTO_BEGIN = 1,
	PERFETTO_END = 2,
	PERFETTO_INSTANT = 3,
	PERFETTO_COUNTER = 4,
};

enum perfetto_words {
	PERFETTO_NAMES, /* of events */
	PERFETTO_NOTES, /* what their notes are called */
	PERFETTO_TEXTS, /* what these say */
	PERFETTO_WORDS
};

struct perfetto {
	FILE *out;
	gint64 base; /* ns: what is written as time 0 */
	GByteArray *packet, *event, *part, *words, *whole; /* used over and over */
	GHashTable *known[PERFETTO_WORDS]; /* words by place, to their numbers */
	bool begun;
};

struct perfetto_track {
	guint64 id, parent; /* no parent: 0 */
	guint32 rank; /* among its siblings */
	const char *name;
	const char *about; /* or NULL */
	bool counts; /* has counters instead of events */
};

void perfetto_init(struct perfetto *perfetto, FILE *out, gint64 base);
void perfetto_clear(struct perfetto *perfetto);
void perfetto_put_track(struct perfetto *perfetto, const struct perfetto_track *track);

/*
 * An event: begun, then given what it is to have, then sent. Words are to stay
 * where they are, as each is written only once. @time is in ns.
 */
void perfetto_start(struct perfetto *perfetto, enum perfetto_type type, guint64 track, gint64 time);
void perfetto_name(struct perfetto *perfetto, const char *name);
void perfetto_count(struct perfetto *perfetto, guint64 count);
void perfetto_note(struct perfetto *perfetto, const char *name, guint64 number);
void perfetto_note_text(struct perfetto *perfetto, const char *name, const char *text);

/* An arrow comes from the event that had this number before, and goes on to the next. */
void perfetto_flow(struct perfetto *perfetto, guint64 number, bool last);
void perfetto_send(struct perfetto *perfetto);

#endif
