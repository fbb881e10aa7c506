/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "cli/watch-trees.h"
#include "base/status.h"
#include "cli/watch-turns.h"
#include "test/edit-round.h"
#include "test/edit-tree.h"
#include "test/list.h"
#include "vm/exec.h"

#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

bool watch_trees_find(struct watch_trees *trees, char **words, GError **error)
{
	const char *other = NULL;

	trees->places = g_ptr_array_new_with_free_func((GDestroyNotify)edit_place_free);
	for (int i = 0; words[i]; i++) {
		GError *cause = NULL;
		struct edit_place *place = edit_place_find(trees->lab, words[i], &cause);

		if (cause) {
			g_propagate_error(error, cause);
			return false;
		}
		if (place)
			g_ptr_array_add(trees->places, place);
		else
			other = words[i];
	}
	if (!trees->places->len)
		g_clear_pointer(&trees->places, g_ptr_array_unref);
	if (!trees->places || !other)
		return true;
	g_set_error(error, STATUS_ERROR, STATUS_MISUSE,
		    "'%s' is not a file of the kernel's or QEMU's tree; beside such files, name "
		    "a device or its tests by --tests %s",
		    other, other);
	return false;
}

void watch_trees_clear(struct watch_trees *trees)
{
	g_clear_pointer(&trees->places, g_ptr_array_unref);
}

/* One turn */

static GPtrArray *changed_paths(const struct watch_trees *trees)
{
	GPtrArray *paths = g_ptr_array_new_with_free_func(g_free);

	for (int i = 0; trees->changed && trees->changed[i]; i++)
		g_ptr_array_add(paths, g_strdup(trees->changed[i]));
	for (guint i = 0; i < trees->places->len && !trees->changed; i++) {
		const struct edit_place *place = g_ptr_array_index(trees->places, i);

		if (place->folder)
			edit_place_add_newer(trees->lab, place, paths);
		else
			g_ptr_array_add(paths, g_strdup(place->path));
	}
	return paths;
}

/* Of a folder not everything need be built; a file that was named was looked at before. */
static bool is_used(const struct watch_trees *trees, const struct edit_place *place,
		    const char *source)
{
	g_autoptr(GError) why = NULL;

	if (!place->folder || edit_tree_uses(trees->lab, place->tree, source, &why))
		return true;
	printf("%s\n", why->message);
	return false;
}

static GPtrArray *sources_of(const struct watch_trees *trees, enum edit_tree tree,
			     const GPtrArray *paths)
{
	GPtrArray *sources = g_ptr_array_new();

	for (guint i = 0; i < trees->places->len; i++) {
		const struct edit_place *place = g_ptr_array_index(trees->places, i);

		for (guint j = 0; j < paths->len && place->tree == tree; j++) {
			const char *source = edit_place_source(place, g_ptr_array_index(paths, j));

			if (source &&
			    !g_ptr_array_find_with_equal_func(sources, source, g_str_equal, NULL) &&
			    is_used(trees, place, source))
				g_ptr_array_add(sources, (char *)source);
		}
	}
	return sources;
}

static bool build(const struct watch_trees *trees, struct edit_built *built, GError **error)
{
	g_autoptr(GPtrArray) paths = changed_paths(trees);
	bool ok = true;

	for (enum edit_tree tree = 0; ok && tree < EDIT_TREES; tree++) {
		g_autoptr(GPtrArray) sources = sources_of(trees, tree, paths);

		ok = !sources->len || edit_tree_build(trees->lab, tree, sources, built, error);
	}
	edit_tree_add_modules(trees->lab, built);
	return ok;
}

struct load {
	const struct guest_command *command;
	const struct lab *lab;
	char **argv;
};

static void tell_status(char **argv, int status)
{
	g_autofree char *text = status ? g_strjoinv(" ", argv) : NULL;

	if (text)
		printf("%s: ended with %d\n", text, status);
}

