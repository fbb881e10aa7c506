/* SPDX-License-Identifier: GPL-2.0-or-later */
#define _GNU_SOURCE /* memmem() */
#include "trace/record/probes.h"
#include "base/status.h"

#include <string.h>

enum arguments {
	QUEUE_FIRST, /* the queue is the function's first argument */
	QUEUE_SECOND,
	DEVICE_FIRST
};

#define FIRST_KIB 256 /* of each CPU: a few hundred events */
#define WITH_RING 1u /* head, position and the rest of the ring's state */
#define WITH_FREE 2u
#define WITH_HEAD 4u /* the second argument is the head */
#define WITH_STATUS 8u /* the second argument is a status */
#define WITH_NEXT 16u /* what a ring in order gives back next */
#define RETURNED 32u /* when it returns, and then only something */

#define ALWAYS (PROBE_BY_DETACH | PROBE_BY_GET)

/*
 * A driver calls these; none of them can be inlined into it, and those that
 * the transports hide are called by pointer. What the core does within itself
 * depends on the compiler: the one that takes a buffer back is believed once
 * it was seen to, else the way around it is watched.
 */
static const struct probe {
	const char *function;
	const char *event; /* its name up to the '_' says what it means */
	enum arguments arguments;
	unsigned with;
	unsigned ways;
} probes[] = {
	{"virtqueue_add_sgs", "add_sgs", QUEUE_FIRST, WITH_RING | WITH_FREE, ALWAYS},
	{"virtqueue_add_outbuf", "add_out", QUEUE_FIRST, WITH_RING | WITH_FREE, ALWAYS},
	{"virtqueue_add_inbuf", "add_in", QUEUE_FIRST, WITH_RING | WITH_FREE, ALWAYS},
	{"virtqueue_add_inbuf_ctx", "add_ctx", QUEUE_FIRST, WITH_RING | WITH_FREE, ALWAYS},
	{"virtqueue_add_inbuf_cache_clean", "add_clean", QUEUE_FIRST, WITH_RING | WITH_FREE,
	 ALWAYS},
	{"virtqueue_add_outbuf_premapped", "add_outmap", QUEUE_FIRST, WITH_RING | WITH_FREE,
	 ALWAYS},
	{"virtqueue_add_inbuf_premapped", "add_inmap", QUEUE_FIRST, WITH_RING | WITH_FREE, ALWAYS},
	{"virtqueue_kick_prepare", "kick_prepare", QUEUE_FIRST, WITH_FREE, ALWAYS},
	{"virtqueue_kick", "kickboth_kick", QUEUE_FIRST, WITH_FREE, ALWAYS},
	{"vp_notify", "notify_pci", QUEUE_FIRST, 0, ALWAYS},
	{"vp_notify_with_data", "notify_pcidata", QUEUE_FIRST, 0, ALWAYS},
	{"vm_notify", "notify_mmio", QUEUE_FIRST, 0, ALWAYS},
	{"vm_notify_with_data", "notify_mmiodata", QUEUE_FIRST, 0, ALWAYS},
	{"vring_interrupt", "interrupt_vring", QUEUE_SECOND, 0, ALWAYS},
	{COLLECT_SPLIT, "collect_split", QUEUE_FIRST, WITH_RING | WITH_FREE | WITH_HEAD,
	 PROBE_BY_DETACH},
	{COLLECT_PACKED, "collect_packed", QUEUE_FIRST, WITH_RING | WITH_FREE | WITH_HEAD,
	 PROBE_BY_DETACH},
	{COLLECT_SPLIT COLLECT_IN_ORDER, "collect_splitorder", QUEUE_FIRST,
	 WITH_RING | WITH_FREE | WITH_HEAD, PROBE_BY_DETACH},
	{COLLECT_PACKED COLLECT_IN_ORDER, "collect_packedorder", QUEUE_FIRST,
	 WITH_RING | WITH_FREE | WITH_HEAD, PROBE_BY_DETACH},
	{"virtqueue_detach_unused_buf", "unused_detach", QUEUE_FIRST, 0, PROBE_BY_DETACH},
	{"virtqueue_get_buf", "get_plain", QUEUE_FIRST, WITH_NEXT | WITH_FREE, PROBE_BY_GET},
	{"virtqueue_get_buf_ctx", "get_ctx", QUEUE_FIRST, WITH_NEXT | WITH_FREE, PROBE_BY_GET},
	{"virtqueue_get_buf", "got_plain", QUEUE_FIRST, WITH_RING | RETURNED, PROBE_BY_GET},
	{"virtqueue_get_buf_ctx", "got_ctx", QUEUE_FIRST, WITH_RING | RETURNED, PROBE_BY_GET},
	{"virtqueue_detach_unused_buf", "get_unused", QUEUE_FIRST, WITH_NEXT | WITH_FREE,
	 PROBE_BY_GET},
	{"virtqueue_detach_unused_buf", "withdrawn_unused", QUEUE_FIRST, WITH_RING | RETURNED,
	 PROBE_BY_GET},
	{"virtqueue_reset", "reset_queue", QUEUE_FIRST, 0, ALWAYS},
	{"virtqueue_resize", "reset_resize", QUEUE_FIRST, 0, ALWAYS},
	{"vring_del_virtqueue", "delete_vring", QUEUE_FIRST, WITH_FREE, ALWAYS},
	{"vp_set_status", "status_pci", DEVICE_FIRST, WITH_STATUS, ALWAYS},
	{"vm_set_status", "status_mmio", DEVICE_FIRST, WITH_STATUS, ALWAYS},
	{"vp_reset", "status_pcireset", DEVICE_FIRST, 0, ALWAYS},
	{"vm_reset", "status_mmioreset", DEVICE_FIRST, 0, ALWAYS},
};

