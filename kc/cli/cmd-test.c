/* SPDX-License-Identifier: GPL-2.0-or-later */
/* kc test: every device's tests, each in a guest of its own, and one verdict each. */
#include "kernel/allow.h"
#include "cli/command.h"
#include "cli/test-cases.h"
#include "coverage/coverage.h"
#include "device/folder.h"
#include "lab/image.h"
#include "test/junit.h"
#include "base/status.h"
#include "test/list.h"
#include "test/pool.h"
#include "test/report.h"

#include <string.h>
#include <unistd.h>

struct seed {
	bool given;
	guint32 value;
};

struct kernel_choice {
	enum test_kernel lab;
	const char *file; /* of the user's, in place of the lab's; or NULL */
};

struct test_options {
	struct test_settings settings;
	struct coverage_options coverage;
	unsigned jobs;
	const char *junit;
	struct kernel_choice kernel;
	const char *modules;
	const char *rootfs;
	unsigned repeat; /* 0: not said */
	bool until_fail;
	struct seed seed;
	struct test_shard shard;
	bool fail_fast;
	bool bisect;
	bool list;
	bool verbose;
};

static bool parse_seed(const char *value, void *field, GError **error)
{
	struct seed *seed = field;
	guint64 number;

	seed->given = g_ascii_string_to_unsigned(value, 10, 0, G_MAXUINT32, &number, NULL);
	seed->value = number;
	if (!seed->given)
		g_set_error(error, STATUS_ERROR, STATUS_MISUSE, "'%s' is not a number from 0 to %u",
			    value, G_MAXUINT32);
	return seed->given;
}

static bool parse_kernel(const char *value, void *field, GError **error)
{
	struct kernel_choice *kernel = field;

	*kernel = (struct kernel_choice){.lab = TEST_NORMAL};
	if (!strchr(value, '/'))
		return test_kernel_parse(value, &kernel->lab, error);
	kernel->file = value;
	return true;
}

static const struct test_options test_defaults = {.kernel.lab = TEST_BOTH};

#define FIELD(name) offsetof(struct test_options, name)

static const struct option_row test_rows[] = {
	DEVICE_FOLDER_ROW,
	{"jobs", 'j', "N", "run so many at a time (default: one per CPU)", option_count,
	 FIELD(jobs)},
	{"list", 'l', NULL, "only list the tests, one a line", option_on, FIELD(list)},
	{"kernel", 'k', "normal|debug|both|FILE",
	 "on which of the lab's kernels (default: both, where the debug kernel is built); or, with a "
	 "'/' in it, a kernel of your own, as for kc run, for which the tests bring modules that fit",
	 parse_kernel, FIELD(kernel)},
	{"modules", 0, "FOLDER", "as for kc run", option_string, FIELD(modules)},
	{"rootfs", 0, "buildroot|FILE",
	 "as for kc run, but for tests that name a root of their own", option_string,
	 FIELD(rootfs)},
	{"timeout", 't', "SECONDS", "the time limit of each, in place of its own", option_seconds,
	 FIELD(settings.timeout)},
	{"junit", 0, "FILE", "write the outcome as JUnit's XML, too", option_string, FIELD(junit)},
	{"allow", 0, "FILE",
	 "a list of complaints of the kernel's that are known, a line 'PATTERN | REASON' each; "
	 "may be repeated",
	 option_list, FIELD(settings.allow)},
	{"repeat", 0, "N", "run each test N times; one that passes and fails is flaky",
	 option_count, FIELD(repeat)},
	{"until-fail", 0, NULL,
	 "run all again and again, until one fails, or N times with --repeat N", option_on,
	 FIELD(until_fail)},
	{"shuffle", 0, "SEED", "in an order that follows from this number, another in each round",
	 parse_seed, FIELD(seed)},
	{"shard", 0, "I/N", "only the I-th of N shares of the tests, for N hosts", test_shard_parse,
	 FIELD(shard)},
	{"fail-fast", 0, NULL, "begin no other test once one has failed", option_on,
	 FIELD(fail_fast)},
	{"bisect", 0, NULL, "end as 'git bisect run' asks, as kc run does", option_on,
	 FIELD(bisect)},
	{"cold", 0, NULL, "boot each machine, rather than go on from a saved one", option_on,
	 FIELD(settings.cold)},
	COVERAGE_ROWS(struct test_options, coverage),
	{"accel", 0, "auto|kvm|tcg", "as for kc run", accel_option, FIELD(settings.accel)},
	{"verbose", 'v', NULL, "say more", option_on, FIELD(verbose)},
	{.name = NULL},
};