static int run_load(struct vm *vm, gint64 deadline, void *opaque, GError **error)
{
	const struct load *load = opaque;
	const struct transfer *transfer = &load->command->transfer;
	const struct exec exec = {
		.argv = (const char *const *)load->argv,
		.env = load->command->env,
		.dir = transfer->dir,
	};
	int status = 0;

	if (!transfer_in(vm, transfer, load->lab, deadline, error) ||
	    !exec_run(vm, &exec, deadline, &status, error))
		return 0;
	tell_status(load->argv, status);
	transfer_out(vm, transfer, status, deadline, error);
	return status;
}

/* Those of the trees first: the user's own may need them. */
static const char **all_modules(const struct edit_built *built, const char *const *own)
{
	const char **all = NULL;

	for (guint i = 0; built->modules && i < built->modules->len; i++)
		option_list(g_ptr_array_index(built->modules, i), &all, NULL);
	for (; own && *own; own++)
		option_list(*own, &all, NULL);
	return all;
}

/* Whoever says no command still learns whether the kernel complains. */
static char **load_of(const struct watch_trees *trees)
{
	static char *nothing[] = {"true", NULL};

	return trees->load ? trees->load : nothing;
}

static bool prepare_launch(const struct watch_trees *trees, const struct guest_command *command,
			   struct launch *launch, GError **error)
{
	launch->machine.disk_throwaway = true;
	return guest_command_prepare(command, load_of(trees), "kc watch FILE -- true", launch,
				     error);
}

static int run_command(const struct watch_trees *trees, const struct edit_built *built,
		       GError **error)
{
	struct guest_command command = *trees->command;
	struct launch launch = {.lab = NULL};
	struct load load = {&command, trees->lab, load_of(trees)};
	int status = 0;

	command.transfer.modules = all_modules(built, command.transfer.modules);
	if (!prepare_launch(trees, &command, &launch, error)) {
		status = 0;
	} else if (command.launch.dry_run) {
		launch_print(&launch);
	} else {
		command.cold |= built->machine || (built->drivers && launch.machine.disk);
		status = guest_command_run(&command, &launch, run_load, &load, error);
	}
	launch_clear(&launch);
	g_free(command.transfer.modules);
	return status;
}

/* What no save mends is told at once, and not by each turn. */
static bool can_run(struct watch_trees *trees, GError **error)
{
	g_autoptr(GPtrArray) tests = NULL;
	struct launch launch = {.lab = NULL};
	bool ok;

	if (trees->tests) {
		tests = test_list_find(trees->lab, (char *const *)trees->tests, error);
		return tests;
	}
	ok = prepare_launch(trees, trees->command, &launch, error);
	trees->on_disk = launch.machine.disk;
	launch_clear(&launch);
	return ok;
}

int watch_trees_once(struct watch_trees *trees, GError **error)
{
	struct edit_built built = {0};
	int status = 0;

	if (build(trees, &built, error))
		status = trees->tests ? edit_run_tests(trees->lab, (char *const *)trees->tests,
						       built.modules, built.machine, error)
				      : run_command(trees, &built, error);
	edit_built_clear(&built);
	return status;
}

/* The loop */

struct loop {
	struct watch_trees *trees;
	struct turns turns;
	GPtrArray *changed; /* paths that the next turn builds */
	char *machine; /* which kernel and QEMU the last turn had */
};

static bool watch_below(struct watch *watch, const char *folder, GError **error)
{
	g_autoptr(GDir) dir = g_dir_open(folder, 0, NULL);
	const char *name;
	bool ok = watch_folder(watch, folder, error);

	while (ok && dir && (name = g_dir_read_name(dir))) {
		g_autofree char *path = g_build_filename(folder, name, NULL);
		struct stat st;

		if (*name != '.' && lstat(path, &st) == 0 && S_ISDIR(st.st_mode))
			ok = watch_below(watch, path, error);
	}
	return ok;
}

