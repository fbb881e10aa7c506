/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "debugger.h"
#include "guest.h"
#include "labelled.h"
#include "loop.h"
#include "quote.h"
#include "spawn.h"

#include <gio/gunixinputstream.h>
#include <string.h>

#define POLL_SECONDS 0.05
#define LAST_WORDS_SECONDS 1
#define HELPER "scripts/gdb-lab.py"

struct debugger {
	GSubprocess *process;
	struct labelled *output; /* in batch */
	unsigned stops; /* of the machine's, before this one */
	bool exited;
	void (*ended)(void *opaque);
	void *opaque;
};

static const char *const names[DEBUG_SIDES] = {"driver", "device"};

const char *debug_side_name(enum debug_side side)
{
	return names[side];
}

bool debugger_check(GError **error)
{
	const char *argv[] = {"gdb", "-nx", "-batch", "-ex", "python print(6 * 7)", NULL};
	g_autofree char *said = NULL;
	const char *wrong = NULL;

	if (!g_spawn_sync(NULL, (char **)argv, NULL,
			  G_SPAWN_SEARCH_PATH | G_SPAWN_STDERR_TO_DEV_NULL, NULL, NULL, &said, NULL,
			  NULL, NULL))
		wrong = "there is no gdb";
	else if (!g_str_equal(said, "42\n"))
		wrong = "this gdb has no Python";
	if (wrong)
		g_set_error(error, STATUS_ERROR, STATUS_HOST_NOT_READY,
			    "%s; 'apt install gdb' brings one", wrong);
	return !wrong;
}

G_GNUC_PRINTF(3, 4)
static void add_setting(GPtrArray *argv, const char *name, const char *format, ...)
{
	va_list values;
	g_autofree char *value = NULL;

	va_start(values, format);
	value = g_strdup_vprintf(format, values);
	va_end(values);
	if (*value)
		g_ptr_array_add(argv, g_strdup_printf("KC_DEBUG%s=%s", name, value));
}

static void add_list(GPtrArray *argv, const char *name, const char *const *list,
		     const char *separator)
{
	g_autofree char *joined = list ? g_strjoinv(separator, (char **)list) : g_strdup("");

	add_setting(argv, name, "%s", joined);
}

/* Without their parameters, and whole: gdb runs elsewhere. */
static void add_modules(GPtrArray *argv, const struct lab *lab, const char **modules)
{
	g_autoptr(GPtrArray) places = g_ptr_array_new_with_free_func(g_free);

	for (int i = 0; modules && modules[i]; i++) {
		g_autofree char *file = g_strndup(modules[i], strcspn(modules[i], " "));

		if (strchr(file, '/') || g_str_has_suffix(file, ".ko"))
			g_ptr_array_add(places, g_canonicalize_filename(file, NULL));
	}
	g_ptr_array_add(places, g_strdup(lab->parts[LAB_MODULES]));
	g_ptr_array_add(places, NULL);
	add_list(argv, "_MODULES", (const char *const *)places->pdata, ":");
}

static char **command(struct vm *vm, const struct lab *lab, const struct debug_task *task)
{
	GPtrArray *argv = g_ptr_array_new();
	g_autofree char *helper = g_build_filename(lab->root, HELPER, NULL);
	const char *const gdb[] = {"gdb", "-q", "-x", helper, task->batch ? "-batch" : NULL,
				   "-nx", NULL};

	g_ptr_array_add(argv, g_strdup("env"));
	add_setting(argv, "", "%s", names[task->side]);
	if (task->side == DEBUG_DRIVER)
		add_setting(argv, "_TARGET", "%s", task->stub);
	else
		add_setting(argv, "_TARGET", "%d", vm_pid(vm));
	add_list(argv, "_BREAK", task->breaks, ";");
	add_setting(argv, "_SCRIPT", "%s", task->script ? task->script : "");
	add_setting(argv, "_BATCH", "%s", task->batch ? "1" : "");
	if (task->side == DEBUG_DRIVER) {
		add_setting(argv, "_SYMBOLS", "%s", task->symbols);
		add_modules(argv, lab, task->modules);
	}
	for (int i = 0; gdb[i]; i++)
		g_ptr_array_add(argv, g_strdup(gdb[i]));
	g_ptr_array_add(argv, NULL);
	return (char **)g_ptr_array_free(argv, FALSE);
}

