/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "trace/record/internal.h"
#include "base/status.h"
#include "trace/event.h"

#include <stdlib.h>
#include <string.h>

static void free_cpu(void *data)
{
	struct pages_cpu *cpu = data;

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

guint64 trace_pages_size(const struct trace_pages *pages)
{
	return pages->size;
}

guint64 trace_pages_lost(const struct trace_pages *pages)
{
	guint64 lost = 0;

	for (guint i = 0; i < pages->cpus->len; i++) {
		const struct pages_cpu *cpu = pages->cpus->pdata[i];

		lost += cpu ? cpu->overrun + cpu->dropped : 0;
	}
	return lost;
}

guint64 trace_pages_missed(const struct trace_pages *pages)
{
	return pages->missed;
}

/* What a page says of its own length must lie within it. */
static bool load_page(struct pages_cpu *cpu, GBytes *page)
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
	memset(cpu->page + len, 0, PAGES_SLACK);
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
static bool lies_behind(const struct pages_cpu *cpu, const void *before)
{
	const guint8 *record = cpu->record;

	return !record || (record > (const guint8 *)before && record <= cpu->end);
}

static bool advance(struct pages_cpu *cpu, GError **error)
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

static struct pages_cpu *earliest(struct trace_pages *pages, guint *number)
{
	struct pages_cpu *found = NULL;

	for (guint i = 0; i < pages->cpus->len; i++) {
		struct pages_cpu *cpu = pages->cpus->pdata[i];

		if (!cpu || !cpu->record || (found && found->time <= cpu->time))
			continue;
		found = cpu;
		*number = i;
	}
	return found;
}

static guint32 read_field(const guint8 *record, struct pages_field field)
{
	guint32 value = 0;

	memcpy(&value, record + field.offset, MIN(field.size, sizeof(value)));
	return GUINT32_FROM_LE(value);
}

/* In order a ring has no list of free heads: each side's next place tells its head. */
static guint16 read_head(const struct pages_shape *shape, const guint8 *record,
			 const struct driver_event *event)
{
	if (event->in_order && event->kind == DRIVER_GET)
		return event->packed ? event->used & 0x7fff
				     : read_field(record, shape->last) & (event->size - 1);
	if (event->in_order && event->packed && event->kind == DRIVER_ADD)
		return event->position & 0x7fff;
	return read_field(record, shape->head);
}

static void read_record(const struct pages_shape *shape, const guint8 *record,
			struct driver_event *event)
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
static bool decode(const struct trace_pages *pages, const struct pages_cpu *cpu, guint number,
		   struct driver_event *event)
{
	gssize len = MIN(kbuffer_event_size(cpu->buffer), cpu->end - (const guint8 *)cpu->record);
	const struct pages_shape *shape;
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
	struct pages_cpu *cpu;
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
		const struct pages_cpu *cpu = pages->cpus->pdata[i];
		struct trace_gap gap = {begin, G_MAXINT64};

		if (!cpu || (!cpu->overrun && !cpu->dropped))
			continue;
		if (cpu->record && !cpu->dropped)
			gap.to = cpu->time;
		g_array_append_val(gaps, gap);
	}
	return true;
}
