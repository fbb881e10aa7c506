/* SPDX-License-Identifier: GPL-2.0-or-later */
#define _GNU_SOURCE /* memmem() */
#include "trace-probes.h"
#include "status.h"

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

/*
 * A driver calls these; none of them can be inlined into it, and those that
 * the transports hide are called by pointer. What the core does within itself
 * is left alone: which of its functions there are depends on the compiler.
 */
static const struct probe {
	const char *function;
	const char *event; /* its name up to the '_' says what it means */
	enum arguments arguments;
	unsigned with;
} probes[] = {
	{"virtqueue_add_sgs", "add_sgs", QUEUE_FIRST, WITH_RING | WITH_FREE},
	{"virtqueue_add_outbuf", "add_out", QUEUE_FIRST, WITH_RING | WITH_FREE},
	{"virtqueue_add_inbuf", "add_in", QUEUE_FIRST, WITH_RING | WITH_FREE},
	{"virtqueue_add_inbuf_ctx", "add_ctx", QUEUE_FIRST, WITH_RING | WITH_FREE},
	{"virtqueue_add_outbuf_premapped", "add_outmap", QUEUE_FIRST, WITH_RING | WITH_FREE},
	{"virtqueue_add_inbuf_premapped", "add_inmap", QUEUE_FIRST, WITH_RING | WITH_FREE},
	{"virtqueue_kick_prepare", "kick_prepare", QUEUE_FIRST, WITH_FREE},
	{"virtqueue_kick", "kickboth_kick", QUEUE_FIRST, WITH_FREE},
	{"vp_notify", "notify_pci", QUEUE_FIRST, 0},
	{"vp_notify_with_data", "notify_pcidata", QUEUE_FIRST, 0},
	{"vm_notify", "notify_mmio", QUEUE_FIRST, 0},
	{"vm_notify_with_data", "notify_mmiodata", QUEUE_FIRST, 0},
	{"vring_interrupt", "interrupt_vring", QUEUE_SECOND, 0},
	{"detach_buf_split", "collect_split", QUEUE_FIRST, WITH_RING | WITH_FREE | WITH_HEAD},
	{"detach_buf_packed", "collect_packed", QUEUE_FIRST, WITH_RING | WITH_FREE | WITH_HEAD},
	{"virtqueue_detach_unused_buf", "unused_detach", QUEUE_FIRST, 0},
	{"virtqueue_reset", "reset_queue", QUEUE_FIRST, 0},
	{"virtqueue_resize", "reset_resize", QUEUE_FIRST, 0},
	{"vring_del_virtqueue", "delete_vring", QUEUE_FIRST, WITH_FREE},
	{"vp_set_status", "status_pci", DEVICE_FIRST, WITH_STATUS},
	{"vm_set_status", "status_mmio", DEVICE_FIRST, WITH_STATUS},
	{"vp_reset", "status_pcireset", DEVICE_FIRST, 0},
	{"vm_reset", "status_mmioreset", DEVICE_FIRST, 0},
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
	char **names = g_new0(char *, G_N_ELEMENTS(probes) + 1);

	for (size_t i = 0; i < G_N_ELEMENTS(probes); i++)
		names[i] = g_strdup(probes[i].function);
	return names;
}

static void add_queue(GString *out, const struct kernel_layout *layout, enum arguments arguments)
{
	int n = arguments == QUEUE_SECOND ? 2 : 1;

	if (arguments == DEVICE_FIRST)
		g_string_append(out, " dev=+0($arg1):u16");
	else
		g_string_append_printf(out, " dev=+0(+%u($arg%d)):u16 queue=+%u($arg%d):u16",
				       layout->vdev, n, layout->index, n);
}

static void add_ring(GString *out, const struct kernel_layout *layout, bool head_given)
{
	if (head_given)
		g_string_append(out, " head=$arg2:u16");
	else
		g_string_append_printf(out,
				       " head=+%u($arg1):u16 next=+%u($arg1):u16 "
				       "wrap=+%u($arg1):u8 avail=+%u($arg1):u16 "
				       "size=+%u($arg1):u16 packed=+%u($arg1):u8",
				       layout->free_head, layout->packed_next, layout->packed_wrap,
				       layout->split_avail, layout->ring_num, layout->packed_ring);
	g_string_append_printf(out, " used=+%u($arg1):u16", layout->last_used_idx);
}

static void add_probe(GString *out, const struct guest_facts *facts,
		      const struct kernel_layout *layout, const struct probe *probe)
{
	g_string_append_printf(out, "append dynamic_events %c:" PROBE_GROUP "/%s %s",
			       facts->fprobe ? 'f' : 'p', probe->event, probe->function);
	add_queue(out, layout, probe->arguments);
	if (probe->with & WITH_RING)
		add_ring(out, layout, probe->with & WITH_HEAD);
	if (probe->with & WITH_FREE)
		g_string_append_printf(out, " free=+%u($arg1):u16", layout->num_free);
	if (probe->with & WITH_STATUS)
		g_string_append(out, " status=$arg2:u8");
	g_string_append_c(out, '\n');
}