static void list_tests(const GPtrArray *tests)
{
	static const char *const kernels[] = {
		[TEST_NORMAL] = "normal",
		[TEST_DEBUG] = "debug",
		[TEST_BOTH] = "both",
	};

	for (guint i = 0; i < tests->len; i++) {
		const struct test *test = g_ptr_array_index(tests, i);

		printf("%-32s %-7s %s%s%s\n", test->name, kernels[test->kernels],
		       test->skip ? "skipped: " : "", test->skip ? test->skip : "",
		       test->skip || !test->description ? "" : test->description);
	}
}

struct running {
	struct test_report *report;
	struct test_rounds *rounds;
	bool fail_fast;
	bool until_fail;
};

static void progress(const GArray *running, void *opaque)
{
	test_report_progress(((struct running *)opaque)->report, running);
}

/* Of rounds that end with a failure, those behind it were not asked for. */
static bool done(const struct test_case *test_case, struct test_result *result, void *opaque)
{
	struct running *running = opaque;
	enum verdict_kind kind = result->verdict.kind;

	if (running->until_fail && kind == VERDICT_NOT_RUN)
		test_rounds_end_with_first(running->rounds);
	if (kind == VERDICT_SKIPPED && (running->until_fail || test_case->skip))
		test_rounds_leave_out(running->rounds, test_case);
	if (running->until_fail && kind == VERDICT_NOT_RUN && result->run > 1)
		test_result_free(result);
	else
		test_report_add(running->report, test_case, result);
	return !running->fail_fast || !verdict_is_failure(kind);
}

/* One that is skipped by its file is so once. */
static guint count_runs(const GPtrArray *cases, unsigned repeat)
{
	guint runs = 0;

	for (guint i = 0; i < cases->len; i++) {
		const struct test_case *test_case = g_ptr_array_index(cases, i);

		runs += test_case->skip ? 1 : repeat;
	}
	return runs;
}

static struct test_report *begin_report(const GPtrArray *cases, const struct test_options *options)
{
	const struct test_report_plan plan = {
		.tests = cases->len,
		.runs = options->until_fail ? 0 : count_runs(cases, MAX(options->repeat, 1)),
		.repeated = options->until_fail || options->repeat > 1,
		.verbose = options->verbose,
	};
	struct test_report *report = test_report_new(&plan);

	if (options->seed.given)
		printf("# shuffled by --shuffle %u\n", options->seed.value);
	return report;
}

static int run_cases(const GPtrArray *cases, const struct test_options *options,
		     struct host_file *junit, GError **error)
{
	unsigned jobs = options->jobs ? options->jobs : g_get_num_processors();
	unsigned count = options->repeat || options->until_fail ? options->repeat : 1;
	struct running running = {
		.report = begin_report(cases, options),
		.rounds = test_rounds_new(cases, count,
					  options->seed.given ? &options->seed.value : NULL),
		.fail_fast = options->fail_fast || options->until_fail,
		.until_fail = options->until_fail,
	};
	const struct test_pool_watcher watcher = {progress, done, &running};
	int signo = test_pool_run(running.rounds, &options->settings, jobs, &watcher);
	int status = signo ? 128 + signo : test_report_status(running.report);

	test_report_end(running.report, signo);
	if (junit && !junit_write(junit, test_report_tallies(running.report), error))
		g_prefix_error(error, "--junit: ");
	test_report_free(running.report);
	test_rounds_free(running.rounds);
	return status;
}

/* A file that cannot be written is better known before. */
static int open_and_run(const GPtrArray *cases, const struct test_options *options, GError **error)
{
	struct host_file *junit = NULL;
	int status = 0;

	if (options->junit)
		junit = host_file_new(options->junit, error);
	if (junit || !options->junit)
		status = run_cases(cases, options, junit, error);
	else
		g_prefix_error(error, "--junit: ");
	if (junit)
		host_file_free(junit);
	return status;
}

