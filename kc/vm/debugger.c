/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "vm/debugger.h"
#include "vm/guest.h"
#include "base/prefixed-output.h"
#include "base/loop.h"
#include "base/quote.h"
#include "base/spawn.h"

#include <gio/gunixinputstream.h>
#include <string.h>

#define POLL_SECONDS 0.05
#define LAST_WORDS_SECONDS 1
#define HELPER "scripts/gdb-lab.py"

struct debugger {
	GSubprocess *process;
	struct prefixed_output *output; /* in batch */
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

/* Words as for a shell: any of them may hold whatever would part them. */
static void add_words(GPtrArray *argv, const char *name, const char *const *words)
{
	g_autoptr(GString) joined = g_string_new(NULL);

	for (int i = 0; words && words[i]; i++) {
		g_autofree char *word = g_shell_quote(words[i]);

		g_string_append_printf(joined, "%s%s", i > 0 ? " " : "", word);
	}
	add_setting(argv, name, "%s", joined->str);
}

/* NAME=FILE each, whole: gdb runs elsewhere. */
static void add_modules(GPtrArray *argv, const struct debug_task *task)
{
	g_autoptr(GPtrArray) places = g_ptr_array_new_with_free_func(g_free);

	for (size_t i = 0; i < task->module_count; i++) {
		const struct module *module = &task->modules[i];
		g_autofree char *file = g_canonicalize_filename(module_contents(module), NULL);

		g_ptr_array_add(places, g_strdup_printf("%s=%s", module->name, file));
	}
	g_ptr_array_add(places, NULL);
	add_words(argv, "_MODULES", (const char *const *)places->pdata);
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
	add_words(argv, "_BREAK", task->breaks);
	add_setting(argv, "_SCRIPT", "%s", task->script ? task->script : "");
	add_setting(argv, "_BATCH", "%s", task->batch ? "1" : "");
	if (task->side == DEBUG_DRIVER) {
		add_setting(argv, "_SYMBOLS", "%s", task->symbols);
		add_setting(argv, "_IDT", "%" G_GINT64_MODIFIER "x", task->idt);
		add_setting(argv, "_LAB", "%s", lab->parts[LAB_MODULES]);
		add_modules(argv, task);
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
		debugger->output = prefixed_output_new(
			g_subprocess_get_stdout_pipe(debugger->process),
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
	loop_finish(has_said_all, debugger, loop_deadline(LAST_WORDS_SECONDS));
	prefixed_output_free(debugger->output);
	g_object_unref(debugger->process);
	g_free(debugger);
}

bool debugger_exited(const struct debugger *debugger)
{
	return debugger->exited;
}

bool debugger_has_ended(const struct debugger *debugger)
{
	return debugger->exited && (!debugger->output || prefixed_output_is_done(debugger->output));
}

int debugger_lost(const struct debugger *debugger)
{
	return debugger->output ? prefixed_output_lost(debugger->output) : 0;
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
			loop_explain(end, "gdb was attached", error);
			return false;
		}
	}
	return true;
}