/* One of each group is needed; a newer kernel may have more. */
static bool check_functions(const struct guest_facts *facts, GError **error)
{
	static const char *const needed[] = {
		"virtqueue_add_sgs",	  "virtqueue_add_outbuf", "virtqueue_add_inbuf",
		"virtqueue_kick_prepare", "vring_interrupt",	  "detach_buf_split",
		"detach_buf_packed",
	};

	for (size_t i = 0; i < G_N_ELEMENTS(needed); i++) {
		if (guest_facts_has(facts, needed[i]))
			continue;
		g_set_error(error, STATUS_ERROR, STATUS_NOT_CARRIED,
			    "the guest's kernel %s cannot have %s() probed, by which drivers are "
			    "followed; 'kc trace --help' says what a kernel must offer",
			    facts->release, needed[i]);
		return false;
	}
	if (facts->fprobe || facts->kprobe)
		return true;
	g_set_error(error, STATUS_ERROR, STATUS_NOT_CARRIED,
		    "the guest's kernel %s has neither fprobe nor kprobe events "
		    "(CONFIG_FPROBE_EVENTS, CONFIG_KPROBE_EVENTS)",
		    facts->release);
	return false;
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

static void add_switch(GString *out, const char *instance, int on)
{
	g_string_append_printf(out,
			       "write instances/%s/events/" PROBE_GROUP "/enable %d\n"
			       "write instances/%s/tracing_on %d\n",
			       instance, on, instance, on);
}

char *probe_script_first(const struct guest_facts *facts, const struct kernel_layout *layout,
			 const struct probe_plan *plan, GError **error)
{
	GString *out;

	if (!check_functions(facts, error))
		return NULL;
	out = g_string_new(NULL);
	add_instance(out, PROBE_FIRST, FIRST_KIB);
	add_instance(out, PROBE_INSTANCE, plan->buffer_kib);
	for (size_t i = 0; i < G_N_ELEMENTS(probes); i++)
		if (guest_facts_has(facts, probes[i].function) &&
		    !(plan->module && module_kind(&probes[i])))
			add_probe(out, facts, layout, &probes[i]);
	add_switch(out, PROBE_FIRST, 1);
	return g_string_free(out, FALSE);
}

/* Several functions are one event of the module's, whose filter is then written again. */
static void add_filter(GString *out, const struct probe *probe, bool module, const char *filter)
{
	const char *kind = module ? module_kind(probe) : NULL;
	g_autofree char *event = kind ? g_strconcat(kind, "_queue", NULL) : g_strdup(probe->event);

	g_string_append_printf(
		out, "write instances/" PROBE_INSTANCE "/events/" PROBE_GROUP "/%s/filter %s\n",
		event, filter);
}

static void add_narrow_filter(GString *out, const struct probe *probe,
			      const struct probe_plan *plan)
{
	g_autoptr(GString) filter = g_string_new(NULL);

	if (plan->n_devices == 0)
		g_string_append_printf(filter, "dev != %u", plan->agent);
	for (guint32 i = 0; i < plan->n_devices; i++)
		g_string_append_printf(filter, "%sdev == %u", i ? " || " : "(", plan->devices[i]);
	if (plan->n_devices)
		g_string_append_c(filter, ')');
	if (plan->only_queue >= 0 && probe->arguments != DEVICE_FIRST)
		g_string_append_printf(filter, " && queue == %" G_GINT64_FORMAT, plan->only_queue);
	add_filter(out, probe, plan->module, filter->str);
}

char *probe_script_start(const struct guest_facts *facts, const struct probe_plan *plan)
{
	GString *out = g_string_new(NULL);

	add_switch(out, PROBE_FIRST, 0);
	for (size_t i = 0; i < G_N_ELEMENTS(probes); i++)
		if (guest_facts_has(facts, probes[i].function))
			add_narrow_filter(out, &probes[i], plan);
	add_switch(out, PROBE_INSTANCE, 1);
	return g_string_free(out, FALSE);
}

char *probe_script_last(const struct guest_facts *facts, bool module)
{
	GString *out = g_string_new(NULL);

	for (size_t i = 0; i < G_N_ELEMENTS(probes); i++)
		if (guest_facts_has(facts, probes[i].function))
			add_filter(out, &probes[i], module, "0");
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

static void add_kind(GString *out, const struct guest_facts *facts, const char *kind)
{
	const char *before = "";

	for (size_t i = 0; i < G_N_ELEMENTS(probes); i++) {
		if (module_kind(&probes[i]) != kind || !guest_facts_has(facts, probes[i].function))
			continue;
		if (!*before)
			g_string_append_printf(out, " %s=", kind);
		g_string_append_printf(out, "%s%s", before, probes[i].function);
		before = ",";
	}
}

char *probe_script_module(const struct guest_facts *facts, const struct kernel_layout *layout,
			  const char *file)
{
	GString *out = g_string_new(NULL);

	g_string_append_printf(out, "load %s", file);
	add_places(out, layout);
	for (size_t i = 0; i < G_N_ELEMENTS(module_kinds); i++)
		add_kind(out, facts, module_kinds[i]);
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
