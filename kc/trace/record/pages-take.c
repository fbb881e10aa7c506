/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the tracer sent is sorted: the formats of events, each CPU's pages and counts. */
#include "trace/record/internal.h"
#include "base/status.h"
#include "trace/record/probes.h"

#include <string.h>

#define CPUS_MAX 4096

static struct pages_cpu *find_cpu(struct trace_pages *pages, guint number)
{
	struct pages_cpu *cpu;

	if (number >= pages->cpus->len)
		g_ptr_array_set_size(pages->cpus, number + 1);
	if (pages->cpus->pdata[number])
		return pages->cpus->pdata[number];
	cpu = g_new0(struct pages_cpu, 1);
	cpu->pages = g_ptr_array_new_with_free_func((GDestroyNotify)g_bytes_unref);
	cpu->buffer = kbuffer_alloc(KBUFFER_LSIZE_8, KBUFFER_ENDIAN_LITTLE);
	pages->cpus->pdata[number] = cpu;
	return cpu;
}

static struct pages_field find_field(struct tep_event *event, const char *name,
				     struct pages_shape *shape)
{
	struct tep_format_field *field = tep_find_any_field(event, name);
	struct pages_field found = {0};

	/* An event is not larger than a page. */
	if (!field || field->offset < 0 || field->size < 0 || field->offset > PAGES_SLACK ||
	    field->size > PAGES_SLACK)
		return found;
	found.offset = field->offset;
	found.size = field->size;
	shape->bytes = MAX(shape->bytes, field->offset + field->size);
	return found;
}

/* The events are ours: probes.c names them by what they mean. */
static bool kind_of(const char *name, struct pages_shape *shape)
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
	struct pages_shape shape = {0};
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
	struct pages_cpu *cpu = find_cpu(pages, number);

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
