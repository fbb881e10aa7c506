/* SPDX-License-Identifier: GPL-2.0-or-later */
/* kc test: every device's tests, each in a guest of its own, and one verdict each. */
#include "allow.h"
#include "command.h"
#include "junit.h"
#include "status.h"
#include "test-list.h"
#include "test-pool.h"
#include "test-report.h"

#include <string.h>
#include <unistd.h>

struct test_options {
	struct test_settings settings;
	unsigned jobs;
	const char *junit;
	enum test_kernel kernels;
	const char *rootfs;
	bool fail_fast;
	bool list;
	bool verbose;
};

static const struct test_options test_defaults = {.kernels = TEST_BOTH};

static bool parse_accel(const char *value, void *field, GError **error)
{
	if (accel_parse(value, field))
		return true;
	g_set_error(error, STATUS_ERROR, STATUS_MISUSE, "'%s' is neither auto, kvm nor tcg", value);
	return false;
}

#define FIELD(name) offsetof(struct test_options, name)

static const struct option_row test_rows[] = {
	{"jobs", 'j', "N", "run so many at a time (default: one per CPU)", option_count,
	 FIELD(jobs)},
	{"list", 'l', NULL, "only list the tests, one a line", option_on, FIELD(list)},
	{"kernel", 'k', "normal|debug|both",
	 "on which of the lab's kernels (default: both, where the debug kernel is built)",
	 test_kernel_parse, FIELD(kernels)},
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
	{"fail-fast", 0, NULL, "begin no other test once one has failed", option_on,
	 FIELD(fail_fast)},
	{"cold", 0, NULL, "boot each machine, rather than go on from a saved one", option_on,
	 FIELD(settings.cold)},
	{"accel", 0, "auto|kvm|tcg", "as for kc run", parse_accel, FIELD(settings.accel)},
	{"verbose", 'v', NULL, "say more", option_on, FIELD(verbose)},
	{.name = NULL},
};

static void free_case(void *data)
{
	struct test_case *test_case = data;

	g_free(test_case->name);
	g_free(test_case);
}

static void add_case(GPtrArray *cases, const struct test *test, bool debug, const char *skip)
{
	struct test_case *test_case = g_new0(struct test_case, 1);

	test_case->test = test;
	test_case->debug = debug;
	test_case->skip = test->skip ? test->skip : skip;
	test_case->name = g_strconcat(test->name, debug ? " (debug)" : "", NULL);
	g_ptr_array_add(cases, test_case);
}

/*
 * All on the normal kernel first: what fails there fails sooner. Without a
 * debug kernel only what is for that alone is told as skipped.
 */
static GPtrArray *make_cases(const GPtrArray *tests, enum test_kernel wanted, bool have_debug)
{
	GPtrArray *cases = g_ptr_array_new_with_free_func(free_case);

	for (guint i = 0; i < tests->len; i++) {
		const struct test *test = g_ptr_array_index(tests, i);

		if (test->kernels & wanted & TEST_NORMAL)
			add_case(cases, test, false, NULL);
	}
	for (guint i = 0; i < tests->len; i++) {
		const struct test *test = g_ptr_array_index(tests, i);

		if ((test->kernels & wanted & TEST_DEBUG) &&
		    (have_debug || test->kernels == TEST_DEBUG))
			add_case(cases, test, true,
				 have_debug ? NULL : "the debug kernel is not built");
	}
	return cases;
}

static void use_rootfs(GPtrArray *cases, const char *rootfs)
{
	for (guint i = 0; i < cases->len; i++) {
		struct test_case *test_case = g_ptr_array_index(cases, i);

		if (launch_names_root(test_case->test->launch.root))
			test_case->rootfs = rootfs;
	}
}

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
	bool fail_fast;
};

static void progress(const GArray *running, void *opaque)
{
	test_report_progress(((struct running *)opaque)->report, running);
}

static bool done(const struct test_case *test_case, struct test_result *result, void *opaque)
{
	struct running *running = opaque;

	test_report_add(running->report, test_case, result);
	return !running->fail_fast || !verdict_is_failure(result->verdict.kind);
}

