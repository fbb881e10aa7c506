/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * kc watch: after each save the half that changed is built and tested. Each
 * turn is a process of its own, a 'kc watch --once', which the next save ends.
 */
#include "cli/command.h"
#include "device/folder.h"
#include "test/edit-pending.h"
#include "test/verdict.h"
#include "vm/guest.h"
#include "base/spawn.h"

#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#define GRACE_SECONDS 2 /* for a turn to end after SIGTERM */

struct watch_options {
	bool all;
	bool once;
	const char **only;
};

#define FIELD(name) offsetof(struct watch_options, name)

static const struct option_row watch_rows[] = {
	DEVICE_FOLDER_ROW,
	{"all", 'a', NULL, "run all tests, in place of the first one of tests.ini", option_on,
	 FIELD(all)},
	{"once", '1', NULL, "build what is out of date, run the tests and end with their status",
	 option_on, FIELD(once)},
	{"only", 0, "driver|device|test", "with --once: build only that; may be repeated",
	 option_list, FIELD(only)},
	{.name = NULL},
};

struct watching {
	const struct watch_options *options;
	char **words; /* as given */
	struct lab *lab;
	struct watch *watch;
	GArray *pending; /* of struct edit_pending */
	GSubprocess *turn; /* the one under way, or NULL */
	bool turn_ended;
	bool warms; /* that one only gets the machines saved, for the next */
	gint64 saved; /* when the oldest change of it was seen, in monotonic microseconds */
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

static char **turn_argv(const struct watching *watching)
{
	GPtrArray *argv = g_ptr_array_new();
	unsigned parts = 0;

	add_word(argv, "/proc/self/exe");
	add_word(argv, "watch");
	add_word(argv, "--once");
	if (watching->options->all)
		add_word(argv, "--all");
	for (guint i = 0; i < watching->pending->len && !watching->warms; i++)
		parts |= g_array_index(watching->pending, struct edit_pending, i).parts;
	add_parts(argv, parts);
	for (guint i = 0; i < watching->pending->len; i++) {
		const struct edit_pending *one = &g_array_index(watching->pending,
								struct edit_pending, i);
		const struct edit_target *target = one->target;

		if (watching->warms ? one->cold : one->parts != 0)
			g_ptr_array_add(argv,
					g_build_filename(target->folder, target->group, NULL));
	}
	g_ptr_array_add(argv, NULL);
	return (char **)g_ptr_array_free(argv, FALSE);
}

static void on_turn_end(GObject *process, GAsyncResult *result, void *data)
{
	g_subprocess_wait_finish(G_SUBPROCESS(process), result, NULL);
	((struct watching *)data)->turn_ended = true;
}

static bool begin_turn(struct watching *watching, bool warms, GError **error)
{
	g_auto(GStrv) argv = NULL;

	watching->warms = warms;
	watching->turn_ended = false;
	argv = turn_argv(watching);
	watching->turn = spawn_apart((const char *const *)argv, warms, error);
	if (watching->turn)
		g_subprocess_wait_async(watching->turn, NULL, on_turn_end, watching);
	return watching->turn;
}

static bool turn_has_ended(void *data)
{
	return ((struct watching *)data)->turn_ended;
}

/*
 * It leads a session of its own, of make and compilers, which remove what they
 * have half written; its machines die with it.
 */
static void end_turn(struct watching *watching)
{
	const char *id = watching->turn ? g_subprocess_get_identifier(watching->turn) : NULL;

	if (!watching->turn)
		return;
	if (id)
		kill(-atoi(id), SIGTERM);
	if (!loop_finish(turn_has_ended, watching, loop_deadline(GRACE_SECONDS)))
		g_subprocess_force_exit(watching->turn);
	while (!watching->turn_ended)
		g_main_context_iteration(NULL, TRUE);
	g_clear_object(&watching->turn);
}

static int turn_status(GSubprocess *turn)
{
	return g_subprocess_get_if_exited(turn) ? g_subprocess_get_exit_status(turn)
						: 128 + g_subprocess_get_term_sig(turn);
}

/* What did not build is built with the next change, too. */
static bool settle_pending(struct watching *watching, int status)
{
	bool cold = false;

	for (guint i = 0; i < watching->pending->len && status != STATUS_BUILD_FAILED; i++) {
		struct edit_pending *one = &g_array_index(watching->pending, struct edit_pending,
							  i);

		one->cold = !watching->warms && (one->cold || one->parts & EDIT_DEVICE);
		cold |= one->cold;
		one->parts = 0;
	}
	return cold;
}

static void print_verdict(const struct watching *watching, int status)
{
	double seconds = (g_get_monotonic_time() - watching->saved) / 1e6;
	g_autoptr(GDateTime) now = g_date_time_new_now_local();
	g_autofree char *at = g_date_time_format(now, "%T");
	const char *verdict = status == 0		      ? "PASSED"
			      : status == STATUS_BUILD_FAILED ? "NOT BUILT"
							      : "NOT PASSED";

	printf("%s: %s, after %.1f s; the next save is awaited, Ctrl-C ends\n", at, verdict,
	       seconds);
	fflush(stdout);
}

/* A driver that is saved next is tested sooner if its machine need not boot. */
static bool finish_turn(struct watching *watching, GError **error)
{
	int status = turn_status(watching->turn);
	bool cold = settle_pending(watching, status);

	if (!watching->warms)
		print_verdict(watching, status);
	if (ferror(stdout))
		loop_raise_signal(SIGPIPE);
	g_clear_object(&watching->turn);
	return !cold || begin_turn(watching, true, error);
}

static bool has_event(void *data)
{
	struct watching *watching = data;

	return (watching->turn && watching->turn_ended) || watch_has_news(watching->watch);
}

/* Until a turn has ended or something was saved, which ends the turn. */
static bool step(struct watching *watching, GError **error)
{
	enum loop_end end = loop_until(has_event, watching, LOOP_NEVER);
	gint64 seen = g_get_monotonic_time();
	GError *cause = NULL;

	if (end == LOOP_DONE && watching->turn && watching->turn_ended)
		return finish_turn(watching, error);
	if (end == LOOP_DONE)
		end = watch_wait(watching->watch, LOOP_NEVER);
	if (end != LOOP_DONE) {
		loop_explain(end, "a file was saved", error);
		return false;
	}
	if (edit_pending_take(watching->pending, watching->lab, watching->watch, !*watching->words,
			      &cause)) {
		end_turn(watching);
		watching->saved = seen;
		return begin_turn(watching, false, error);
	}
	if (cause)
		g_propagate_error(error, cause);
	return !cause;
}

static void keep_watching(struct watching *watching, GError **error)
{
	loop_catch_signals();
	watching->watch = watch_new(error);
	if (!watching->watch ||
	    !edit_pending_watch(watching->pending, watching->lab, watching->watch, error))
		return;
	for (guint i = 0; i < watching->pending->len; i++)
		g_array_index(watching->pending, struct edit_pending, i).parts = EDIT_BUILDS;
	watching->saved = g_get_monotonic_time();
	if (begin_turn(watching, false, error))
		while (step(watching, error))
			;
	end_turn(watching);
}

static bool prepare(struct watching *watching, GError **error)
{
	static const enum lab_part needed[] = {LAB_VMLINUX, LAB_INITRAMFS, LAB_QEMU};

	watching->lab = lab_find(error);
	if (!watching->lab)
		return false;
	for (size_t i = 0; i < G_N_ELEMENTS(needed); i++)
		if (!lab_require(watching->lab, needed[i], error))
			return false;
	if (watching->options->only && !watching->options->once) {
		g_set_error(error, STATUS_ERROR, STATUS_MISUSE, "--only goes with --once");
		return false;
	}
	return add_targets(watching->pending, watching->lab, watching->words, error);
}

static int run_watch(const void *fields, char **operands, GError **error)
{
	struct watching watching = {.options = fields, .words = operands};
	int status = 0;

	watching.pending = edit_pending_new();
	if (prepare(&watching, error)) {
		if (watching.options->once)
			status = run_once(&watching, error);
		else
			keep_watching(&watching, error);
	}
	watch_free(watching.watch);
	g_array_unref(watching.pending);
	lab_free(watching.lab);
	return status;
}

static const struct option_row *const watch_tables[] = {watch_rows, NULL};

const struct command command_watch = {
	.name = "watch",
	.operands = "[NAME...]",
	.summary = "build and test a device or module at each save",
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
		"With --once the exit status is that of kc test, or 251 if something does not "
		"build.",
	.options = watch_tables,
	.fields_size = sizeof(struct watch_options),
	.operands_max = G_MAXUINT,
	.run = run_watch,
};