/* Counting, where that is wanted, and telling of it; but not of what was interrupted. */
static int count_and_run(const GPtrArray *cases, const struct test_options *given, char **operands,
			 GError **error)
{
	struct test_options options = *given;
	g_autofree char *names = g_strjoinv(" ", operands);
	g_autofree char *what = g_strconcat("kc test", *names ? " " : "", names, NULL);
	const struct launch_options launch = {
		.kernel = given->kernel.file,
		.debug_kernel = given->kernel.lab == TEST_DEBUG,
	};
	struct coverage *coverage;
	int status;

	if (!coverage_is_wanted(&given->coverage))
		return open_and_run(cases, given, error);
	coverage = coverage_new(&given->coverage, &launch, error);
	if (!coverage)
		return 0;
	options.settings.counts = coverage_scratch(coverage);
	status = open_and_run(cases, &options, error);
	if (!status_is_signal(status) && !*error)
		coverage_report(coverage, what, error);
	coverage_free(coverage);
	return status;
}

static bool check_allowed(const struct test_settings *settings, GError **error)
{
	struct allow_list *list = allow_list_new();
	bool ok = true;

	for (int i = 0; ok && settings->allow && settings->allow[i]; i++)
		ok = allow_list_load(list, settings->allow[i], error);
	allow_list_free(list);
	return ok;
}

/* Where tests are fewer than hosts, some host has nothing to do, and has not failed. */
static int tell_nothing(const struct test_shard *shard, GError **error)
{
	if (shard->count) {
		printf("KTAP version 1\n1..0 # SKIP no test is in share %u of %u\n"
		       "0 passed, 0 failed, 0 skipped\n",
		       shard->index, shard->count);
		return 0;
	}
	g_set_error(error, STATUS_ERROR, STATUS_MISUSE,
		    "none of these tests is for that kernel; 'kc test --list' says for which "
		    "each is");
	return 0;
}

static int find_and_run(const struct lab *lab, const struct test_options *options, char **operands,
			GError **error)
{
	g_autoptr(GPtrArray) tests = test_list_find(lab, operands, error);
	g_autoptr(GPtrArray) cases = NULL;
	g_autofree char *rootfs = NULL, *kernel = NULL, *modules = NULL;
	enum test_kernel which = coverage_is_wanted(&options->coverage) ? TEST_NORMAL
									: options->kernel.lab;
	bool have_debug = false;

	if (!tests)
		return 0;
	test_shard_take(tests, &options->shard);
	if (options->list) {
		list_tests(tests);
		return 0;
	}
	if (options->modules && !options->kernel.file) {
		g_set_error(error, STATUS_ERROR, STATUS_MISUSE,
			    "--modules is for a --kernel of your own");
		return 0;
	}
	if (!check_allowed(&options->settings, error) ||
	    (options->kernel.file && !image_is_kernel(options->kernel.file, error)) ||
	    !test_cases_find_debug(which, &have_debug, error))
		return 0;
	cases = test_cases_new(tests, which, have_debug);
	if (options->rootfs && !g_str_equal(options->rootfs, "buildroot"))
		rootfs = g_canonicalize_filename(options->rootfs, NULL);
	if (options->kernel.file)
		kernel = g_canonicalize_filename(options->kernel.file, NULL);
	if (options->modules)
		modules = g_canonicalize_filename(options->modules, NULL);
	test_cases_use_kernel(cases, kernel, modules);
	test_cases_use_rootfs(cases, rootfs ? rootfs : options->rootfs);
	return cases->len ? count_and_run(cases, options, operands, error)
			  : tell_nothing(&options->shard, error);
}

static int test_run_command(const void *fields, char **operands, GError **error)
{
	struct lab *lab = lab_find(error);
	int status = 0;

	if (lab)
		status = find_and_run(lab, fields, operands, error);
	lab_free(lab);
	return status;
}

static const struct option_row *const test_tables[] = {test_rows, NULL};

