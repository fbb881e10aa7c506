// SPDX-License-Identifier: GPL-2.0-only
/*
 * Guest test of virtio-echo, through what programs see of it: /dev, /sys and
 * the kernel's log. Each test runs in a process of its own, with a time limit.
 */
#define _GNU_SOURCE
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include "test.h"

static const struct test *const groups[] = {life_tests, io_tests, memory_tests};
#define WITHOUT_NAMES 2 /* of these groups */

static void usage(FILE *out)
{
	fprintf(out,
		"usage: echo_test [--module FILE] [TEST...]\n"
		"       echo_test --list | --help | TOOL ARGUMENTS\n\n"
		"Tests " NODE "; " MODULE " must be loaded, max_payload be 256 or\n"
		"more. Without names, all tests are run but those of memory, which need\n"
		"a kernel with fault injection. Output is KTAP.\n"
		"  --module FILE  what module-reload loads, if not the installed one\n"
		"  --list         names of the tests\n\n"
		"Tools, for tests that the host drives:\n%s\n"
		"Exit status: 0 passed, 1 failed, 2 wrong usage, 3 the device went away\n"
		"(load --unplug-ok).\n",
		tools_help);
}

static const struct test *find_test(const char *name)
{
	for (size_t g = 0; g < sizeof(groups) / sizeof(*groups); g++)
		for (const struct test *t = groups[g]; t->name; t++)
			if (!strcmp(t->name, name))
				return t;
	return NULL;
}

/* Kernels that check themselves are slower; kc says by how much. */
static int time_limit(int seconds)
{
	const char *slower = getenv("KC_TEST_SLOWER");

	return slower ? seconds * atoi(slower) : seconds;
}

/* A process stuck in the kernel outlives even SIGKILL: do not wait for it. */
static int wait_limited(pid_t pid, int seconds)
{
	double until = now() + seconds;
	int status;

	while (waitpid(pid, &status, WNOHANG) == 0) {
		if (now() > until + 5)
			return -1;
		if (now() > until)
			kill(pid, SIGKILL);
		pause_ms(5);
	}
	return status;
}

static bool run_test(int number, const struct test *test)
{
	int seconds = time_limit(test->seconds);
	int status;
	pid_t pid;

	fflush(NULL);
	pid = fork();
	if (!pid) {
		test->run();
		fflush(NULL);
		_exit(PASS);
	}
	status = wait_limited(pid, seconds);
	if (status == -1 || (WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL))
		printf("# %s in the kernel after %d s\n", status == -1 ? "stuck" : "still",
		       seconds);
	else if (WIFSIGNALED(status))
		printf("# killed by signal %d\n", WTERMSIG(status));
	if (status != -1 && WIFEXITED(status) && WEXITSTATUS(status) == SKIP) {
		printf("ok %d %s # SKIP %s\n", number, test->name, skip_reason);
		return true;
	}
	printf("%sok %d %s\n", status ? "not " : "", number, test->name);
	return !status;
}

static int run_all(void)
{
	bool passed = true;
	int n = 0;

	for (size_t g = 0; g < WITHOUT_NAMES; g++)
		for (const struct test *t = groups[g]; t->name; t++)
			n++;
	printf("KTAP version 1\n1..%d\n", n);
	n = 0;
	for (size_t g = 0; g < WITHOUT_NAMES; g++)
		for (const struct test *t = groups[g]; t->name; t++)
			passed &= run_test(++n, t);
	return passed ? PASS : FAIL;
}

static int run_named(char **names)
{
	bool passed = true;
	int n = 0;

	for (; names[n]; n++) {
		if (!find_test(names[n])) {
			fprintf(stderr,
				"echo_test: no test or tool \"%s\"; --list names the tests\n",
				names[n]);
			return USAGE;
		}
	}
	printf("KTAP version 1\n1..%d\n", n);
	for (int i = 0; i < n; i++)
		passed &= run_test(i + 1, find_test(names[i]));
	return passed ? PASS : FAIL;
}

static int list(void)
{
	for (size_t g = 0; g < sizeof(groups) / sizeof(*groups); g++)
		for (const struct test *t = groups[g]; t->name; t++)
			puts(t->name);
	return PASS;
}

int main(int argc, char **argv)
{
	int status;

	(void)argc;
	skip_reason = mmap(NULL, SKIP_REASON_MAX, PROT_READ | PROT_WRITE,
			   MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	if (skip_reason == MAP_FAILED) {
		perror("echo_test: mmap");
		return FAIL;
	}
	argv++;
	if (argv[0] && argv[1] && !strcmp(argv[0], "--module")) {
		module_file = argv[1];
		argv += 2;
	}
	if (!argv[0])
		return run_all();
	if (!strcmp(argv[0], "--list"))
		return list();
	if (!strcmp(argv[0], "--help")) {
		usage(stdout);
		return PASS;
	}
	status = run_tool(argv);
	if (status == USAGE)
		usage(stderr);
	return status < 0 ? run_named(argv) : status;
}
