/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "trace-pages.h"
#include "status.h"
#include "trace-join.h"
#include "trace-probes.h"

#include <event-parse.h>
#include <kbuffer.h>
#include <stdlib.h>
#include <string.h>

#define CPUS_MAX 4096
/* Behind a page: a record that claims to go on beyond its end is read from here. */
#define SLACK 4096

/* Where a field lies in a record; size 0: it has none such. */
struct field {
	guint16 offset, size;
};

/* One probe's records. */
struct shape {
	enum driver_kind kind;
	bool outer; /* calls what another probe sees, too, if the compiler left that a call */
	struct field pid, dev, queue, head, next, wrap, avail, last, size, packed, used, free,
		status;
	int bytes; /* up to the end of the last field */
};

struct cpu {
	GPtrArray *pages; /* of GBytes */
	guint next_page;
	struct kbuffer *buffer;
	guint8 page[KC_DUMP_MAX + SLACK]; /* the one in hand */
	const guint8 *end; /* of what is in it */
	void *record; /* the next; NULL: none is left */
	unsigned long long time; /* of it */
	guint64 overrun, dropped;
};

struct trace_pages {
	struct tep_handle *tep;
	struct shape *by_number[65536];
	GPtrArray *cpus; /* of struct cpu; NULL where there is no such CPU */
	guint64 size, missed;
	bool started;
};

static void free_cpu(void *data)
{
	struct cpu *cpu = data;

	if (!cpu)
		return;
	g_ptr_array_unref(cpu->pages);
	kbuffer_free(cpu->buffer);
	g_free(cpu);
}

struct trace_pages *trace_pages_new(void)
{
	struct trace_pages *pages = g_new0(struct trace_pages, 1);

	pages->tep = tep_alloc();
	tep_set_long_size(pages->tep, 8);
	tep_set_page_size(pages->tep, 4096);
	tep_set_file_bigendian(pages->tep, TEP_LITTLE_ENDIAN);
	pages->cpus = g_ptr_array_new_with_free_func(free_cpu);
	return pages;
}

void trace_pages_free(struct trace_pages *pages)
{
	if (!pages)
		return;
	for (guint i = 0; i < G_N_ELEMENTS(pages->by_number); i++)
		g_free(pages->by_number[i]);
	g_ptr_array_unref(pages->cpus);
	tep_free(pages->tep);
	g_free(pages);
}

static struct cpu *find_cpu(struct trace_pages *pages, guint number)
{
	struct cpu *cpu;

	if (number >= pages->cpus->len)
		g_ptr_array_set_size(pages->cpus, number + 1);
	if (pages->cpus->pdata[number])
		return pages->cpus->pdata[number];
	cpu = g_new0(struct cpu, 1);
	cpu->pages = g_ptr_array_new_with_free_func((GDestroyNotify)g_bytes_unref);
	cpu->buffer = kbuffer_alloc(KBUFFER_LSIZE_8, KBUFFER_ENDIAN_LITTLE);
	pages->cpus->pdata[number] = cpu;
	return cpu;
}

static struct field find_field(struct tep_event *event, const char *name, struct shape *shape)
{
	struct tep_format_field *field = tep_find_any_field(event, name);
	struct field found = {0};

	/* An event is not larger than a page. */
	if (!field || field->offset < 0 || field->size < 0 || field->offset > SLACK ||
	    field->size > SLACK)
		return found;
	found.offset = field->offset;
	found.size = field->size;
	shape->bytes = MAX(shape->bytes, field->offset + field->size);
	return found;
}

/* The events are ours: trace-probes.c names them by what they mean. */
static bool kind_of(const char *name, struct shape *shape)
{
	static const struct {
		const char *prefix;
		enum driver_kind kind;
		bool outer;
	} kinds[] = {
		{"add_", DRIVER_ADD, false},
		{"kick_", DRIVER_KICK, false},
		{"kickboth_", DRIVER_KICK, true},
		{"notify_", DRIVER_NOTIFY, false},
		{"interrupt_", DRIVER_INTERRUPT, false},
		{"collect_", DRIVER_COLLECT, false},
		{"unused_", DRIVER_UNUSED, false},
		{"get_", DRIVER_GET, false},
		{"got_", DRIVER_GOT, false},
		{"withdrawn_", DRIVER_WITHDRAW, false},
		{"reset_", DRIVER_RESET_QUEUE, false},
		{"delete_", DRIVER_DELETE_QUEUE, false},
		{"status_", DRIVER_STATUS, false},
	};

	for (size_t i = 0; i < G_N_ELEMENTS(kinds); i++) {
		if (!g_str_has_prefix(name, kinds[i].prefix))
			continue;
		shape->kind = kinds[i].kind;
		shape->outer = kinds[i].outer;
		return true;
	}
	return false;
}

