/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "bench/load-fio.h"
#include "base/quote.h"
#include "base/status.h"
#include "bench/load-json.h"
#include "vm/qmp.h"

#include <math.h>

static const char *const directions[] = {"read", "write", "trim"};

/* One direction of one job, or of a group of them. */
struct flow {
	JsonObject *object;
	const char *job, *direction; /* in its figures' names; NULL where there is just one */
};

static JsonArray *jobs_of(JsonNode *root)
{
	JsonNode *node = json_object_get_member(json_node_get_object(root), "jobs");

	return node && JSON_NODE_HOLDS_ARRAY(node) ? json_node_get_array(node) : NULL;
}

static const char *name_of(JsonObject *job)
{
	JsonNode *node = json_object_get_member(job, "jobname");
	const char *name = node && JSON_NODE_HOLDS_VALUE(node) ? json_node_get_string(node) : NULL;

	return name ? name : "?";
}

static bool check_job(JsonObject *job, GError **error)
{
	double number = load_json_number(job, "error");

	if (number == 0)
		return true;
	g_set_error(error, STATUS_ERROR, STATUS_TEST_FAILED, "fio's job '%s' failed: %s",
		    name_of(job), number > 0 ? g_strerror(number) : "it does not say why");
	return false;
}

/* Those that did something. */
static GArray *flows_of(JsonArray *jobs, GError **error)
{
	g_autoptr(GArray) flows = g_array_new(FALSE, FALSE, sizeof(struct flow));
	guint n = jobs ? json_array_get_length(jobs) : 0;

	for (guint i = 0; i < n; i++) {
		JsonNode *node = json_array_get_element(jobs, i);
		JsonObject *job = JSON_NODE_HOLDS_OBJECT(node) ? json_node_get_object(node) : NULL;
		guint before = flows->len;

		if (!job || !check_job(job, error))
			return NULL;
		for (guint d = 0; d < G_N_ELEMENTS(directions); d++) {
			struct flow flow = {qmp_member(job, directions[d]),
					    n > 1 ? name_of(job) : NULL, directions[d]};

			if (load_json_number(flow.object, "total_ios") > 0)
				g_array_append_val(flows, flow);
		}
		if (flows->len == before + 1)
			g_array_index(flows, struct flow, before).direction = NULL;
	}
	return g_steal_pointer(&flows);
}

static char *figure_name(const struct flow *flow, const char *what)
{
	g_autofree char *job = quote_printable(flow->job ? flow->job : "");

	return g_strdup_printf("%s%s%s%s%s", job, flow->job ? ": " : "",
			       flow->direction ? flow->direction : "", flow->direction ? " " : "",
			       what);
}

/*
 * From the submission on: what is served in the submitting system call has passed before
 * the completion's own clock starts. An fio from before 3.8 has only that.
 */
static double quantile(const struct flow *flow, const char *name)
{
	double total = load_json_number(
		qmp_member(qmp_member(flow->object, "lat_ns"), "percentile"), name);

	if (!isnan(total))
		return total;
	return load_json_number(qmp_member(qmp_member(flow->object, "clat_ns"), "percentile"),
				name);
}

static void add_latency(struct bench_reading *reading, const struct flow *flow, const char *what,
			const char *name)
{
	double ns = quantile(flow, name);

	if (!isnan(ns))
		reading_add(reading, figure_name(flow, what), "us", true, ns / 1000);
}

static void add_flow(struct bench_reading *reading, const struct flow *flow)
{
	reading->operations += load_json_number(flow->object, "total_ios");
	reading_add(reading, figure_name(flow, "iops"), "/s", false,
		    load_json_number(flow->object, "iops"));
	reading_add(reading, figure_name(flow, "bandwidth"), "MiB/s", false,
		    load_json_number(flow->object, "bw_bytes") / (1 << 20));
	add_latency(reading, flow, "latency p50", "50.000000");
	add_latency(reading, flow, "latency p99", "99.000000");
}

static bool is_set(JsonObject *options, const char *name)
{
	JsonNode *node = options ? json_object_get_member(options, name) : NULL;
	const char *text = node && JSON_NODE_HOLDS_VALUE(node) ? json_node_get_string(node) : NULL;

	return text && g_ascii_strtod(text, NULL) > 0;
}

/* What fio did in a job's ramp_time is in no number of its own, but in all that we count. */
static bool has_ramp(JsonNode *root)
{
	JsonArray *jobs = jobs_of(root);

	if (is_set(qmp_member(json_node_get_object(root), "global options"), "ramp_time"))
		return true;
	for (guint i = 0; i < json_array_get_length(jobs); i++)
		if (is_set(qmp_member(json_array_get_object_element(jobs, i), "job options"),
			   "ramp_time"))
			return true;
	return false;
}

bool load_fio_read(const char *output, struct bench_reading *reading, GError **error)
{
	g_autoptr(JsonNode) root = load_json_parse(output, "fio", error);
	g_autoptr(GError) cause = NULL;
	g_autoptr(GArray) flows = root ? flows_of(jobs_of(root), &cause) : NULL;

	if (!root)
		return false;
	if (cause) {
		g_propagate_error(error, g_steal_pointer(&cause));
		return false;
	}
	if (!flows || !flows->len) {
		g_set_error(error, STATUS_ERROR, STATUS_TEST_FAILED,
			    "fio says of no job that it did any I/O");
		return false;
	}
	reading->operations = 0;
	reading->operation = "I/O";
	for (guint i = 0; i < flows->len; i++)
		add_flow(reading, &g_array_index(flows, struct flow, i));
	if (has_ramp(root)) {
		reading->operations = 1;
		reading->operation = "run";
	}
	return true;
}
