/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "test/run.h"
#include "vm/exec.h"
#include "vm/guest.h"
#include "kernel/kunit.h"
#include "test/hang.h"
#include "base/bounded-text.h"
#include "base/quote.h"
#include "kernel/kernel-verdict.h"
#include "snapshot/boot-or-resume.h"
#include "base/status.h"
#include "test/before-save.h"
#include "test/evidence.h"
#include "test/leaks.h"
#include "vq/explain.h"

#include <string.h>
#include <unistd.h>

#define PROBE_SECONDS 5 /* for an agent that lives */
#define HANG_SECONDS 60 /* hang_examine() takes up to 40 */
#define SAVING_SECONDS 90 /* a machine that is not saved yet */

static double own_timeout(const struct test_case *test_case, const struct test_settings *settings)
{
	double own = test_case->test->launch.timeout;

	return settings->timeout > 0 ? settings->timeout
				     : own * (test_case->debug ? LAUNCH_DEBUG_SLOWER : 1);
}

/* A distribution's kernel boots several times as long as the lab's, too. */
static double boot_timeout(const struct test_case *test_case)
{
	return test_case->test->launch.boot_timeout *
	       (test_case->debug || test_case->kernel ? LAUNCH_DEBUG_SLOWER : 1);
}

double test_run_limit(const struct test_case *test_case, const struct test_settings *settings)
{
	/* Another process may be making the same machine, or a saved one be no good. */
	return own_timeout(test_case, settings) + 3 * boot_timeout(test_case) + SAVING_SECONDS +
	       HANG_SECONDS + TEST_LEAKS_SECONDS + (settings->counts ? COVERAGE_FETCH_SECONDS : 0);
}

static void see_log(const char *records, size_t len, struct stalls *stalls, void *opaque)
{
	struct test_evidence *seen = opaque;

	splat_watch_stalls(seen->watch, stalls);
	splat_watch_kmsg(seen->watch, records, len);
	kunit_log_kmsg(seen->kunit, records, len);
}

static bool is_peer(const struct test_evidence *seen)
{
	return seen->meet && seen->meet->number == 2;
}

static void see_output(int fd, const char *data, size_t len, void *opaque)
{
	struct test_evidence *seen = opaque;

	bounded_text_add(fd == STDOUT_FILENO ? seen->output : seen->errors, data, len);
	if (fd == STDOUT_FILENO && !seen->reports_kunit && !is_peer(seen))
		ktap_feed(seen->report, data, len);
}

static bool load_allowed(struct test_evidence *seen, const struct test *test,
			 const struct test_settings *settings, GError **error)
{
	for (int i = 0; settings->allow && settings->allow[i]; i++)
		if (!allow_list_load(seen->allow, settings->allow[i], error))
			return false;
	for (int i = 0; test->allow && test->allow[i]; i++)
		if (!allow_list_add(seen->allow, test->allow[i], test->where, error))
			return false;
	return true;
}

static bool prepare(struct test_evidence *seen, const struct test_case *test_case,
		    const struct test_settings *settings, struct launch_options *options,
		    GError **error)
{
	struct launch *launch = &seen->launch;

	*options = test_case->test->launch;
	options->debug_kernel = test_case->debug;
	options->kernel = test_case->kernel;
	options->modules = test_case->modules;
	options->rootfs = test_case->rootfs;
	options->accel = settings->accel;
	if (seen->meet) {
		options->net.peer_fd = seen->meet->wire;
		options->net.peer_number = seen->meet->number;
	}
	launch->machine.disk_throwaway = true;
	launch->machine.reset_ends = true;
	options->counts = settings->counts;
	if (options->counts && !coverage_guest_open(&seen->counted, settings->counts, error))
		return false;
	launch->machine.counts = seen->counted.device;
	return load_allowed(seen, test_case->test, settings, error) &&
	       launch_prepare(launch, options, error) &&
	       transfer_check(&test_case->test->transfer, launch->lab, error);
}

static struct vm *start(struct test_evidence *seen, const struct test_case *test_case,
			const struct test_settings *settings, gint64 *deadline, GError **error)
{
	const struct test *test = test_case->test;
	struct before_save before;
	struct vm *vm;
	struct boot_or_resume start = {
		.cold = settings->cold,
		.boot_timeout = boot_timeout(test_case),
		.timeout = own_timeout(test_case, settings),
		.console_out = bounded_text_open_pipe(seen->console),
		.errors_out = bounded_text_open_pipe(seen->qemu),
		.kmsg = see_log,
		.kmsg_opaque = seen,
	};

	if (!test->before_save)
		return boot_or_resume(&seen->launch, &start, deadline, error);
	before_save_init(&before, test, seen->launch.lab, start.timeout);
	start.preparation = &before.preparation;
	vm = boot_or_resume(&seen->launch, &start, deadline, error);
	before_save_clear(&before);
	return vm;
}