static bool take_format(struct trace_pages *pages, const char *text, size_t len, GError **error)
{
	struct shape shape = {0};
	struct tep_event *event = NULL;

	if (tep_parse_format(pages->tep, &event, text, len, PROBE_GROUP) || !event ||
	    event->id < 0 || (size_t)event->id >= G_N_ELEMENTS(pages->by_number)) {
		g_set_error(error, STATUS_ERROR, STATUS_NOT_CARRIED,
			    "the guest's kernel describes an event in an unknown way: %.60s", text);
		return false;
	}
	if (!kind_of(event->name, &shape) || pages->by_number[event->id])
		return true;
	shape.pid = find_field(event, "common_pid", &shape);
	shape.dev = find_field(event, "dev", &shape);
	shape.queue = find_field(event, "queue", &shape);
	shape.head = find_field(event, "head", &shape);
	shape.next = find_field(event, "next", &shape);
	shape.wrap = find_field(event, "wrap", &shape);
	shape.avail = find_field(event, "avail", &shape);
	shape.last = find_field(event, "last", &shape);
	shape.size = find_field(event, "size", &shape);
	shape.packed = find_field(event, "packed", &shape);
	shape.used = find_field(event, "used", &shape);
	shape.free = find_field(event, "free", &shape);
	shape.status = find_field(event, "status", &shape);
	pages->by_number[event->id] = g_memdup2(&shape, sizeof(shape));
	return true;
}

/* "overrun: 12" in a CPU's stats */
static guint64 number_behind(const char *text, const char *name)
{
	const char *at = strstr(text, name);

	/* "commit overrun" is another. */
	while (at && at != text && at[-1] != '\n')
		at = strstr(at + 1, name);
	return at ? g_ascii_strtoull(at + strlen(name), NULL, 10) : 0;
}

static void take_stats(struct trace_pages *pages, guint number, const char *text)
{
	struct cpu *cpu = find_cpu(pages, number);

	cpu->overrun = number_behind(text, "overrun: ");
	cpu->dropped = number_behind(text, "dropped events: ");
}

/* "  kc/add_sgs  HITS  MISSES" */
static void take_fact(struct trace_pages *pages, const char *line)
{
	const char *last = strrchr(line, ' ');

	if (g_str_has_prefix(line, "profile ") && last)
		pages->missed += g_ascii_strtoull(last, NULL, 10);
}

bool trace_pages_take(struct trace_pages *pages, const struct kc_dump *head, const char *data,
		      GError **error)
{
	if (head->cpu >= CPUS_MAX) {
		g_set_error(error, STATUS_ERROR, STATUS_NOT_CARRIED,
			    "the guest's tracer told of CPU %u", head->cpu);
		return false;
	}
	switch (head->kind) {
	case KC_DUMP_FACT:
		take_fact(pages, data);
		break;
	case KC_DUMP_PAGE_HEADER:
		tep_parse_header_page(pages->tep, (char *)data, head->len, 8);
		break;
	case KC_DUMP_FORMAT:
		return take_format(pages, data, head->len, error);
	case KC_DUMP_STATS:
		take_stats(pages, head->cpu, data);
		break;
	case KC_DUMP_PAGE:
		g_ptr_array_add(find_cpu(pages, head->cpu)->pages, g_bytes_new(data, head->len));
		pages->size += head->len;
		break;
	}
	return true;
}

guint64 trace_pages_size(const struct trace_pages *pages)
{
	return pages->size;
}

guint64 trace_pages_lost(const struct trace_pages *pages)
{
	guint64 lost = 0;

	for (guint i = 0; i < pages->cpus->len; i++) {
		const struct cpu *cpu = pages->cpus->pdata[i];

		lost += cpu ? cpu->overrun + cpu->dropped : 0;
	}
	return lost;
}

guint64 trace_pages_missed(const struct trace_pages *pages)
{
	return pages->missed;
}

/* What a page says of its own length must lie within it. */
static bool load_page(struct cpu *cpu, GBytes *page)
{
	gsize len;
	const guint8 *data = g_bytes_get_data(page, &len);
	guint64 commit;

	if (len < 16)
		return false;
	memcpy(&commit, data + 8, sizeof(commit));
	if ((GUINT64_FROM_LE(commit) & 0xfffff) > len - 16)
		return false;
	memcpy(cpu->page, data, len);
	memset(cpu->page + len, 0, SLACK);
	cpu->end = cpu->page + 16 + (GUINT64_FROM_LE(commit) & 0xfffff);
	return kbuffer_load_subbuffer(cpu->buffer, cpu->page) == 0;
}

static bool damaged(GError **error)
{
	g_set_error(error, STATUS_ERROR, STATUS_NOT_CARRIED,
		    "a page of the guest's ring buffer is damaged");
	return false;
}