/* The frequent ones, for which kc_probes.ko has an event each, whatever function it is. */
static const char *const module_kinds[] = {"add",    "kick",	  "kickboth",
					   "notify", "interrupt", "collect"};

/* Its kind, if the module is to see it; else NULL. */
static const char *module_kind(const struct probe *probe)
{
	size_t len = strcspn(probe->event, "_");

	for (size_t i = 0; i < G_N_ELEMENTS(module_kinds); i++)
		if (strlen(module_kinds[i]) == len &&
		    strncmp(module_kinds[i], probe->event, len) == 0)
			return module_kinds[i];
	return NULL;
}

char **probe_functions(void)
{
	GPtrArray *names = g_ptr_array_new();

	for (size_t i = 0; i < G_N_ELEMENTS(probes); i++)
		if (!g_ptr_array_find_with_equal_func(names, probes[i].function, g_str_equal, NULL))
			g_ptr_array_add(names, (void *)probes[i].function);
	for (guint i = 0; i < names->len; i++)
		names->pdata[i] = g_strdup(names->pdata[i]);
	g_ptr_array_add(names, NULL);
	return (char **)g_ptr_array_free(names, FALSE);
}

/* Where kernels keep rings in order apart, all others go through what does those, too. */
static bool is_bypassed(const struct guest_facts *facts, const struct probe *probe)
{
	g_autofree char *inner = g_strconcat(probe->function, COLLECT_IN_ORDER, NULL);

	return probe->ways == PROBE_BY_DETACH && guest_facts_function(facts, inner);
}

/* In how many places the kernel has it: one name, or an address each. */
static guint32 count_places(const struct guest_facts *facts, const struct probe_plan *plan,
			    const struct probe *probe)
{
	const struct guest_function *function = guest_facts_function(facts, probe->function);

	if (!function || !(probe->ways & plan->way) || is_bypassed(facts, probe))
		return 0;
	return facts->fprobe || function->count == 1 ? 1 : MAX(function->addresses->len, 1);
}

static void add_name(GString *out, const struct probe *probe, guint32 place)
{
	g_string_append(out, probe->event);
	if (place)
		g_string_append_printf(out, "%u", place);
}

/* $argN is only where a function begins, which a mere address does not tell. */
static const char *argument(int n, bool by_address)
{
	static const char *const names[][2] = {{"$arg1", "%di"}, {"$arg2", "%si"}};

	return names[n - 1][by_address];
}

static void add_queue(GString *out, const struct kernel_layout *layout, enum arguments arguments,
		      bool by_address)
{
	const char *first = argument(1, by_address);
	const char *queue = argument(arguments == QUEUE_SECOND ? 2 : 1, by_address);

	if (arguments == DEVICE_FIRST)
		g_string_append_printf(out, " dev=+%u(%s):u16", layout->device_index, first);
	else
		g_string_append_printf(out, " dev=+%u(+%u(%s)):u16 queue=+%u(%s):u16",
				       layout->device_index, layout->vdev, queue, layout->index,
				       queue);
}