char *debugger_command(struct vm *vm, const struct lab *lab, const struct debug_task *task)
{
	g_auto(GStrv) argv = command(vm, lab, task);
	GString *out = g_string_new(NULL);

	for (int i = 0; argv[i]; i++) {
		g_autofree char *word = quote_shell(argv[i]);

		g_string_append_printf(out, "%s%s", i > 0 ? " " : "", word);
	}
	return g_string_free(out, FALSE);
}

static void on_gdb_exit(GObject *process, GAsyncResult *result, void *data)
{
	struct debugger *debugger = data;

	g_subprocess_wait_finish(G_SUBPROCESS(process), result, NULL);
	debugger->exited = true;
	if (debugger->ended)
		debugger->ended(debugger->opaque);
}

struct debugger *debugger_start(struct vm *vm, const struct lab *lab, const struct debug_task *task,
				void (*ended)(void *opaque), void *opaque, GError **error)
{
	struct debugger *debugger = g_new0(struct debugger, 1);
	g_auto(GStrv) argv = command(vm, lab, task);

	if (task->batch)
		debugger->process = spawn_tool((const char *const *)argv, error);
	else
		debugger->process = spawn_on_terminal((const char *const *)argv, error);
	if (!debugger->process) {
		g_free(debugger);
		return NULL;
	}
	debugger->stops = vm_stops(vm);
	debugger->ended = ended;
	debugger->opaque = opaque;
	if (task->batch)
		debugger->output = labelled_new(g_subprocess_get_stdout_pipe(debugger->process),
						task->labelled ? names[task->side] : NULL);
	g_subprocess_wait_async(debugger->process, NULL, on_gdb_exit, debugger);
	return debugger;
}

static bool has_said_all(void *data)
{
	return debugger_has_ended(data);
}

void debugger_stop(struct debugger *debugger)
{
	if (!debugger)
		return;
	debugger->ended = NULL;
	if (!debugger->exited)
		g_subprocess_force_exit(debugger->process);
	while (!debugger->exited)
		g_main_context_iteration(NULL, TRUE);
	/* Its last words say what went wrong. */
	loop_until(has_said_all, debugger, loop_deadline(LAST_WORDS_SECONDS));
	labelled_free(debugger->output);
	g_object_unref(debugger->process);
	g_free(debugger);
}

bool debugger_exited(const struct debugger *debugger)
{
	return debugger->exited;
}

bool debugger_has_ended(const struct debugger *debugger)
{
	return debugger->exited && (!debugger->output || labelled_is_done(debugger->output));
}

bool debugger_succeeded(const struct debugger *debugger)
{
	return debugger->exited && g_subprocess_get_successful(debugger->process);
}

/* Where the kernel tells of a tracer. */
static bool is_traced(struct vm *vm)
{
	g_autofree char *path = g_strdup_printf("/proc/%d/status", vm_pid(vm));
	g_autofree char *text = NULL;
	const char *line;

	if (!g_file_get_contents(path, &text, NULL, NULL))
		return false;
	line = strstr(text, "\nTracerPid:\t");
	return line && line[strlen("\nTracerPid:\t")] != '0';
}

static bool is_attached(struct vm *vm, enum debug_side side, const struct debugger *debugger)
{
	return side == DEBUG_DEVICE ? is_traced(vm) : vm_stops(vm) > debugger->stops;
}

static bool has_died(void *data)
{
	const struct debugger *debugger = data;

	return debugger && debugger->exited;
}

bool debugger_wait_attached(struct vm *vm, enum debug_side side, const struct debugger *debugger,
			    gint64 deadline, GError **error)
{
	while (!is_attached(vm, side, debugger)) {
		enum loop_end end = loop_until(has_died, (void *)debugger,
					       MIN(deadline, loop_deadline(POLL_SECONDS)));

		if (end == LOOP_DONE || vm_end(vm) != VM_RUNNING) {
			g_set_error(error, STATUS_ERROR, STATUS_HOST_NOT_READY,
				    "gdb ended before it was attached to the %s", names[side]);
			return false;
		}
		if (end == LOOP_SIGNAL || g_get_monotonic_time() >= deadline) {
			guest_wait_failed(end, "gdb was attached", error);
			return false;
		}
	}
	return true;
}
