/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "snapshot/migrate.h"
#include "base/loop.h"
#include "base/status.h"

#include <json-glib/json-glib.h>

#define QUIET_SECONDS 0.2 /* a console that is still for so long has booted */
#define POLL_SECONDS 0.01

static bool drain(void *data)
{
	struct vm *vm = data;
	struct frame frame;

	while (vm_next_frame(vm, &frame, NULL) == FRAME_WHOLE)
		;
	return vm_end(vm) != VM_RUNNING;
}

void migrate_settle(struct vm *vm)
{
	gint64 limit = loop_deadline(MIGRATE_SETTLE_SECONDS);
	gint64 heard;

	do {
		heard = console_last_heard(vm_console(vm));
		if (loop_until(drain, vm, loop_deadline(QUIET_SECONDS)) != LOOP_LATE)
			return;
	} while (heard != console_last_heard(vm_console(vm)) && g_get_monotonic_time() < limit);
}

static const char *migration_status(JsonNode *answer)
{
	JsonObject *object = answer && JSON_NODE_HOLDS_OBJECT(answer) ? json_node_get_object(answer)
								      : NULL;

	return object ? json_object_get_string_member_with_default(object, "status", "none")
		      : "none";
}

static bool migration_failed(JsonNode *answer, GError **error)
{
	const char *why = json_object_get_string_member_with_default(
		json_node_get_object(answer), "error-desc", "QEMU does not say why");

	g_set_error(error, STATUS_ERROR, STATUS_NOT_CARRIED, "%s", why);
	return false;
}

static bool wait_saved(struct vm *vm, GError **error)
{
	gint64 limit = loop_deadline(MIGRATE_SAVE_SECONDS);

	while (g_get_monotonic_time() < limit) {
		JsonNode *answer = qmp_call(vm_qmp(vm), "query-migrate", NULL, error);
		const char *status = migration_status(answer);
		bool done = g_str_equal(status, "completed");
		bool failed = g_str_equal(status, "failed");

		if (!answer || (failed && !migration_failed(answer, error))) {
			g_clear_pointer(&answer, json_node_unref);
			return false;
		}
		json_node_unref(answer);
		if (done) {
			/* What the guest said before it stood still, its agent will not say again. */
			drain(vm);
			return true;
		}
		if (loop_until(drain, vm, loop_deadline(POLL_SECONDS)) == LOOP_DONE)
			break;
	}
	g_set_error(error, STATUS_ERROR, STATUS_NOT_CARRIED, "QEMU did not finish saving it");
	return false;
}

static bool call(struct vm *vm, const char *command, const char *json, GError **error)
{
	g_autoptr(JsonNode) arguments = json_from_string(json, NULL);
	JsonNode *answer = qmp_call(vm_qmp(vm), command, json_node_dup_object(arguments), error);

	if (answer)
		json_node_unref(answer);
	return answer;
}

/* The stream leaves out what is in the memory's file already. */
static bool ignore_shared(struct vm *vm, GError **error)
{
	return call(vm, "migrate-set-capabilities",
		    "{\"capabilities\": [{\"capability\": \"x-ignore-shared\", \"state\": true}]}",
		    error);
}

bool migrate_save(struct vm *vm, GError **error)
{
	return ignore_shared(vm, error) &&
	       call(vm, "migrate", "{\"uri\": \"file:" MACHINE_STATE "\"}", error) &&
	       wait_saved(vm, error);
}

bool migrate_load(struct vm *vm, GError **error)
{
	return ignore_shared(vm, error) &&
	       call(vm, "migrate-incoming", "{\"uri\": \"file:" MACHINE_STATE "\"}", error);
}