static void add_ring(GString *out, const struct kernel_layout *layout, unsigned with)
{
	if (with & WITH_HEAD)
		g_string_append(out, " head=$arg2:u16");
	else if (with & RETURNED)
		g_string_append_printf(out, " head=+%u($arg1):u16", layout->free_head);
	else if (with & WITH_RING)
		g_string_append_printf(out,
				       " head=+%u($arg1):u16 next=+%u($arg1):u16 "
				       "wrap=+%u($arg1):u8 avail=+%u($arg1):u16 "
				       "size=+%u($arg1):u16",
				       layout->free_head, layout->packed_next, layout->packed_wrap,
				       layout->split_avail, layout->ring_num);
	else if (layout->last_used)
		g_string_append_printf(out, " last=+%u($arg1):u16 size=+%u($arg1):u16",
				       layout->last_used, layout->ring_num);
	if (!(with & WITH_HEAD))
		g_string_append_printf(out, " packed=+%u($arg1):u8", layout->packed_ring);
	g_string_append_printf(out, " used=+%u($arg1):u16", layout->last_used_idx);
}

static void add_target(GString *out, const struct guest_facts *facts, const struct probe *probe,
		       guint32 place, bool by_address)
{
	const struct guest_function *function = guest_facts_function(facts, probe->function);
	const char *kind = facts->fprobe ? "f" : probe->with & RETURNED ? "r" : "p";

	g_string_append_printf(out, "append dynamic_events %s:" PROBE_GROUP "/", kind);
	add_name(out, probe, place);
	if (by_address)
		g_string_append_printf(out, " 0x%" G_GINT64_MODIFIER "x",
				       g_array_index(function->addresses, guint64, place));
	else
		g_string_append_printf(out, " %s", probe->function);
	if (facts->fprobe && probe->with & RETURNED)
		g_string_append(out, "%return");
}

static void add_probe(GString *out, const struct guest_facts *facts,
		      const struct kernel_layout *layout, const struct probe *probe, guint32 place,
		      bool by_address)
{
	add_target(out, facts, probe, place, by_address);
	add_queue(out, layout, probe->arguments, by_address);
	if (probe->with & (WITH_RING | WITH_NEXT))
		add_ring(out, layout, probe->with);
	if (probe->with & WITH_FREE)
		g_string_append_printf(out, " free=+%u($arg1):u16", layout->num_free);
	if (probe->with & WITH_STATUS)
		g_string_append_printf(out, " status=%s:u8", argument(2, by_address));
	if (probe->with & RETURNED)
		g_string_append(out, " ret=$retval:u64");
	g_string_append_c(out, '\n');
}

static void add_probes(GString *out, const struct guest_facts *facts,
		       const struct kernel_layout *layout, const struct probe_plan *plan)
{
	for (size_t i = 0; i < G_N_ELEMENTS(probes); i++) {
		guint32 places = count_places(facts, plan, &probes[i]);

		if (plan->module && module_kind(&probes[i]))
			continue;
		for (guint32 place = 0; place < places; place++)
			add_probe(out, facts, layout, &probes[i], place, places > 1);
	}
}

static void add_instance(GString *out, const char *name, guint32 kib)
{
	g_string_append_printf(out,
			       "mkdir instances/%s\n"
			       "write instances/%s/tracing_on 0\n"
			       "write instances/%s/trace_clock mono_raw\n"
			       "write instances/%s/buffer_size_kb %u\n",
			       name, name, name, name, kib);
}

/* What the module sees of the one way would be told twice by the other. */
static void silence_module(GString *out, const struct probe_plan *plan, const char *instance)
{
	if (plan->module && plan->way == PROBE_BY_GET)
		g_string_append_printf(
			out, "write instances/%s/events/" PROBE_GROUP "/collect_queue/enable 0\n",
			instance);
}

static void add_switch(GString *out, const char *instance, int on)
{
	g_string_append_printf(out,
			       "write instances/%s/events/" PROBE_GROUP "/enable %d\n"
			       "write instances/%s/tracing_on %d\n",
			       instance, on, instance, on);
}

char *probe_script_first(const struct guest_facts *facts, const struct kernel_layout *layout,
			 const struct probe_plan *plan)
{
	GString *out = g_string_new(NULL);

	add_instance(out, PROBE_FIRST, FIRST_KIB);
	add_instance(out, PROBE_INSTANCE, plan->buffer_kib);
	add_probes(out, facts, layout, plan);
	add_switch(out, PROBE_FIRST, 1);
	silence_module(out, plan, PROBE_FIRST);
	return g_string_free(out, FALSE);
}

/* Several functions are one event of the module's, whose filter is then written again. */
static void add_filter(GString *out, const struct probe_plan *plan, const struct probe *probe,
		       guint32 place, const char *filter)
{
	const char *kind = plan->module ? module_kind(probe) : NULL;

	g_string_append(out, "write instances/" PROBE_INSTANCE "/events/" PROBE_GROUP "/");
	if (kind)
		g_string_append_printf(out, "%s_queue", kind);
	else
		add_name(out, probe, place);
	g_string_append_printf(out, "/filter %s\n", filter);
}

