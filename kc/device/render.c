/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "device/render.h"
#include "base/status.h"

#include <gio/gio.h>
#include <stdbool.h>

#define PYTHON "/usr/bin/python3" /* the one whose modules packages bring */
#define PREFIX "/kc/template/"

/* glib-compile-resources' own */
GResource *template_get_resource(void);

static const char *const files[] = {
	"README.md",  "abi.h",	     "device.c",   "driver.c",	 "test.c",   "tests.ini",
	"Kbuild",     "meson.build", "_sysfs.c",   "_char.c",	 "_block.c", "_request.c",
	"_members.c", "ci.sh",	     "github.yml", "gitlab.yml", NULL,
};

static char *text_of(const char *name, const char *suffix)
{
	g_autofree char *path = g_strconcat(PREFIX, name, suffix, NULL);
	g_autoptr(GBytes) bytes = g_resource_lookup_data(template_get_resource(), path,
							 G_RESOURCE_LOOKUP_FLAGS_NONE, NULL);

	g_assert(bytes); /* linked into kc */
	return g_strndup(g_bytes_get_data(bytes, NULL), g_bytes_get_size(bytes));
}

static char *work_for(const char *const *names, JsonNode *context)
{
	g_autoptr(JsonNode) work = json_node_init_object(json_node_alloc(), NULL);
	JsonObject *object = json_object_new();
	JsonObject *templates = json_object_new();

	json_node_take_object(work, object);
	json_object_set_member(object, "context", json_node_copy(context));
	json_object_set_object_member(object, "templates", templates);
	for (; *names; names++) {
		g_autofree char *text = text_of(*names, ".in");

		json_object_set_string_member(templates, *names, text);
	}
	return json_to_string(work, false);
}

static bool run(const char *work, char **said, GError **error)
{
	g_autofree char *program = text_of("render.py", NULL);
	const char *argv[] = {PYTHON, "-c", program, NULL};
	g_autofree char *trouble = NULL;
	g_autoptr(GError) cause = NULL;
	g_autoptr(GSubprocess) child = g_subprocess_newv(argv,
							 G_SUBPROCESS_FLAGS_STDIN_PIPE |
								 G_SUBPROCESS_FLAGS_STDOUT_PIPE |
								 G_SUBPROCESS_FLAGS_STDERR_PIPE,
							 &cause);

	if (child && g_subprocess_communicate_utf8(child, work, NULL, said, &trouble, &cause) &&
	    g_subprocess_get_successful(child))
		return true;
	g_set_error(error, STATUS_ERROR, STATUS_HOST_NOT_READY,
		    "cannot fill in the templates with " PYTHON ": %s",
		    cause ? cause->message : g_strchomp(trouble));
	return false;
}

static JsonNode *render(const char *const *names, JsonNode *context, GError **error)
{
	g_autofree char *work = work_for(names, context);
	g_autofree char *said = NULL;

	return run(work, &said, error) ? json_from_string(said, error) : NULL;
}

JsonNode *device_render(JsonNode *context, GError **error)
{
	return render(files, context, error);
}

JsonNode *device_render_one(const char *name, JsonNode *context, GError **error)
{
	const char *const names[] = {name, NULL};

	return render(names, context, error);
}