/* Again and again: each folder may have been replaced, and new ones have come. */
static bool watch_places(struct loop *loop, GError **error)
{
	const GPtrArray *places = loop->trees->places;
	bool ok = true;

	for (guint i = 0; ok && i < places->len; i++) {
		const struct edit_place *place = g_ptr_array_index(places, i);
		g_autofree char *above = g_path_get_dirname(place->path);

		ok = place->folder ? watch_below(loop->turns.watch, place->path, error)
				   : watch_folder(loop->turns.watch, above, error);
	}
	return ok;
}

/* Where a folder stands for all that is in it, what is newer than the build was meant. */
static void note(struct loop *loop, const struct edit_place *place, const char *path)
{
	if (place->folder && g_file_test(path, G_FILE_TEST_IS_DIR))
		edit_place_add_newer(loop->trees->lab, place, loop->changed);
	else if (edit_place_source(place, path))
		g_ptr_array_add(loop->changed, g_strdup(path));
}

static bool take(void *opaque, GError **error)
{
	struct loop *loop = opaque;
	g_autoptr(GPtrArray) paths = watch_take(loop->turns.watch);
	const GPtrArray *places = loop->trees->places;
	guint before = loop->changed->len;

	for (guint i = 0; i < paths->len; i++)
		for (guint j = 0; j < places->len; j++)
			note(loop, g_ptr_array_index(places, j), g_ptr_array_index(paths, i));
	return watch_places(loop, error) && loop->changed->len > before;
}

/* What this kc was called with, behind its command's name, and perhaps without the load. */
static void add_own_words(GPtrArray *argv, bool load)
{
	g_autofree char *text = NULL;
	bool behind = false;
	gsize len = 0;

	if (!g_file_get_contents("/proc/self/cmdline", &text, &len, NULL))
		return;
	for (const char *word = text; word < text + len; word += strlen(word) + 1) {
		if (!load && g_str_equal(word, "--"))
			break;
		if (behind)
			g_ptr_array_add(argv, g_strdup(word));
		behind |= g_str_equal(word, "watch");
	}
}

static char **turn_argv(void *opaque)
{
	const struct loop *loop = opaque;
	GPtrArray *argv = g_ptr_array_new();

	g_ptr_array_add(argv, g_strdup("/proc/self/exe"));
	g_ptr_array_add(argv, g_strdup("watch"));
	g_ptr_array_add(argv, g_strdup("--once"));
	if (loop->turns.silent)
		g_ptr_array_add(argv, g_strdup("--changed=nothing"));
	for (guint i = 0; i < loop->changed->len; i++)
		g_ptr_array_add(
			argv, g_strconcat("--changed=", g_ptr_array_index(loop->changed, i), NULL));
	add_own_words(argv, !loop->turns.silent);
	g_ptr_array_add(argv, NULL);
	return (char **)g_ptr_array_free(argv, FALSE);
}

/*
 * What did not build is built with the next change, too. A machine that is new was booted, and
 * is saved while nobody waits.
 */
static bool settle(void *opaque, int status)
{
	struct loop *loop = opaque;
	g_autofree char *before = g_steal_pointer(&loop->machine);

	loop->machine = edit_machine(loop->trees->lab, loop->trees->on_disk);
	if (status != STATUS_BUILD_FAILED)
		g_ptr_array_set_size(loop->changed, 0);
	return !loop->turns.silent && !g_str_equal(before, loop->machine);
}

void watch_trees_keep(struct watch_trees *trees, GError **error)
{
	struct loop loop = {.trees = trees};

	if (!can_run(trees, error))
		return;
	loop.turns = (struct turns){
		.take = take, .argv = turn_argv, .settle = settle, .opaque = &loop};
	loop.changed = g_ptr_array_new_with_free_func(g_free);
	loop.machine = edit_machine(trees->lab, trees->on_disk);
	loop_catch_signals();
	loop.turns.watch = watch_new(error);
	if (loop.turns.watch && watch_places(&loop, error))
		turns_keep(&loop.turns, error);
	else
		g_clear_pointer(&loop.turns.watch, watch_free);
	g_ptr_array_unref(loop.changed);
	g_free(loop.machine);
}
