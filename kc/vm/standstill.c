/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "vm/standstill.h"

#include <stdio.h>

#define RETRY_SECONDS 2
#define PATIENCE_SECONDS 5 /* with somebody who has the machine stand still */

struct standstill {
	struct qmp *qmp;
	bool retry, quiet;
	struct run_state *state;
	JsonObject *failure; /* of the last I/O error that stops; or NULL */
	guint timer; /* until it is retried, or told */
	char *told; /* what was told last */
};

static void tell(struct standstill *still, const char *then)
{
	g_autofree char *text = run_state_tell(still->state);

	if (still->quiet || g_strcmp0(text, still->told) == 0)
		return;
	fprintf(stderr, "kc: %s%s\n", text, then);
	g_free(still->told);
	still->told = g_steal_pointer(&text);
}

static void go_on(struct standstill *still)
{
	g_clear_handle_id(&still->timer, g_source_remove);
	g_clear_pointer(&still->state, run_state_free);
}

/* What QEMU does not try again will not go on. */
static void on_cont(JsonObject *reply, void *opaque)
{
	struct standstill *still = opaque;

	if (json_object_has_member(reply, "error"))
		still->retry = false;
}

static gboolean on_timer(void *data)
{
	struct standstill *still = data;

	still->timer = 0;
	if (still->state->failed_io)
		qmp_request(still->qmp, "cont", NULL, on_cont, still);
	else
		tell(still, "");
	return G_SOURCE_REMOVE;
}

static void stand(struct standstill *still, const char *name, JsonNode *drives)
{
	go_on(still);
	still->state = run_state_new(name, drives, still->failure);
	if (still->state->kind == RUN_HELD) {
		still->timer = g_timeout_add_seconds(PATIENCE_SECONDS, on_timer, still);
	} else if (still->retry && still->state->failed_io) {
		tell(still, "; kc tries again every " G_STRINGIFY(RETRY_SECONDS) " s");
		still->timer = g_timeout_add_seconds(RETRY_SECONDS, on_timer, still);
	}
}

static void on_drives(JsonObject *reply, void *opaque)
{
	stand(opaque, "io-error", json_object_get_member(reply, "return"));
}

static void on_status(JsonObject *reply, void *opaque)
{
	struct standstill *still = opaque;
	JsonNode *node = json_object_get_member(reply, "return");
	JsonObject *object = node && JSON_NODE_HOLDS_OBJECT(node) ? json_node_get_object(node)
								  : NULL;
	const char *name = object ? json_object_get_string_member_with_default(object, "status",
									       "running")
				  : "running";

	if (g_str_equal(name, "running"))
		go_on(still);
	else if (g_str_equal(name, "io-error"))
		qmp_request(still->qmp, "query-block", NULL, on_drives, still);
	else
		stand(still, name, NULL);
}

struct standstill *standstill_new(struct qmp *qmp, bool retry)
{
	struct standstill *still = g_new0(struct standstill, 1);

	still->qmp = qmp;
	still->retry = retry;
	/* No event tells of a machine that was never started. */
	qmp_request(qmp, "query-status", NULL, on_status, still);
	return still;
}

void standstill_free(struct standstill *still)
{
	if (!still)
		return;
	qmp_forget(still->qmp, still);
	go_on(still);
	g_clear_pointer(&still->failure, json_object_unref);
	g_free(still->told);
	g_free(still);
}

void standstill_event(struct standstill *still, const char *name, JsonObject *data)
{
	if (g_str_equal(name, "STOP") || g_str_equal(name, "SUSPEND")) {
		qmp_request(still->qmp, "query-status", NULL, on_status, still);
	} else if (g_str_equal(name, "RESUME") || g_str_equal(name, "WAKEUP")) {
		/* Answers that are on their way tell of what was before. */
		qmp_forget(still->qmp, still);
		go_on(still);
	} else if (g_str_equal(name, "BLOCK_IO_ERROR") && data &&
		   g_strcmp0(json_object_get_string_member_with_default(data, "action", NULL),
			     "stop") == 0) {
		g_clear_pointer(&still->failure, json_object_unref);
		still->failure = json_object_ref(data);
	}
}

const struct run_state *standstill_state(const struct standstill *still)
{
	return still->state;
}

bool standstill_is_final(const struct standstill *still)
{
	return still->state && still->state->kind == RUN_STOPPED &&
	       !(still->retry && still->state->failed_io);
}

void standstill_keep_quiet(struct standstill *still)
{
	still->quiet = true;
}
