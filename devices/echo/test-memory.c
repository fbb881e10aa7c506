// SPDX-License-Identifier: GPL-2.0-only
/*
 * Guest test of virtio-echo: each allocation that an operation makes fails once
 * in turn. The operation fails, or does without, and after it all works.
 */
#define _GNU_SOURCE
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "test.h"

#define FAULTS "/sys/kernel/debug/"
#define FAIL_NTH "/proc/thread-self/fail-nth"
#define MANY 20000 /* more allocations than any operation makes */

static char virtio[64];
static int nth = -1, file = -1, module = -1;
static size_t size;
static uint8_t *message, *answer;

/* Those that may sleep too, and single pages; without a stack in the log for each */
static void prepare(void)
{
	static const char *const set[][2] = {{"failslab/ignore-gfp-wait", "N"},
					     {"failslab/verbose", "0"},
					     {"fail_page_alloc/ignore-gfp-wait", "N"},
					     {"fail_page_alloc/min-order", "0"},
					     {"fail_page_alloc/verbose", "0"}};
	char path[128];

	nth = open(FAIL_NTH, O_RDWR | O_CLOEXEC);
	if (nth < 0)
		skip("this kernel has no fault injection; the debug kernel has");
	for (size_t i = 0; i < sizeof(set) / sizeof(*set); i++) {
		snprintf(path, sizeof(path), FAULTS "%s", set[i][0]);
		CHECK(!put_text(path, set[i][1]), "%s: %s", path, strerror(errno));
	}
	snprintf(virtio, sizeof(virtio), "%s", virtio_name());
	size = at_most(100000);
	message = must_alloc(size);
	answer = must_alloc(size + 1);
	fill(message, size, 1);
	memset(answer, 0, size + 1);
}

static void fail_allocation(int n)
{
	char text[16];
	int len = snprintf(text, sizeof(text), "%d", n);

	CHECK(pwrite(nth, text, len, 0) == len, "%s", strerror(errno));
}

/* Of those that were to come first, how many did not; 0 if one has failed */
static int not_reached(void)
{
	char text[16] = "";

	CHECK(pread(nth, text, sizeof(text) - 1, 0) > 0, "%s", strerror(errno));
	fail_allocation(0);
	return atoi(text);
}

/* What is tried: run() returns -1 and sets errno, or undo() ends what it began. */
struct operation {
	const char *name;
	bool allocates;
	long (*run)(void);
	void (*undo)(void);
};

static long run_open(void)
{
	return file = open(NODE, O_RDWR | O_NONBLOCK | O_CLOEXEC);
}

static void undo_open(void)
{
	close(file);
}

static long run_events(void)
{
	return file = open(EVENTS, O_RDONLY | O_NONBLOCK | O_CLOEXEC);
}

static long run_write(void)
{
	return write(file, message, size);
}

/* Blocks until the answer is there, which it must be whatever has failed. */
static void undo_write(void)
{
	expect_message(file, message, size);
}

static long run_read(void)
{
	return read(file, answer, size + 1);
}

static void undo_read(void)
{
	check_same(answer, message, size);
	send_message(file, message, size);
	CHECK(poll_for(file, POLLIN, 5000), "no answer");
}

static long run_greeting(void)
{
	char text[128];

	return get_text(SYSFS "greeting", text, sizeof(text)) ? 0 : -1;
}

static void undo_nothing(void)
{
}

static long run_bind(void)
{
	return put_text(DRIVER "bind", virtio);
}

static void undo_bind(void)
{
	round_trip(open_node(NODE, O_CLOEXEC), size, 2);
	CHECK(!put_text(DRIVER "unbind", virtio), "%s", strerror(errno));
}

static long run_load(void)
{
	return syscall(SYS_finit_module, module, "", 0);
}

static void undo_load(void)
{
	CHECK(!syscall(SYS_delete_module, MODULE, O_NONBLOCK), "%s", strerror(errno));
}

/* Returns false once the operation has ended before its nth allocation. */
static bool try_without(const struct operation *op, int n, int *failed)
{
	int left, error;
	long ret;

	fail_allocation(n);
	ret = op->run();
	error = errno;
	left = not_reached();
	if (ret < 0) {
		CHECK(!left, "%s: %s, with no allocation failing", op->name, strerror(error));
		CHECK(error == ENOMEM, "%s, allocation %d: %s", op->name, n, strerror(error));
		CHECK(op->run() >= 0, "%s, after allocation %d had failed: %s", op->name, n,
		      strerror(errno));
		++*failed;
	}
	op->undo();
	return !left;
}

/* What a cache has in stock changes from try to try; the first fills what stays. */
static void each_allocation(const struct operation *op)
{
	int n, failed = 0;

	try_without(op, MANY, &failed);
	for (n = 1; try_without(op, n, &failed); n++)
		CHECK(n < MANY, "%s: no end of its allocations", op->name);
	CHECK(failed || !op->allocates, "%s: none of %d allocations made it fail", op->name, n - 1);
	printf("# %s: %d allocations, without %d of them it fails\n", op->name, n - 1, failed);
}

static void each_use(void)
{
	each_allocation(&(struct operation){"open", true, run_open, undo_open});
	if (has_feature(VIRTIO_ECHO_F_EVENT))
		each_allocation(&(struct operation){"events", true, run_events, undo_open});
	each_allocation(&(struct operation){"greeting", true, run_greeting, undo_nothing});
	file = open_clean(0);
	each_allocation(&(struct operation){"write", true, run_write, undo_write});
	send_message(file, message, size);
	each_allocation(&(struct operation){"read", false, run_read, undo_read});
	expect_message(file, message, size);
	close(file);
}

static void test_use(void)
{
	prepare();
	for (int i = 0; i < 3; i++)
		each_use();
	CHECK(get_stat("requests") == get_stat("responses"), "a request is lost");
	CHECK(get_stat("errors") == 0, "%ld errors", get_stat("errors"));
}

static void test_bind(void)
{
	prepare();
	CHECK(!put_text(DRIVER "unbind", virtio), "%s", strerror(errno));
	each_allocation(&(struct operation){"bind", true, run_bind, undo_bind});
	CHECK(!run_bind(), "%s", strerror(errno));
	round_trip(open_node(NODE, 0), size, 3);
}

/* A probe that fails leaves the module loaded: what of it works shows the next time. */
static void test_load(void)
{
	prepare();
	module = open_module();
	undo_load();
	each_allocation(&(struct operation){"load", true, run_load, undo_load});
	CHECK(!run_load(), "%s", strerror(errno));
	round_trip(open_node(NODE, 0), size, 4);
}

/* Only when named: the core reports some of these failures, which a test allows. */
const struct test memory_tests[] = {{"memory-use", test_use, 60},
				    {"memory-bind", test_bind, 120},
				    {"memory-load", test_load, 240},
				    {0}};
