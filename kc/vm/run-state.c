/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "vm/run-state.h"

#include <string.h>

#define STOPPED "QEMU stopped the machine: "

/* All of QEMU's (RunState in qapi/run-state.json) but "running". */
static const struct {
	const char *name;
	enum run_kind kind;
	enum status status;
	const char *text, *advice;
} states[] = {
	{"io-error", RUN_STOPPED, STATUS_STOPPED, STOPPED "I/O on a drive failed", NULL},
	{"internal-error", RUN_STOPPED, STATUS_STOPPED, STOPPED "an internal error of QEMU's",
	 "under KVM its messages show the instruction that could not be run"},
	{"watchdog", RUN_STOPPED, STATUS_STOPPED,
	 STOPPED "the guest's watchdog was not served in time", NULL},
	{"guest-panicked", RUN_STOPPED, STATUS_PANIC, "the guest kernel panicked", NULL},
	{"shutdown", RUN_STOPPED, STATUS_AGENT_LOST,
	 "the guest powered off or rebooted, and QEMU waits with its machine", NULL},
	{"paused", RUN_HELD, 0, "the machine is paused, by a monitor or a debugger",
	 "'cont' lets it go on"},
	{"debug", RUN_HELD, 0, "the machine is stopped by a debugger", NULL},
	{"prelaunch", RUN_HELD, 0, "QEMU has not started the machine",
	 "'cont' at its monitor starts it"},
	{"suspended", RUN_HELD, 0, "the guest is suspended",
	 "an alarm wakes it, or 'system_wakeup' at QEMU's monitor"},
	{"inmigrate", RUN_ON, 0, "the machine is being loaded", NULL},
	{"restore-vm", RUN_ON, 0, "the machine is being loaded", NULL},
	{"save-vm", RUN_ON, 0, "the machine is being saved", NULL},
	{"finish-migrate", RUN_ON, 0, "the machine is being saved", NULL},
	{"postmigrate", RUN_ON, 0, "the machine was saved or migrated", NULL},
	{"colo", RUN_ON, 0, "the machine waits for its twin", NULL},
};

static const char *text_of(JsonObject *object, const char *name)
{
	JsonNode *node = object ? json_object_get_member(object, name) : NULL;
	const char *text = node && JSON_NODE_HOLDS_VALUE(node) ? json_node_get_string(node) : NULL;

	return text && *text ? text : NULL;
}

static bool flag_of(JsonObject *object, const char *name)
{
	JsonNode *node = object ? json_object_get_member(object, name) : NULL;

	return node && JSON_NODE_HOLDS_VALUE(node) && json_node_get_boolean(node);
}

static JsonObject *object_of(JsonObject *object, const char *name)
{
	JsonNode *node = object ? json_object_get_member(object, name) : NULL;

	return node && JSON_NODE_HOLDS_OBJECT(node) ? json_node_get_object(node) : NULL;
}

static const char *node_name(JsonObject *drive)
{
	return text_of(object_of(drive, "inserted"), "node-name");
}

/* Does @failure, where it is known, tell of @drive? */
static bool is_of(JsonObject *drive, JsonObject *failure)
{
	const char *device = text_of(failure, "device"), *node = text_of(failure, "node-name");

	if (device)
		return g_strcmp0(device, text_of(drive, "device")) == 0;
	return !node || g_strcmp0(node, node_name(drive)) == 0;
}

/* The drive that failed, by QEMU's own record of each. */
static JsonObject *find_drive(JsonNode *drives, JsonObject *failure)
{
	JsonArray *array = drives && JSON_NODE_HOLDS_ARRAY(drives) ? json_node_get_array(drives)
								   : NULL;

	for (guint i = 0; array && i < json_array_get_length(array); i++) {
		JsonNode *node = json_array_get_element(array, i);
		JsonObject *drive = JSON_NODE_HOLDS_OBJECT(node) ? json_node_get_object(node)
								 : NULL;
		const char *status = text_of(drive, "io-status");

		if (status && !g_str_equal(status, "ok") && is_of(drive, failure))
			return drive;
	}
	return NULL;
}

/* "drive d (/images/d.raw)" */
static char *drive_name(JsonObject *drive, JsonObject *failure)
{
	const char *names[] = {text_of(failure, "device"), text_of(drive, "device"),
			       text_of(failure, "node-name"), node_name(drive)};
	const char *file = text_of(object_of(drive, "inserted"), "file");
	GString *out = g_string_new("a drive");

	for (size_t i = 0; i < G_N_ELEMENTS(names); i++) {
		if (!names[i])
			continue;
		g_string_printf(out, "%s %s", i < 2 ? "drive" : "block node", names[i]);
		break;
	}
	/* What kc hands over has a number, and what is made of parts a tree, for a name. */
	if (file && !g_str_has_prefix(file, "json:") && !g_str_has_prefix(file, "/dev/fdset/"))
		g_string_append_printf(out, " (%s)", file);
	return g_string_free(out, FALSE);
}

static void tell_io(struct run_state *state, JsonNode *drives, JsonObject *failure)
{
	JsonObject *drive = find_drive(drives, failure);
	g_autofree char *name = drive_name(drive, failure);
	const char *reason = text_of(failure, "reason"), *what = text_of(failure, "operation");

	g_free(state->text);
	state->failed_io = true;
	if (flag_of(failure, "nospace") || g_strcmp0(text_of(drive, "io-status"), "nospace") == 0) {
		state->text = g_strconcat(STOPPED "no space for ", name, NULL);
		state->advice = "free room on the file system of its file";
	} else {
		state->text = g_strdup_printf(STOPPED "%s%s of %s failed%s%s", what ? "a " : "",
					      what ? what : "I/O", name, reason ? ": " : "",
					      reason ? reason : "");
		state->advice = "the host's file or device is at fault; its kernel's log may say "
				"more";
	}
}

struct run_state *run_state_new(const char *name, JsonNode *drives, JsonObject *failure)
{
	struct run_state *state = g_new0(struct run_state, 1);

	*state = (struct run_state){.kind = RUN_HELD, .name = g_strdup(name)};
	for (size_t i = 0; i < G_N_ELEMENTS(states) && !state->text; i++) {
		if (!g_str_equal(states[i].name, name))
			continue;
		state->kind = states[i].kind;
		state->status = states[i].status;
		state->text = g_strdup(states[i].text);
		state->advice = states[i].advice;
	}
	if (!state->text)
		state->text = g_strdup_printf("QEMU does not run the machine: its state is '%s'",
					      name);
	if (g_str_equal(name, "io-error"))
		tell_io(state, drives, failure);
	return state;
}

void run_state_free(struct run_state *state)
{
	if (!state)
		return;
	g_free(state->name);
	g_free(state->text);
	g_free(state);
}

struct run_state *run_state_ask(struct qmp *qmp)
{
	g_autoptr(JsonNode) answer = qmp_call(qmp, "query-status", NULL, NULL);
	JsonObject *object = answer && JSON_NODE_HOLDS_OBJECT(answer) ? json_node_get_object(answer)
								      : NULL;
	const char *name = text_of(object, "status");
	g_autoptr(JsonNode) drives = NULL;

	if (!name || g_str_equal(name, "running"))
		return NULL;
	if (g_str_equal(name, "io-error"))
		drives = qmp_call(qmp, "query-block", NULL, NULL);
	return run_state_new(name, drives, NULL);
}

char *run_state_tell(const struct run_state *state)
{
	return g_strconcat(state->text, state->advice ? "; " : NULL, state->advice, NULL);
}
