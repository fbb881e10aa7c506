/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * kc watch: after each save the half that changed is built and tested. Each
 * turn is a process of its own, a 'kc watch --once', which the next save ends.
 */
#include "cli/command.h"
#include "cli/watch-trees.h"
#include "cli/watch-turns.h"
#include "device/folder.h"
#include "test/edit-pending.h"
#include "test/verdict.h"
#include "vm/guest.h"

#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

struct watch_options {
	struct guest_command command;
	bool all;
	bool once;
	const char **only;
	const char **changed;
	const char **tests;
	char **load;
};

static const struct watch_options watch_defaults = {.command.launch = {LAUNCH_DEFAULTS}};

#define FIELD(name) offsetof(struct watch_options, name)

static const struct option_row watch_rows[] = {
	{"tests", 0, "NAME|FILE",
	 "of files in a tree: the tests to run, as kc test takes them, in place of COMMAND; may be "
	 "repeated",
	 option_list, FIELD(tests)},
	{"all", 0, NULL, "run all tests, in place of the first one of tests.ini", option_on,
	 FIELD(all)},
	{"once", '1', NULL, "build what is out of date, run the tests and end with their status",
	 option_on, FIELD(once)},
	{"only", 0, "driver|device|test", "with --once: build only that; may be repeated",
	 option_list, FIELD(only)},
	{"changed", 0, "FILE", "with --once: build what only that file needs; may be repeated",
	 option_list, FIELD(changed)},
	{.name = NULL},
};

/* Of the machine that COMMAND runs in */
static const struct option_row machine_rows[] = {
	GUEST_COMMAND_ROWS(struct watch_options, command),
	{.name = NULL},
};

static const struct option_row *const watch_tables[] = {watch_rows, machine_rows, launch_rows,
							NULL};
static const struct option_row *const machine_tables[] = {machine_rows, launch_rows, NULL};

struct watching {
	const struct watch_options *options;
	char **words; /* as given */
	struct lab *lab;
	GArray *pending; /* of struct edit_pending */
	struct turns turns; /* a silent one only gets the machines saved, for the next */
};

static bool add_targets(GArray *pending, const struct lab *lab, char **words, GError **error)
{
	g_autoptr(GPtrArray) all = NULL;

	if (!device_folders_link(lab, error))
		return false;
	all = *words ? NULL : edit_target_all(lab);

	for (int i = 0; words[i]; i++) {
		struct edit_pending one = {.target = edit_target_find(lab, words[i], error)};

		if (!one.target)
			return false;
		g_array_append_val(pending, one);
	}
	while (all && all->len > 0) {
		struct edit_pending one = {.target = g_ptr_array_steal_index(all, 0)};

		g_array_append_val(pending, one);
	}
	return true;
}

static bool parse_only(const struct watch_options *options, unsigned *parts, GError **error)
{
	*parts = options->only ? 0 : EDIT_BUILDS;
	for (int i = 0; options->only && options->only[i]; i++) {
		enum edit_part part;

		/* "tests" is ours: nothing is built, for tests.ini was edited. */
		if (g_str_equal(options->only[i], "tests"))
			continue;
		if (!edit_part_parse(options->only[i], &part)) {
			g_set_error(error, STATUS_ERROR, STATUS_MISUSE,
				    "--only: '%s' is neither driver, device nor test",
				    options->only[i]);
			return false;
		}
		*parts |= part;
	}
	return true;
}

/* All that are wanted, also where one failed: each may have been edited. */
static int run_once(const struct watching *watching, GError **error)
{
	unsigned parts;
	int worst = watching->pending->len ? STATUS_ALL_SKIPPED : 0;

	if (!parse_only(watching->options, &parts, error))
		return 0;
	for (guint i = 0; i < watching->pending->len; i++) {
		struct edit_pending *one = &g_array_index(watching->pending, struct edit_pending,
							  i);
		GError *cause = NULL;
		int status = edit_round(watching->lab, one->target, parts, watching->options->all,
					&cause);

		fflush(stdout);
		if (cause)
			status = status_report(cause);
		if (status_is_signal(status))
			return status;
		worst = verdict_worse_status(worst, status);
	}
	return worst;
}