/* A test that has time limits of its own is told how much slower all is. */
static bool execute(struct test_evidence *seen, struct vm *vm, const struct test_case *test_case,
		    gint64 deadline, GError **error)
{
	static const char *const slower[] = {"KC_TEST_SLOWER=" G_STRINGIFY(LAUNCH_DEBUG_SLOWER),
					     NULL};
	const struct test *test = test_case->test;
	const struct exec exec = {
		.argv = (const char *const *)test->command,
		.env = test_case->debug ? slower : NULL,
		.dir = test->transfer.dir,
		.output = see_output,
		.output_opaque = seen,
	};
	bool ended;

	if (!test->before_save &&
	    !transfer_in(vm, &test->transfer, seen->launch.lab, deadline, error))
		return false;
	if (seen->meet && !meet_up(seen->meet, deadline, error))
		return false;
	seen->suspect = test->command[0];
	ended = exec_run(vm, &exec, deadline, &seen->status, error);
	/* Its NIC still has to answer the other guest. */
	if (seen->meet)
		meet_end(seen->meet, ended && seen->status == 0 ? deadline : 0);
	return ended;
}

/* A second guest's command is a helper of the first: its status is its report. */
static void report_peer(struct test_evidence *seen)
{
	g_autofree char *words = test_evidence_last_words(seen->errors);
	g_autofree char *text = g_strdup_printf(
		"TAP version 13\n1..1\n# status %d%s%s\n%s 1 - the command\n", seen->status,
		*words ? ": " : "", words, seen->status ? "not ok" : "ok");

	if (is_peer(seen) && !seen->error)
		ktap_feed(seen->report, text, strlen(text));
}

/* Of a test that is of KUnit's suites: what they said so far is its report. */
static void report_kunit(struct test_evidence *seen, const struct test *test)
{
	g_autofree char *text = test->kunit ? kunit_log_report(seen->kunit, test->kunit) : NULL;

	if (text)
		ktap_feed(seen->report, text, strlen(text));
}

/* Asks the agent who it is; whatever else it has to say comes first. */
static bool agent_answers(struct vm *vm)
{
	guint32 version = GUINT32_TO_LE(KC_PROTOCOL_VERSION);
	gint64 deadline = loop_deadline(PROBE_SECONDS);
	g_autoptr(GError) error = NULL;
	struct frame frame;

	agent_send(vm_agent(vm), KC_HELLO, &version, sizeof(version));
	while (guest_next_frame(vm, "it answered", &frame, deadline, &error))
		if (frame.type == KC_READY)
			return true;
	return false;
}

/* In SysRq's list: "task:kc-agent         state:T stack:0     pid:41 ..." */
static bool lists_stopped_agent(const char *tasks)
{
	const char *task = tasks ? strstr(tasks, "task:kc-agent") : NULL;
	g_autofree char *line = task ? g_strndup(task, strcspn(task, "\n")) : NULL;

	return line && strstr(line, "state:T");
}

static void examine(struct test_evidence *seen, struct vm *vm)
{
	bool booted = g_error_matches(seen->error, STATUS_ERROR, STATUS_HANG);
	g_autofree char *comm = seen->suspect ? g_path_get_basename(seen->suspect) : NULL;
	bool answers = booted && agent_answers(vm);

	/* First: afterwards the guest may have panicked, and does nothing any more. */
	seen->queues = vq_explain(vm);
	hang_examine(vm, seen->decode, booted ? comm : "swapper/0", &seen->hang);
	seen->agent_stopped = booted && !answers && seen->hang.source == HANG_SYSRQ &&
			      lists_stopped_agent(seen->hang.text);
}

/* The agent cannot say any more what the kernel's last words were. */
static void read_console(struct test_evidence *seen)
{
	GString *text;

	bounded_text_drain(seen->console);
	text = bounded_text_text(seen->console);
	splat_watch_console(seen->watch, text->str, text->len);
	g_string_free(text, TRUE);
}

static bool may_hang(const GError *error)
{
	return error->code == STATUS_HANG || error->code == STATUS_NEVER_BOOTED;
}

