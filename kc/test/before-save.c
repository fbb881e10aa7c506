/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "test/before-save.h"
#include "base/status.h"
#include "kernel/module.h"
#include "vm/exec.h"
#include "vm/guest.h"

#include <string.h>

#define SAID_MAX 400 /* bytes of what the command said, for a message */

static void keep_output(int fd, const char *data, size_t len, void *opaque)
{
	GString *said = opaque;

	(void)fd;
	g_string_append_len(said, data, MIN(len, SAID_MAX - MIN(said->len, SAID_MAX)));
}

static bool run_command(struct vm *vm, const struct before_save *before, gint64 deadline,
			GError **error)
{
	g_autoptr(GString) said = g_string_new(NULL);
	g_auto(GStrv) words = NULL;
	struct exec command = {
		.dir = before->test->transfer.dir,
		.output = keep_output,
		.output_opaque = said,
	};
	int status;

	g_shell_parse_argv(before->test->before_save, NULL, &words, NULL);
	command.argv = (const char *const *)words;
	if (!exec_run(vm, &command, deadline, &status, error))
		return false;
	if (status == 0)
		return true;
	g_set_error(error, STATUS_ERROR, STATUS_NOT_CARRIED,
		    "before-save: '%s' ended with status %d: %s", before->test->before_save, status,
		    g_strchomp(said->str));
	return false;
}

static bool prepare(struct vm *vm, const void *opaque, GError **error)
{
	const struct before_save *before = opaque;
	gint64 deadline = loop_deadline(before->timeout);

	return guest_setup(vm, deadline, error) &&
	       transfer_in(vm, &before->test->transfer, before->lab, deadline, error) &&
	       run_command(vm, before, deadline, error);
}

/* The files of its modules: what they are named for is the machine's business. */
static char **inputs_of(const struct before_save *before)
{
	GPtrArray *inputs = g_ptr_array_new();
	const char **modules = before->test->transfer.modules;
	const char **puts = before->test->transfer.puts;

	for (int i = 0; modules && modules[i]; i++) {
		struct module module;

		/* One that cannot be parsed is refused where it is inserted. */
		if (module_parse(&module, modules[i], before->lab, before->test->transfer.host_dir,
				 NULL))
			g_ptr_array_add(inputs, g_strdup(module.file));
		module_clear(&module);
	}
	for (int i = 0; puts && puts[i]; i++) {
		g_autofree char *name = g_strndup(puts[i], strcspn(puts[i], ":"));

		g_ptr_array_add(inputs,
				g_canonicalize_filename(name, before->test->transfer.host_dir));
	}
	g_ptr_array_add(inputs, NULL);
	return (char **)g_ptr_array_free(inputs, FALSE);
}

void before_save_init(struct before_save *before, const struct test *test, const struct lab *lab,
		      double timeout)
{
	g_autofree char *modules = test->transfer.modules
					   ? g_strjoinv(" ", (char **)test->transfer.modules)
					   : NULL;

	*before = (struct before_save){.test = test, .lab = lab, .timeout = timeout};
	before->inputs = inputs_of(before);
	before->what = g_strdup_printf("before-save '%s' (%s)", test->before_save,
				       modules ? modules : "no module");
	before->preparation = (struct snapshot_preparation){
		.what = before->what,
		.inputs = (const char *const *)before->inputs,
		.run = prepare,
		.opaque = before,
	};
}

void before_save_clear(struct before_save *before)
{
	g_strfreev(before->inputs);
	g_free(before->what);
}