/* The turn */

static void add_word(GPtrArray *argv, const char *word)
{
	g_ptr_array_add(argv, g_strdup(word));
}

static void add_parts(GPtrArray *argv, unsigned parts)
{
	if (!(parts & EDIT_BUILDS))
		add_word(argv, "--only=tests");
	for (unsigned part = EDIT_DRIVER; part <= EDIT_TEST; part <<= 1)
		if (parts & part)
			g_ptr_array_add(argv, g_strconcat("--only=", edit_part_name(part), NULL));
}

static char **turn_argv(void *opaque)
{
	const struct watching *watching = opaque;
	GPtrArray *argv = g_ptr_array_new();
	unsigned parts = 0;

	add_word(argv, "/proc/self/exe");
	add_word(argv, "watch");
	add_word(argv, "--once");
	if (watching->options->all)
		add_word(argv, "--all");
	for (guint i = 0; i < watching->pending->len && !watching->turns.silent; i++)
		parts |= g_array_index(watching->pending, struct edit_pending, i).parts;
	add_parts(argv, parts);
	for (guint i = 0; i < watching->pending->len; i++) {
		const struct edit_pending *one = &g_array_index(watching->pending,
								struct edit_pending, i);
		const struct edit_target *target = one->target;

		if (watching->turns.silent ? one->cold : one->parts != 0)
			g_ptr_array_add(argv,
					g_build_filename(target->folder, target->group, NULL));
	}
	g_ptr_array_add(argv, NULL);
	return (char **)g_ptr_array_free(argv, FALSE);
}

/* What did not build is built with the next change, too. */
static bool settle_pending(void *opaque, int status)
{
	struct watching *watching = opaque;
	bool cold = false;

	for (guint i = 0; i < watching->pending->len && status != STATUS_BUILD_FAILED; i++) {
		struct edit_pending *one = &g_array_index(watching->pending, struct edit_pending,
							  i);

		one->cold = !watching->turns.silent && (one->cold || one->parts & EDIT_DEVICE);
		cold |= one->cold;
		one->parts = 0;
	}
	return cold;
}

static bool take(void *opaque, GError **error)
{
	struct watching *watching = opaque;

	return edit_pending_take(watching->pending, watching->lab, watching->turns.watch,
				 !*watching->words, error);
}

static void keep_watching(struct watching *watching, GError **error)
{
	struct turns *turns = &watching->turns;

	*turns = (struct turns){
		.take = take,
		.argv = turn_argv,
		.settle = settle_pending,
		.opaque = watching,
	};
	loop_catch_signals();
	turns->watch = watch_new(error);
	if (!turns->watch ||
	    !edit_pending_watch(watching->pending, watching->lab, turns->watch, error)) {
		watch_free(turns->watch);
		return;
	}
	for (guint i = 0; i < watching->pending->len; i++)
		g_array_index(watching->pending, struct edit_pending, i).parts = EDIT_BUILDS;
	turns_keep(turns, error);
}

static bool require_lab(const struct lab *lab, GError **error)
{
	static const enum lab_part needed[] = {LAB_VMLINUX, LAB_INITRAMFS, LAB_QEMU};

	for (size_t i = 0; i < G_N_ELEMENTS(needed); i++)
		if (!lab_require(lab, needed[i], error))
			return false;
	return true;
}

static bool check_options(const struct watch_options *options, bool of_trees, GError **error)
{
	g_autofree char *machine = options_text(machine_tables, options, &watch_defaults);

	if (!options->once && (options->only || options->changed))
		g_set_error(error, STATUS_ERROR, STATUS_MISUSE, "--%s goes with --once",
			    options->only ? "only" : "changed");
	else if (!of_trees && (options->load || options->tests || options->changed))
		g_set_error(error, STATUS_ERROR, STATUS_MISUSE,
			    "a command or --tests goes with files of a tree; a device has tests of "
			    "its own");
	else if (of_trees && (options->all || options->only))
		g_set_error(error, STATUS_ERROR, STATUS_MISUSE, "--%s is for devices",
			    options->all ? "all" : "only");
	else if (options->load && options->tests)
		g_set_error(error, STATUS_ERROR, STATUS_MISUSE,
			    "--tests and a command are two things to run; take one");
	else if ((!of_trees || options->tests) && *machine)
		g_set_error(error, STATUS_ERROR, STATUS_MISUSE,
			    "tests say themselves what machine they want; '%s' is for a command",
			    machine);
	else
		return true;
	return false;
}