/* @filter(probe, plan) is what each place of each probe records from now on. Caller frees it. */
static void add_filters(GString *out, const struct guest_facts *facts,
			const struct probe_plan *plan,
			char *(*filter)(const struct probe *probe, const struct probe_plan *plan))
{
	for (size_t i = 0; i < G_N_ELEMENTS(probes); i++) {
		guint32 places = count_places(facts, plan, &probes[i]);
		g_autofree char *text = filter(&probes[i], plan);

		for (guint32 place = 0; place < places; place++)
			add_filter(out, plan, &probes[i], place, text);
	}
}

static char *no_filter(const struct probe *probe, const struct probe_plan *plan)
{
	(void)probe, (void)plan;
	return g_strdup("0");
}

static char *narrow_filter(const struct probe *probe, const struct probe_plan *plan)
{
	GString *filter = g_string_new(NULL);

	if (plan->n_devices == 0)
		g_string_append_printf(filter, "dev != %u", plan->agent);
	for (guint32 i = 0; i < plan->n_devices; i++)
		g_string_append_printf(filter, "%sdev == %u", i ? " || " : "(", plan->devices[i]);
	if (plan->n_devices)
		g_string_append_c(filter, ')');
	if (plan->only_queue >= 0 && probe->arguments != DEVICE_FIRST)
		g_string_append_printf(filter, " && queue == %" G_GINT64_FORMAT, plan->only_queue);
	if (probe->with & RETURNED)
		g_string_append(filter, " && ret != 0");
	return g_string_free(filter, FALSE);
}

char *probe_script_start(const struct guest_facts *facts, const struct probe_plan *plan)
{
	GString *out = g_string_new(NULL);

	add_switch(out, PROBE_FIRST, 0);
	g_string_append_printf(out, "expect instances/" PROBE_FIRST "/trace %s\n",
			       plan->way == PROBE_BY_GET ? " got_" : " collect_");
	add_filters(out, facts, plan, narrow_filter);
	add_switch(out, PROBE_INSTANCE, 1);
	silence_module(out, plan, PROBE_INSTANCE);
	return g_string_free(out, FALSE);
}

char *probe_script_last(const struct guest_facts *facts, const struct probe_plan *plan)
{
	GString *out = g_string_new(NULL);

	add_filters(out, facts, plan, no_filter);
	return g_string_free(out, FALSE);
}

char *probe_script_undo(void)
{
	GString *out = g_string_new(NULL);

	add_switch(out, PROBE_FIRST, 0);
	add_switch(out, PROBE_INSTANCE, 0);
	g_string_append(out, "rmdir instances/" PROBE_FIRST "\n"
			     "rmdir instances/" PROBE_INSTANCE "\n"
			     "append dynamic_events -:" PROBE_GROUP "/\n");
	return g_string_free(out, FALSE);
}

/* As enum vq_field of guest/probes/fields.h has them */
static void add_places(GString *out, const struct kernel_layout *layout)
{
	g_string_append_printf(out, " places=%u,%u,%u,%u,%u,%u,%u,%u,%u,%u", layout->vdev,
			       layout->index, layout->num_free, layout->packed_ring,
			       layout->free_head, layout->last_used_idx, layout->ring_num,
			       layout->split_avail, layout->packed_wrap, layout->packed_next);
}

static void add_kind(GString *out, const struct guest_facts *facts, const struct probe_plan *plan,
		     const char *kind)
{
	const char *before = "";

	for (size_t i = 0; i < G_N_ELEMENTS(probes); i++) {
		if (module_kind(&probes[i]) != kind || !count_places(facts, plan, &probes[i]))
			continue;
		if (!*before)
			g_string_append_printf(out, " %s=", kind);
		g_string_append_printf(out, "%s%s", before, probes[i].function);
		before = ",";
	}
}

char *probe_script_module(const struct guest_facts *facts, const struct kernel_layout *layout,
			  const struct probe_plan *plan, const char *file)
{
	GString *out = g_string_new(NULL);

	g_string_append_printf(out, "load %s", file);
	add_places(out, layout);
	for (size_t i = 0; i < G_N_ELEMENTS(module_kinds); i++)
		add_kind(out, facts, plan, module_kinds[i]);
	g_string_append_c(out, '\n');
	return g_string_free(out, FALSE);
}

bool probe_module_fits(const char *file, const char *release)
{
	g_autofree char *magic = g_strdup_printf("vermagic=%s ", release);
	g_autofree char *data = NULL;
	gsize len;

	return g_file_get_contents(file, &data, &len, NULL) &&
	       memmem(data, len, magic, strlen(magic));
}
