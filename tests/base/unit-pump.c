/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Bytes from one descriptor to another: all of them, and no faster than read. */
#include "base/loop.h"
#include "base/pump.h"
#include "../unit.h"

#include <fcntl.h>
#include <signal.h>
#include <string.h>
#include <unistd.h>

struct pipes {
	int in[2]; /* the pump reads in[0] */
	int out[2]; /* and writes out[1] */
	struct pump *pump;
	size_t tapped;
};

static void count_bytes(const char *data, size_t len, void *opaque)
{
	(void)data;
	((struct pipes *)opaque)->tapped += len;
}

static int open_pipes(void **state)
{
	struct pipes *pipes = g_new0(struct pipes, 1);

	signal(SIGPIPE, SIG_IGN);
	if (pipe(pipes->in) < 0 || pipe(pipes->out) < 0)
		return -1;
	fcntl(pipes->in[1], F_SETFL, O_NONBLOCK);
	fcntl(pipes->out[0], F_SETFL, O_NONBLOCK);
	pipes->pump = pump_new(pipes->in[0], pipes->out[1], count_bytes, pipes);
	*state = pipes;
	return 0;
}

static void shut(int *fd)
{
	if (*fd >= 0)
		close(*fd);
	*fd = -1;
}

static int close_pipes(void **state)
{
	struct pipes *pipes = *state;

	pump_free(pipes->pump);
	for (int i = 0; i < 2; i++) {
		shut(&pipes->in[i]);
		shut(&pipes->out[i]);
	}
	g_free(pipes);
	return 0;
}

static void dispatch(void)
{
	while (g_main_context_iteration(NULL, FALSE))
		;
}

static void bytes_arrive_and_the_end_is_seen(void **state)
{
	struct pipes *pipes = *state;
	char got[16];

	assert_int_equal(write(pipes->in[1], "a\0b", 3), 3);
	dispatch();
	assert_int_equal(read(pipes->out[0], got, sizeof(got)), 3);
	assert_memory_equal(got, "a\0b", 3);
	assert_false(pump_is_done(pipes->pump));
	shut(&pipes->in[1]);
	dispatch();
	assert_true(pump_is_done(pipes->pump));
	assert_int_equal(pipes->tapped, 3);
}

static size_t fill(int fd)
{
	static const char block[4096];
	size_t total = 0;
	ssize_t n;

	while ((n = write(fd, block, sizeof(block))) > 0)
		total += n;
	return total;
}

static size_t drain(int fd)
{
	char block[4096];
	size_t total = 0;
	ssize_t n;

	while ((n = read(fd, block, sizeof(block))) > 0)
		total += n;
	return total;
}

/* With both pipes full and the pump's buffer too, nothing more is taken. */
static void a_blocked_sink_blocks_the_source(void **state)
{
	struct pipes *pipes = *state;
	size_t sent = 0, got = 0, n;

	for (int i = 0; i < 10; i++) {
		sent += fill(pipes->in[1]);
		dispatch();
	}
	assert_int_equal(fill(pipes->in[1]), 0);
	assert_true(sent < 256 * 1024);
	shut(&pipes->in[1]);
	while ((n = drain(pipes->out[0])) > 0) {
		got += n;
		dispatch();
	}
	assert_int_equal(got, sent);
	assert_true(pump_is_done(pipes->pump));
}

static void a_held_pump_reads_nothing(void **state)
{
	struct pipes *pipes = *state;

	pump_hold(pipes->pump, true);
	assert_int_equal(write(pipes->in[1], "x", 1), 1);
	dispatch();
	assert_int_equal(pipes->tapped, 0);
	pump_hold(pipes->pump, false);
	dispatch();
	assert_int_equal(pipes->tapped, 1);
}

static void a_closed_sink_does_not_stop_the_source(void **state)
{
	struct pipes *pipes = *state;

	shut(&pipes->out[0]);
	assert_int_equal(write(pipes->in[1], "x", 1), 1);
	dispatch();
	assert_true(pump_is_broken(pipes->pump));
	assert_int_equal(write(pipes->in[1], "yz", 2), 2);
	dispatch();
	assert_int_equal(pipes->tapped, 3);
}

static void writing_never_blocks(void **state)
{
	struct pipes *pipes = *state;
	static const char block[300 * 1024];
	gssize n = pump_write_some(pipes->out[1], block, sizeof(block));

	assert_true(n > 0 && n < (gssize)sizeof(block));
	assert_int_equal(pump_write_some(pipes->out[1], block, sizeof(block)), 0);
	shut(&pipes->out[0]);
	assert_int_equal(pump_write_some(pipes->out[1], block, sizeof(block)), -1);
}

static bool never(void *data)
{
	(void)data;
	return false;
}

static bool at_once(void *data)
{
	(void)data;
	return true;
}

static void a_wait_has_a_limit(void **state)
{
	gint64 before = g_get_monotonic_time();

	(void)state;
	assert_int_equal(loop_until(never, NULL, loop_deadline(0.05)), LOOP_LATE);
	assert_true(g_get_monotonic_time() - before >= 49000);
	assert_int_equal(loop_until(never, NULL, before), LOOP_LATE);
	assert_int_equal(loop_until(at_once, NULL, before), LOOP_DONE);
	assert_true(loop_deadline(0) == LOOP_NEVER);
}

static void a_signal_ends_a_wait(void **state)
{
	(void)state;
	loop_catch_signals();
	raise(SIGTERM);
	assert_int_equal(loop_until(never, NULL, LOOP_NEVER), LOOP_SIGNAL);
	assert_int_equal(loop_take_signal(), SIGTERM);
	assert_int_equal(loop_take_signal(), 0);
	assert_int_equal(loop_until(never, NULL, loop_deadline(0.01)), LOOP_LATE);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, open_pipes, close_pipes)

static const struct CMUnitTest tests[] = {
	TEST(bytes_arrive_and_the_end_is_seen),
	TEST(a_blocked_sink_blocks_the_source),
	TEST(a_held_pump_reads_nothing),
	TEST(a_closed_sink_does_not_stop_the_source),
	TEST(writing_never_blocks),
	cmocka_unit_test(a_wait_has_a_limit),
	cmocka_unit_test(a_signal_ends_a_wait),
};

UNIT_MAIN(tests)
