/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "vm/ask.h"

#include <string.h>

#define UNPLUG_SECONDS 25 /* less than kc-host waits */

struct ask {
	struct qmp *qmp;
	struct agent *agent;
	char *leaving; /* the device whose end an unplug waits for; or NULL */
	guint limit; /* the timer of that */
};

static void answer(struct ask *ask, guint32 status, const char *text)
{
	g_autoptr(GByteArray) payload = g_byte_array_new();

	status = GUINT32_TO_LE(status);
	g_byte_array_append(payload, (const guint8 *)&status, sizeof(status));
	g_byte_array_append(payload, (const guint8 *)text, strlen(text));
	agent_send(ask->agent, KC_ANSWER, payload->data, payload->len);
}

static void on_done(JsonObject *reply, void *ask)
{
	JsonObject *refusal = json_object_has_member(reply, "error")
				      ? json_object_get_object_member(reply, "error")
				      : NULL;

	answer(ask, refusal != NULL,
	       refusal ? json_object_get_string_member_with_default(refusal, "desc", "refused")
		       : "");
}

static void request(struct ask *ask, const char *command, JsonObject *arguments)
{
	if (!qmp_request(ask->qmp, command, arguments, on_done, ask))
		answer(ask, 1, "QEMU does not answer");
}

/* A number, true or false is one; all else is text. */
static JsonNode *value_of(const char *word)
{
	JsonNode *node = json_from_string(word, NULL);

	if (node && JSON_NODE_HOLDS_VALUE(node))
		return node;
	if (node)
		json_node_unref(node);
	node = json_node_alloc();
	return json_node_init_string(node, word);
}

static void set(struct ask *ask, char **words)
{
	JsonObject *arguments = json_object_new();
	g_autofree char *path = g_strconcat("/machine/peripheral/", words[0], NULL);

	json_object_set_string_member(arguments, "path", path);
	json_object_set_string_member(arguments, "property", words[1]);
	json_object_set_member(arguments, "value", value_of(words[2]));
	request(ask, "qom-set", arguments);
}

static void stop_waiting(struct ask *ask)
{
	g_clear_pointer(&ask->leaving, g_free);
	g_clear_handle_id(&ask->limit, g_source_remove);
}

static gboolean on_limit(void *data)
{
	struct ask *ask = data;

	ask->limit = 0;
	stop_waiting(ask);
	answer(ask, 1, "the guest did not release the device");
	return G_SOURCE_REMOVE;
}

void ask_event(struct ask *ask, const char *name, JsonObject *data)
{
	const char *id = data && g_str_equal(name, "DEVICE_DELETED")
				 ? json_object_get_string_member_with_default(data, "device", NULL)
				 : NULL;

	if (!ask->leaving || g_strcmp0(id, ask->leaving) != 0)
		return;
	stop_waiting(ask);
	answer(ask, 0, "");
}

/* The guest has been told by then; the device is gone once it agreed. */
static void on_unplug(JsonObject *reply, void *data)
{
	if (json_object_has_member(reply, "error")) {
		stop_waiting(data);
		on_done(reply, data);
	}
}

static void unplug(struct ask *ask, char **words)
{
	JsonObject *arguments = json_object_new();

	stop_waiting(ask);
	ask->leaving = g_strdup(words[0]);
	ask->limit = g_timeout_add_seconds(UNPLUG_SECONDS, on_limit, ask);
	json_object_set_string_member(arguments, "id", words[0]);
	if (!qmp_request(ask->qmp, "device_del", arguments, on_unplug, ask)) {
		stop_waiting(ask);
		answer(ask, 1, "QEMU does not answer");
	}
}

/* As -device has it: a type, then PROPERTY=VALUE, and a comma is written twice. */
static void plug(struct ask *ask, char **words)
{
	JsonObject *arguments = json_object_new();
	g_auto(GStrv) parts = g_strsplit(words[0], ",", -1);

	json_object_set_string_member(arguments, "driver", parts[0] ? parts[0] : "");
	for (int i = 1; parts[0] && parts[i]; i++) {
		char *value = strchr(parts[i], '=');

		if (value)
			*value++ = '\0';
		json_object_set_string_member(arguments, parts[i], value ? value : "on");
	}
	request(ask, "device_add", arguments);
}

/* The NIC's cable: on or off */
static void link_nic(struct ask *ask, char **words)
{
	JsonObject *arguments = json_object_new();

	json_object_set_string_member(arguments, "name", words[0]);
	json_object_set_boolean_member(arguments, "up", g_str_equal(words[1], "on"));
	if (g_str_equal(words[1], "on") || g_str_equal(words[1], "off")) {
		request(ask, "set_link", arguments);
		return;
	}
	json_object_unref(arguments);
	answer(ask, 2, "a link is set on or off");
}

/* Once, from each NIC, as after a migration */
static void announce(struct ask *ask, char **words)
{
	static const char *const steps[] = {"initial", "max", "rounds", "step"};
	JsonObject *arguments = json_object_new();

	(void)words;
	for (size_t i = 0; i < G_N_ELEMENTS(steps); i++)
		json_object_set_int_member(arguments, steps[i], 1);
	request(ask, "announce-self", arguments);
}

static const struct {
	const char *verb;
	guint operands;
	void (*run)(struct ask *ask, char **words);
} verbs[] = {{"set", 3, set},
	     {"unplug", 1, unplug},
	     {"plug", 1, plug},
	     {"link", 2, link_nic},
	     {"announce", 0, announce}};

/* Words end with a NUL each; what has none is not whole, and is not asked for. */
static char **words_in(const struct frame *frame)
{
	const char *at = frame->payload, *end = at + frame->len;
	GPtrArray *words = g_ptr_array_new();

	for (const char *nul; (nul = memchr(at, '\0', end - at)); at = nul + 1)
		g_ptr_array_add(words, g_strdup(at));
	g_ptr_array_add(words, NULL);
	return (char **)g_ptr_array_free(words, FALSE);
}

void ask_serve(struct ask *ask, const struct frame *frame)
{
	g_auto(GStrv) words = words_in(frame);
	guint count = g_strv_length(words);

	for (size_t i = 0; count && i < G_N_ELEMENTS(verbs); i++)
		if (g_str_equal(verbs[i].verb, words[0])) {
			if (count - 1 == verbs[i].operands)
				verbs[i].run(ask, words + 1);
			else
				answer(ask, 2, "wrong number of words; see kc-host alone");
			return;
		}
	answer(ask, 2, "unknown request; expected set, unplug, plug, link or announce");
}

struct ask *ask_new(struct qmp *qmp, struct agent *agent)
{
	struct ask *ask = g_new0(struct ask, 1);

	ask->qmp = qmp;
	ask->agent = agent;
	return ask;
}

void ask_free(struct ask *ask)
{
	if (!ask)
		return;
	stop_waiting(ask);
	qmp_forget(ask->qmp, ask);
	g_free(ask);
}