static int run_cases(const GPtrArray *cases, const struct test_options *options,
		     struct host_file *junit, GError **error)
{
	unsigned jobs = options->jobs ? options->jobs : sysconf(_SC_NPROCESSORS_ONLN);
	struct running running = {
		.report = test_report_new(cases->len, options->verbose),
		.fail_fast = options->fail_fast,
	};
	const struct test_pool_watcher watcher = {progress, done, &running};
	int signo = test_pool_run(cases, &options->settings, jobs, &watcher);
	int status = signo ? 128 + signo : test_report_status(running.report);

	test_report_end(running.report, signo);
	if (junit && !junit_write(junit, test_report_outcomes(running.report), error))
		g_prefix_error(error, "--junit: ");
	test_report_free(running.report);
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

static bool check_allowed(const struct test_settings *settings, GError **error)
{
	struct allow_list *list = allow_list_new();
	bool ok = true;

	for (int i = 0; ok && settings->allow && settings->allow[i]; i++)
		ok = allow_list_load(list, settings->allow[i], error);
	allow_list_free(list);
	return ok;
}

/* It need not be there, unless somebody insists on it. */
static bool find_debug_kernel(enum test_kernel wanted, bool *found, GError **error)
{
	struct lab *lab = lab_find(error);
	bool ok = lab;

	if (lab) {
		lab_use_debug(lab);
		*found = lab_has(lab, LAB_VMLINUX);
		ok = wanted != TEST_DEBUG || lab_require(lab, LAB_VMLINUX, error);
		lab_free(lab);
	}
	if (ok && wanted == TEST_BOTH && !*found)
		fprintf(stderr, "kc: on the normal kernel only: the debug kernel is not built; "
				"'make linux-debug' builds it\n");
	return ok;
}

static int find_and_run(const struct lab *lab, const struct test_options *options, char **operands,
			GError **error)
{
	g_autoptr(GPtrArray) tests = test_list_find(lab, operands, error);
	g_autoptr(GPtrArray) cases = NULL;
	bool have_debug = false;

	if (!tests)
		return 0;
	if (options->list) {
		list_tests(tests);
		return 0;
	}
	if (!check_allowed(&options->settings, error) ||
	    !find_debug_kernel(options->kernels, &have_debug, error))
		return 0;
	cases = make_cases(tests, options->kernels, have_debug);
	use_rootfs(cases, options->rootfs);
	if (cases->len)
		return open_and_run(cases, options, error);
	g_set_error(error, STATUS_ERROR, STATUS_MISUSE,
		    "none of these tests is for that kernel; 'kc test --list' says for which "
		    "each is");
	return 0;
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
	.text = "Runs the tests that devices/*/tests.ini and modules/*/tests.ini hold, or those "
		"that NAME names: a device or a test ('hello', 'hello/smp4'), a pattern of "
		"these ('hello/*mmio*'), or the path of a folder or a file of tests.\n\n"
		"Standard output is KTAP, with each test's own results as subtests; then a "
		"summary; then 'N passed, N failed, N skipped'. A test passes only if it kept its "
		"plan, nothing of it failed, it ended with 0 and the kernel did not complain. "
		"Of one that did not pass, a folder under build/failures/ has all that is known, "
		"and the summary says where.\n\n"
		"The exit status is that of the worst, from the worst: QEMU died (242), panic "
		"(244), kernel splat (245), hang (246), agent lost (247), never booted (243), "
		"host not ready (241), short plan (249), failed (1); all skipped is 77.\n\n"
		"A file of tests has a group a test. Its keys: description, command (default "
		"NAME_test), module, put, device, transport, smp, memory, root, append, "
		"qemu-args, timeout, boot-timeout, kernel (normal, debug or both), allow "
		"('PATTERN | REASON'), skip (a reason). They are what kc run's options of these "
		"names are; where those may be repeated a ';' parts values. The keys of the group "
		"[defaults] are of all that have none of their own. Without device there is none. "
		"Files are named as seen from the file's folder; they are put into, and the "
		"command runs in, the guest's /tmp. On the debug kernel the time limits are four "
		"times what is said, which the test finds in KC_TEST_SLOWER, and after the test "
		"the kernel looks for leaked memory.",
	.options = test_tables,
	.fields_size = sizeof(struct test_options),
	.defaults = &test_defaults,
	.operands_max = G_MAXUINT,
	.run = test_run_command,
};
