/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "bench/count-qemu.h"
#include "vq/sample.h"

#include <math.h>
#include <string.h>

/* The agent's port is on the first device of all, which has no id. */
#define CHANNEL "/machine/peripheral-anon/device[0]"

static bool is_own(const struct vq_device *device)
{
	return g_strcmp0(device->id, COUNT_OWN_ID) == 0 || g_str_equal(device->bus_path, CHANNEL);
}

static void add_queue(struct counts *sum, const struct vq_counters *counters)
{
	sum->of[COUNT_KICKS] += counters->known ? counters->kicks : NAN;
	sum->of[COUNT_INTERRUPTS] += counters->known ? counters->interrupts : NAN;
	sum->of[COUNT_SUPPRESSED] += counters->known ? counters->suppressed : NAN;
}

/* A device outside of QEMU is notified, and interrupts, past QEMU. */
static void add_device(struct counts *sum, const struct vq_device *device)
{
	static const struct vq_counters unknown;

	if (device->vhost || device->trouble)
		add_queue(sum, &unknown);
	for (guint i = 0; i < device->queues->len; i++) {
		const struct vq_queue *queue = g_ptr_array_index(device->queues, i);

		add_queue(sum, &queue->counters);
	}
}

static double exits_of(JsonObject *entry)
{
	JsonNode *node = json_object_get_member(entry, "stats");
	JsonArray *stats = node && JSON_NODE_HOLDS_ARRAY(node) ? json_node_get_array(node) : NULL;

	for (guint i = 0; stats && i < json_array_get_length(stats); i++) {
		JsonObject *stat = json_array_get_object_element(stats, i);
		const char *name = json_object_get_string_member_with_default(stat, "name", "");

		if (g_str_equal(name, "exits"))
			return json_object_get_int_member_with_default(stat, "value", 0);
	}
	return NAN;
}

double count_qemu_exits(JsonNode *answer)
{
	JsonArray *entries = answer && JSON_NODE_HOLDS_ARRAY(answer) ? json_node_get_array(answer)
								     : NULL;
	guint n = entries ? json_array_get_length(entries) : 0;
	double sum = n ? 0 : NAN;

	for (guint i = 0; i < n; i++)
		sum += exits_of(json_array_get_object_element(entries, i));
	return sum;
}

/* TCG answers with an empty list, and a QEMU from before 7.1 with an error: neither counts. */
static double ask_exits(struct qmp *qmp)
{
	g_autoptr(JsonNode) arguments = json_from_string(
		"{\"target\": \"vcpu\", \"providers\": [{\"provider\": \"kvm\", \"names\": "
		"[\"exits\"]}]}",
		NULL);
	g_autoptr(JsonNode)
		answer = qmp_call(qmp, "query-stats", json_node_dup_object(arguments), NULL);

	return count_qemu_exits(answer);
}

bool count_qemu_read(struct counts *counts, struct qmp *qmp, GError **error)
{
	struct vq_sample *sample = vq_sample_take(qmp, NULL, error);

	if (!sample)
		return false;
	counts->of[COUNT_KICKS] = counts->of[COUNT_INTERRUPTS] = counts->of[COUNT_SUPPRESSED] = 0;
	for (guint i = 0; i < sample->devices->len; i++) {
		const struct vq_device *device = g_ptr_array_index(sample->devices, i);

		if (!is_own(device))
			add_device(counts, device);
	}
	vq_sample_free(sample);
	counts->of[COUNT_EXITS] = ask_exits(qmp);
	return true;
}

GArray *count_qemu_threads(struct qmp *qmp, const char *command)
{
	g_autoptr(JsonNode) answer = qmp_call(qmp, command, NULL, NULL);
	JsonArray *list = answer && JSON_NODE_HOLDS_ARRAY(answer) ? json_node_get_array(answer)
								  : NULL;
	GArray *threads = list ? g_array_new(FALSE, FALSE, sizeof(gint64)) : NULL;

	for (guint i = 0; list && i < json_array_get_length(list); i++) {
		gint64 id = json_object_get_int_member_with_default(
			json_array_get_object_element(list, i), "thread-id", 0);

		g_array_append_val(threads, id);
	}
	return threads;
}
