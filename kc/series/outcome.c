/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "series/outcome.h"
#include "base/status.h"
#include "series/space.h"

#define GROUP "outcome"
#define FILE_NAME "outcome.ini"

static const char *const names[] = {
	[OUTCOME_PASS] = "pass",
	[OUTCOME_FAIL] = "fail",
	[OUTCOME_NOT_BUILT] = "does not build",
	[OUTCOME_UNKNOWN] = "not run",
	[OUTCOME_STOP] = "stop",
};

void outcome_clear(struct outcome *outcome)
{
	g_free(outcome->why);
	g_free(outcome->folder);
	*outcome = (struct outcome){0};
}

const char *outcome_name(enum outcome_kind kind)
{
	return names[kind];
}

bool outcome_save(const struct outcome *outcome, GError **error)
{
	g_autofree char *path = g_build_filename(outcome->folder, FILE_NAME, NULL);
	g_autoptr(GKeyFile) file = g_key_file_new();
	g_autoptr(GError) cause = NULL;

	g_key_file_set_string(file, GROUP, "kind", names[outcome->kind]);
	g_key_file_set_integer(file, GROUP, "status", outcome->status);
	g_key_file_set_string(file, GROUP, "why", outcome->why ? outcome->why : "");
	g_key_file_set_double(file, GROUP, "built", outcome->built);
	g_key_file_set_double(file, GROUP, "tested", outcome->tested);
	if (g_key_file_save_to_file(file, path, &cause))
		return true;
	if (!space_ran_out(outcome->folder, path, "", error))
		g_set_error(error, STATUS_ERROR, STATUS_HOST_NOT_READY, "%s", cause->message);
	return false;
}

bool outcome_load(struct outcome *outcome, const char *folder)
{
	g_autofree char *path = g_build_filename(folder, FILE_NAME, NULL);
	g_autoptr(GKeyFile) file = g_key_file_new();
	g_autofree char *kind = NULL;

	*outcome = (struct outcome){.before = true};
	if (!g_key_file_load_from_file(file, path, G_KEY_FILE_NONE, NULL))
		return false;
	kind = g_key_file_get_string(file, GROUP, "kind", NULL);
	while (outcome->kind < OUTCOME_STOP && g_strcmp0(kind, names[outcome->kind]) != 0)
		outcome->kind++;
	if (outcome->kind == OUTCOME_STOP)
		return false;
	outcome->status = g_key_file_get_integer(file, GROUP, "status", NULL);
	outcome->why = g_key_file_get_string(file, GROUP, "why", NULL);
	outcome->built = g_key_file_get_double(file, GROUP, "built", NULL);
	outcome->tested = g_key_file_get_double(file, GROUP, "tested", NULL);
	outcome->folder = g_strdup(folder);
	return true;
}
