/* SPDX-License-Identifier: GPL-2.0-or-later */
/* By which functions of the guest's kernel a driver is seen to collect. */
#include "base/status.h"
#include "trace/record/probes.h"

const char *probe_way_name(enum probe_way way)
{
	return way == PROBE_BY_GET ? "virtqueue_get_buf() and its return" : "detach_buf_*()";
}

static bool check_needed(const struct guest_facts *facts, GError **error)
{
	static const char *const needed[] = {
		"virtqueue_add_sgs",	  "virtqueue_add_outbuf", "virtqueue_add_inbuf",
		"virtqueue_kick_prepare", "vring_interrupt",
	};
	g_autoptr(GString) missing = g_string_new(NULL);

	for (size_t i = 0; i < G_N_ELEMENTS(needed); i++)
		if (!guest_facts_function(facts, needed[i]))
			g_string_append_printf(missing, " %s()", needed[i]);
	if (!missing->len && (facts->fprobe || facts->kprobe))
		return true;
	if (missing->len)
		g_set_error(
			error, STATUS_ERROR, STATUS_NOT_CARRIED,
			"the guest's kernel %s has none of these to be probed, by which drivers "
			"are followed:%s; 'kc trace --help' says what a kernel must offer",
			facts->release, missing->str);
	else
		g_set_error(error, STATUS_ERROR, STATUS_NOT_CARRIED,
			    "the guest's kernel %s has neither fprobe nor kprobe events "
			    "(CONFIG_FPROBE_EVENTS, CONFIG_KPROBE_EVENTS)",
			    facts->release);
	return false;
}

/* There is just one of it, and it is as it was written. */
static bool is_whole(const struct guest_facts *facts, const struct kernel_layout *layout,
		     const char *name)
{
	g_autofree char *full = g_strconcat(name, layout->last_used ? COLLECT_IN_ORDER : NULL,
					    NULL);
	g_auto(GStrv) variants = guest_facts_variants(facts, full);
	const struct guest_function *function = guest_facts_function(facts, full);

	return function && function->count == 1 && g_strv_length(variants) == 1;
}

static bool can_get(const struct guest_facts *facts)
{
	return facts->return_arguments && guest_facts_function(facts, "virtqueue_get_buf") &&
	       guest_facts_function(facts, "virtqueue_get_buf_ctx");
}

static bool cannot_collect(const struct guest_facts *facts, GError **error)
{
	static const char *const functions[] = {
		COLLECT_SPLIT,
		COLLECT_PACKED,
		COLLECT_SPLIT COLLECT_IN_ORDER,
		COLLECT_PACKED COLLECT_IN_ORDER,
	};
	g_autoptr(GString) found = g_string_new(NULL);

	for (size_t i = 0; i < G_N_ELEMENTS(functions); i++) {
		g_auto(GStrv) names = guest_facts_variants(facts, functions[i]);

		for (int j = 0; names[j]; j++)
			g_string_append_printf(found, " %s", names[j]);
	}
	g_set_error(error, STATUS_ERROR, STATUS_NOT_CARRIED,
		    "how drivers collect buffers cannot be seen in the guest's kernel %s: its "
		    "compiler has merged " COLLECT_SPLIT "() or " COLLECT_PACKED "() into others "
		    "(found:%s), and its probes do not know the arguments of a function that "
		    "returns, as those of Linux 6.9 and later do",
		    facts->release, found->len ? found->str : " none of them");
	return false;
}

bool probe_choose(const struct guest_facts *facts, const struct kernel_layout *layout,
		  struct probe_plan *plan, GError **error)
{
	if (!check_needed(facts, error))
		return false;
	plan->way = PROBE_BY_DETACH;
	if (is_whole(facts, layout, COLLECT_SPLIT) && is_whole(facts, layout, COLLECT_PACKED))
		return true;
	return probe_choose_get(facts, plan, error);
}

bool probe_choose_get(const struct guest_facts *facts, struct probe_plan *plan, GError **error)
{
	plan->way = PROBE_BY_GET;
	return can_get(facts) || cannot_collect(facts, error);
}