const struct command command_test = {
	.name = "test",
	.operands = "[NAME...]",
	.summary = "run the tests, each in a guest of its own",
	.text = "Runs the tests of devices/*/tests.ini and modules/*/tests.ini, or those that "
		"NAME selects: a device, a module or a test ('hello', 'modules/hello', "
		"'hello/smp4'), a pattern ('hello/*mmio*'), or the path of a folder or a file "
		"of tests.\n\n"
		"Standard output is KTAP, with each test's own results as subtests, then a "
		"summary, then 'N passed, N failed, N skipped'. A test passes only if it kept "
		"its plan, no result failed, it ended with 0 and the kernel did not complain. "
		"For each other test, a folder under build/failures/ holds all evidence, and "
		"the summary names it. Where the machine could not run for a while, because "
		"QEMU was stopped or this host was suspended or overloaded, the summary says "
		"so.\n\n"
		"The exit status is that of the worst test, in this order: QEMU died (242), "
		"stopped by QEMU (252), panic (244), kernel splat (245), hang (246), agent "
		"lost (247), never booted (243), host not ready (241), short plan (249), "
		"failed (1); all skipped is 77.\n\n"
		"With --repeat and --until-fail each run of a test is a result of its own, and "
		"the summary has a verdict for each test: one that failed in 3 of 50 runs and "
		"passed in others is 'flaky, 3 of 50', counts as failed, and all its failures "
		"have folders. In JUnit's XML it is a flakyFailure, as Maven Surefire writes "
		"them, which CI systems show as flaky rather than failed; the exit status is "
		"that of the failure. Ctrl-C ends the rounds, and the summary tells what was "
		"run.\n\n"
		"A file of tests has one group for each test. Keys: description, command "
		"(default NAME_test), before-save, module, put, device, transport, smp, "
		"memory, root, append, qemu-args, net, peer, timeout, boot-timeout, kernel (normal, "
		"debug or both), allow ('PATTERN | REASON'), skip (a reason), kunit. They "
		"mean the same as kc run's options of these names; ';' separates several "
		"values. The keys of the group [defaults] apply to every test that does not "
		"set them. Without device there is no device. Relative paths (put, module, "
		"root, a file in device or qemu-args) start at the folder of tests.ini, "
		"wherever kc is called from. Files go to the guest's /tmp, where the command "
		"runs. On the debug kernel time limits are four times as long, which the test "
		"finds in KC_TEST_SLOWER, and afterwards the kernel checks for leaked memory.\n\n" COVERAGE_HELP
		"\n\n"
		"kunit is a list of KUnit suites ('*' for all that run): their results, from "
		"the kernel's log, are the test's results, and each case is a JUnit case; "
		"module brings them, and command (default: true) only has to end with 0. A "
		"suite that did not run, or not to its end, is a failure; so is a failed case "
		"of a suite that the test does not name.\n\n"
		"peer is another group of the file: the test's second guest, with its own "
		"device, module, command and so on, and no test by itself. Both have a NIC on a "
		"network of their own, the test as 10.0.3.1 and the peer as 10.0.3.2 ('net = "
		"peer,device=TYPE' chooses it, address=none leaves it alone). Their commands "
		"start together, once both are up, and each machine stays until both have ended. "
		"The test's results are its own command's; the peer's has to end with 0. What the "
		"kernel or QEMU of either does counts in the one verdict, and the folder of a "
		"failure has the peer's files as peer-*.\n\n"
		"before-save is a command that runs first, with the modules loaded; then kc "
		"saves the machine, and the test's command runs in a machine that resumes "
		"from there, in another QEMU. In a guest, 'kc-host set ID PROPERTY VALUE', "
		"'kc-host unplug ID', 'kc-host plug DEVICE', 'kc-host link NIC on|off' (kc's "
		"own are nic0 and nic1) and 'kc-host announce' (each NIC tells its network "
		"where it is) ask kc for what only a host can do.",
	.options = test_tables,
	.bisect_offset = FIELD(bisect),
	.fields_size = sizeof(struct test_options),
	.defaults = &test_defaults,
	.operands_max = G_MAXUINT,
	.run = test_run_command,
};
