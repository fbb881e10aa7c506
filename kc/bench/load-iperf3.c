/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "bench/load-iperf3.h"
#include "base/quote.h"
#include "base/status.h"
#include "bench/load-json.h"
#include "vm/qmp.h"

#include <math.h>

/* Its errors are JSON, too: {"error": "unable to connect to server: ..."} */
static bool check_error(JsonObject *root, GError **error)
{
	JsonNode *node = json_object_get_member(root, "error");
	const char *text = node && JSON_NODE_HOLDS_VALUE(node) ? json_node_get_string(node) : NULL;
	g_autofree char *safe = text ? quote_printable(text) : NULL;

	if (!node)
		return true;
	g_set_error(error, STATUS_ERROR, STATUS_TEST_FAILED, "iperf3: %s",
		    safe ? safe : "it failed and does not say why");
	return false;
}

static void add(struct bench_reading *reading, JsonObject *from, const char *member,
		const char *name, const char *unit)
{
	double value = load_json_number(from, member);

	if (!isnan(value))
		reading_add(reading, g_strdup(name), unit, true, value);
}

bool load_iperf3_read(const char *output, struct bench_reading *reading, GError **error)
{
	g_autoptr(JsonNode) root = load_json_parse(output, "iperf3", error);
	JsonObject *object = root ? json_node_get_object(root) : NULL;
	JsonObject *end = qmp_member(object, "end");
	JsonObject *received = qmp_member(end, "sum_received");
	JsonObject *udp = qmp_member(end, "sum"); /* before 3.10 that is all there is of UDP */
	double rate, bytes;

	if (!object || !check_error(object, error))
		return false;
	received = received ? received : udp;
	rate = load_json_number(received, "bits_per_second");
	bytes = load_json_number(received, "bytes");
	if (!(rate > 0) || !(bytes > 0)) {
		g_set_error(error, STATUS_ERROR, STATUS_TEST_FAILED,
			    "iperf3 does not say that any data arrived");
		return false;
	}
	reading->operation = "MiB";
	reading->operations = bytes / (1 << 20);
	reading_add(reading, g_strdup("throughput"), "Mbit/s", false, rate / 1e6);
	add(reading, qmp_member(end, "sum_sent"), "retransmits", "retransmits", "");
	add(reading, udp, "jitter_ms", "jitter", "ms");
	add(reading, udp, "lost_percent", "lost", "%");
	return true;
}