static void judge(const struct test_evidence *seen, struct verdict *verdict)
{
	g_autofree char *last_words = test_evidence_last_words(seen->errors);
	g_autofree char *qemu_said = test_evidence_last_words(seen->qemu);
	g_autofree char *place = seen->leaks ? test_leaks_where(seen->leaks) : NULL;
	g_autofree char *kunit = seen->reports_kunit ? NULL
						     : kunit_log_complaint(seen->kunit, NULL);
	g_autofree char *leak = place ? decode_text(seen->decode, place, -1) : NULL;
	const struct facts facts = {
		.error = seen->error,
		.report = seen->report,
		.status = seen->status,
		.last_words = last_words,
		.qemu_said = qemu_said,
		.watch = seen->watch,
		.hang = seen->hang.where,
		.leak = leak,
		.stalls = seen->stalls,
		.kunit = kunit,
		.reports_kunit = seen->reports_kunit,
		.agent_stopped = seen->agent_stopped,
	};

	ktap_end(seen->report);
	splat_watch_end(seen->watch);
	verdict_judge(verdict, &facts);
}

/* As far as is known: what failed is not worth the seconds that more would take. */
static bool has_passed(const struct test_evidence *seen)
{
	struct verdict verdict;
	bool passed;

	judge(seen, &verdict);
	passed = verdict.kind == VERDICT_PASSED;
	verdict_clear(&verdict);
	return passed;
}

/* Before a machine is saved its driver was inserted, which belongs to the test. */
static bool counts_from_now(const struct test_case *test_case, const struct test_settings *settings)
{
	return settings->counts && !settings->cold && !test_case->test->before_save;
}

static void run_in_vm(struct test_evidence *seen, const struct test_case *test_case,
		      const struct test_settings *settings)
{
	gint64 deadline;
	struct vm *vm = start(seen, test_case, settings, &deadline, &seen->error);

	if (!seen->error && counts_from_now(test_case, settings))
		coverage_guest_begin(vm, deadline, &seen->error);
	if (!seen->error)
		execute(seen, vm, test_case, deadline, &seen->error);
	if (settings->counts && seen->error)
		coverage_guest_lose(&seen->counted, seen->error->message);
	else if (settings->counts)
		coverage_guest_fetch(&seen->counted, vm);
	report_kunit(seen, test_case->test);
	report_peer(seen);
	if (!seen->error && test_case->debug && has_passed(seen))
		test_leaks_scan(seen, vm, &seen->error);
	seen->stalls = vm ? vm_stalls(vm) : NULL;
	if (seen->error)
		read_console(seen);
	if (seen->error && vm && may_hang(seen->error) && vm_end(vm) == VM_RUNNING)
		examine(seen, vm);
	vm_stop(vm);
	bounded_text_drain(seen->console);
	bounded_text_drain(seen->qemu);
}

static void take_results(struct test_result *result, const struct ktap *report)
{
	const GPtrArray *results = ktap_results(report);

	for (guint i = 0; i < results->len; i++)
		g_ptr_array_add(result->results, ktap_result_copy(g_ptr_array_index(results, i)));
}

/* Both guests' evidence is worth keeping where either failed. */
static bool wants_bundle(const struct test_evidence *seen, const struct verdict *verdict,
			 double limit)
{
	bool failed = verdict_is_failure(verdict->kind);

	if (seen->meet)
		failed |= meet_failed(seen->meet, failed, loop_deadline(limit));
	return failed && verdict->kind != VERDICT_NOT_RUN;
}

struct test_result *test_run(const struct test_case *test_case,
			     const struct test_settings *settings, struct meet *meet)
{
	struct test_result *result = test_result_new();
	gint64 begin = g_get_monotonic_time();
	struct test_evidence seen;
	struct launch_options options;

	test_evidence_init(&seen);
	seen.reports_kunit = test_case->test->kunit;
	seen.meet = meet;
	if (prepare(&seen, test_case, settings, &options, &seen.error)) {
		test_evidence_decode(&seen, &test_case->test->transfer);
		run_in_vm(&seen, test_case, settings);
	}
	judge(&seen, &result->verdict);
	result->seconds = (g_get_monotonic_time() - begin) / 1e6;
	take_results(result, seen.report);
	result->said = test_evidence_said(&seen);
	if (!settings->no_bundle &&
	    wants_bundle(&seen, &result->verdict, test_run_limit(test_case, settings)))
		test_evidence_bundle(&seen, test_case, result);
	test_evidence_clear(&seen);
	return result;
}