static int run_trees(struct watch_trees *trees, const struct watch_options *options, GError **error)
{
	if (options->once)
		return watch_trees_once(trees, error);
	watch_trees_keep(trees, error);
	return 0;
}

static int run_devices(struct watching *watching, GError **error)
{
	int status = 0;

	watching->pending = edit_pending_new();
	if (add_targets(watching->pending, watching->lab, watching->words, error)) {
		if (watching->options->once)
			status = run_once(watching, error);
		else
			keep_watching(watching, error);
	}
	g_array_unref(watching->pending);
	return status;
}

static int run_watch(const void *fields, char **operands, GError **error)
{
	const struct watch_options *options = fields;
	struct watching watching = {.options = options, .words = operands};
	struct watch_trees trees = {
		.command = &options->command,
		.load = options->load && *options->load ? options->load : NULL,
		.tests = options->tests,
		.changed = options->changed,
	};
	int status = 0;

	watching.lab = lab_find(error);
	trees.lab = watching.lab;
	if (watching.lab && require_lab(watching.lab, error) &&
	    watch_trees_find(&trees, operands, error) &&
	    check_options(options, trees.places, error))
		status = trees.places ? run_trees(&trees, options, error)
				      : run_devices(&watching, error);
	watch_trees_clear(&trees);
	lab_free(watching.lab);
	return status;
}

const struct command command_watch = {
	.name = "watch",
	.operands = "[NAME...] | FILE... [--tests NAME | -- COMMAND [ARGUMENT...]]",
	.summary = "build and test at each save: a device, or your trees",
	.text = "Waits until a file of the devices and modules that NAME selects ('hello', "
		"'modules/hello'), or of any, is saved, created or removed. Then it builds "
		"the half that changed: driver*.c and Kbuild are the module, device*.c, "
		"meson.build and trace-events are QEMU, test*.c is the test program, and "
		"abi.h is all of them. It runs the first test of tests.ini, or the one that "
		"NAME selects ('hello/smp4'), or --all, on the normal kernel, shows the "
		"verdict, and waits for the next save. A save meanwhile starts over.\n\n"
		"If something does not build, what was built before stays. Neither the kernel "
		"nor the root file system is built: tests get the current modules and test "
		"program, and 'make' updates the rest of the lab.\n\n"
		"FILE is a file or a folder of the trees that the lab was built of, of Linux or QEMU "
		"('make all LINUX_SRC=~/linux QEMU_SRC=~/qemu'), which are only read. After each "
		"save what the file needs is built, and no more: a module, which then takes the "
		"place of the one that the guest has loaded; the kernel's image; or QEMU's objects "
		"and QEMU. A header or a rule that the image depends on, too, has kernel, modules and "
		"root file system made, which takes minutes. Then COMMAND runs in a fresh guest, whose machine the options "
		"of kc run say, or the tests of --tests; with neither, only the kernel's complaints "
		"count. In the lab's own configuration the stock drivers are modules, but for virtio's "
		"core, transports and console; with --root disk the guest boots with the new one.\n\n"
		"kc watch ~/linux/drivers/block/virtio_blk.c --device virtio-blk-pci,drive=d "
		"--qemu-args '-blockdev null-co,node-name=d' -- dd if=/dev/vda of=/dev/null count=9\n\n"
		"With --once the exit status is that of kc test, or 251 if something does not "
		"build.",
	.options = watch_tables,
	.shared = "run",
	.load_offset = FIELD(load),
	.fields_size = sizeof(struct watch_options),
	.defaults = &watch_defaults,
	.operands_max = G_MAXUINT,
	.run = run_watch,
};