/* A length may lead astray, even back. */
static bool lies_behind(const struct cpu *cpu, const void *before)
{
	const guint8 *record = cpu->record;

	return !record || (record > (const guint8 *)before && record <= cpu->end);
}

static bool advance(struct cpu *cpu, GError **error)
{
	const void *before = cpu->record;

	if (before)
		cpu->record = kbuffer_next_event(cpu->buffer, &cpu->time);
	if (before && !lies_behind(cpu, before))
		return damaged(error);
	while (!cpu->record && cpu->next_page < cpu->pages->len) {
		if (!load_page(cpu, cpu->pages->pdata[cpu->next_page++]))
			return damaged(error);
		cpu->record = kbuffer_read_event(cpu->buffer, &cpu->time);
		if (!lies_behind(cpu, cpu->page))
			return damaged(error);
	}
	return true;
}

static bool start(struct trace_pages *pages, GError **error)
{
	pages->started = true;
	for (guint i = 0; i < pages->cpus->len; i++)
		if (pages->cpus->pdata[i] && !advance(pages->cpus->pdata[i], error))
			return false;
	return true;
}

static struct cpu *earliest(struct trace_pages *pages, guint *number)
{
	struct cpu *found = NULL;

	for (guint i = 0; i < pages->cpus->len; i++) {
		struct cpu *cpu = pages->cpus->pdata[i];

		if (!cpu || !cpu->record || (found && found->time <= cpu->time))
			continue;
		found = cpu;
		*number = i;
	}
	return found;
}

static guint32 read_field(const guint8 *record, struct field field)
{
	guint32 value = 0;

	memcpy(&value, record + field.offset, MIN(field.size, sizeof(value)));
	return GUINT32_FROM_LE(value);
}

/* In order a ring has no list of free heads: each side's next place tells its head. */
static guint16 read_head(const struct shape *shape, const guint8 *record,
			 const struct driver_event *event)
{
	if (event->in_order && event->kind == DRIVER_GET)
		return event->packed ? event->used & 0x7fff
				     : read_field(record, shape->last) & (event->size - 1);
	if (event->in_order && event->packed && event->kind == DRIVER_ADD)
		return event->position & 0x7fff;
	return read_field(record, shape->head);
}

static void read_record(const struct shape *shape, const guint8 *record, struct driver_event *event)
{
	event->kind = shape->kind;
	event->pid = read_field(record, shape->pid);
	event->device = read_field(record, shape->dev);
	event->queue = read_field(record, shape->queue);
	event->size = read_field(record, shape->size);
	event->packed = read_field(record, shape->packed) & 1;
	event->in_order = read_field(record, shape->packed) & 2;
	event->used = read_field(record, shape->used);
	event->free = read_field(record, shape->free);
	event->value = shape->outer ? 1 : read_field(record, shape->status);
	if (event->packed)
		event->position = (read_field(record, shape->next) & 0x7fff) |
				  (read_field(record, shape->wrap) ? 0x8000 : 0);
	else
		event->position = read_field(record, shape->avail);
	event->head = read_head(shape, record, event);
}

/* False for a record that is not one of ours, or too short to be. */
static bool decode(const struct trace_pages *pages, const struct cpu *cpu, guint number,
		   struct driver_event *event)
{
	gssize len = MIN(kbuffer_event_size(cpu->buffer), cpu->end - (const guint8 *)cpu->record);
	const struct shape *shape;
	guint16 id;

	if (len < (gssize)sizeof(id))
		return false;
	memcpy(&id, cpu->record, sizeof(id));
	shape = pages->by_number[GUINT16_FROM_LE(id)];
	if (!shape || len < shape->bytes)
		return false;
	read_record(shape, cpu->record, event);
	event->time = cpu->time;
	event->cpu = MIN(number, G_MAXUINT8);
	return true;
}

bool trace_pages_next(struct trace_pages *pages, struct driver_event *event, GError **error)
{
	struct cpu *cpu;
	guint number = 0;
	bool ours = false;

	if (!pages->started && !start(pages, error))
		return false;
	while (!ours && (cpu = earliest(pages, &number))) {
		ours = decode(pages, cpu, number, event);
		if (!advance(cpu, error))
			return false;
	}
	return ours;
}

/* A full buffer gives up its oldest events. */
bool trace_pages_gaps(struct trace_pages *pages, gint64 begin, GArray *gaps, GError **error)
{
	if (!pages->started && !start(pages, error))
		return false;
	for (guint i = 0; i < pages->cpus->len; i++) {
		const struct cpu *cpu = pages->cpus->pdata[i];
		struct trace_gap gap = {begin, G_MAXINT64};

		if (!cpu || (!cpu->overrun && !cpu->dropped))
			continue;
		if (cpu->record && !cpu->dropped)
			gap.to = cpu->time;
		g_array_append_val(gaps, gap);
	}
	return true;
}
