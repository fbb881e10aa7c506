/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Guests meet by a network's name, in whatever order they come, and nobody else
 * does. Here the test is the QEMU of each.
 */
#include "vm/network.h"
#include "base/status.h"
#include "vm/net-option.h"
#include "../unit.h"

#include <poll.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#define WAIT_MS 5000
#define SILENCE_MS 100
#define FRAME_BYTES 1500

/* Networks of this run alone */
static char *name_of(const char *what)
{
	return g_strdup_printf("%s-%d", what, getpid());
}

static struct network *join(const char *name, unsigned expected)
{
	unsigned number = 0;
	struct network *network = network_join(name, &number, NULL);

	assert_non_null(network);
	assert_int_equal(number, expected);
	network_open(network);
	return network;
}

static void say(struct network *from, const char *words)
{
	assert_int_equal(send(network_fd(from), words, strlen(words), 0), strlen(words));
}

static bool is_there(struct network *at, int ms)
{
	struct pollfd fd = {.fd = network_fd(at), .events = POLLIN};

	return poll(&fd, 1, ms) == 1;
}

static void hear(struct network *at, const char *words)
{
	char frame[128] = "";

	assert_true(is_there(at, WAIT_MS));
	assert_int_equal(recv(network_fd(at), frame, sizeof(frame) - 1, 0), strlen(words));
	assert_string_equal(frame, words);
}

static void three_meet(void **state)
{
	g_autofree char *name = name_of("three");
	struct network *a = join(name, 1), *b = join(name, 2), *c = join(name, 3);

	(void)state;
	say(b, "to all");
	hear(a, "to all");
	hear(c, "to all");
	say(c, "from the last");
	hear(a, "from the last");
	hear(b, "from the last");
	assert_false(is_there(c, SILENCE_MS));
	/* One that goes leaves its number to the next, who meets all. */
	network_leave(a);
	a = join(name, 1);
	say(a, "again");
	hear(b, "again");
	hear(c, "again");
	network_leave(a);
	network_leave(b);
	network_leave(c);
}

static void ten_pairs_stay_apart(void **state)
{
	struct network *pairs[10][2];

	(void)state;
	for (int i = 0; i < 10; i++) {
		g_autofree char *what = g_strdup_printf("pair%d", i);
		g_autofree char *name = name_of(what);

		for (int j = 0; j < 2; j++)
			pairs[i][j] = join(name, j + 1);
	}
	for (int i = 0; i < 10; i++) {
		g_autofree char *words = g_strdup_printf("%d", i);

		say(pairs[i][i % 2], words);
	}
	for (int i = 0; i < 10; i++) {
		g_autofree char *words = g_strdup_printf("%d", i);

		hear(pairs[i][!(i % 2)], words);
	}
	for (int i = 0; i < 10; i++) {
		for (int j = 0; j < 2; j++) {
			assert_false(is_there(pairs[i][j], 1));
			network_leave(pairs[i][j]);
		}
	}
}

static void a_taken_number_is_refused(void **state)
{
	g_autofree char *name = name_of("taken");
	struct network *a = join(name, 1);
	GError *error = NULL;
	unsigned number = 1;

	(void)state;
	assert_null(network_join(name, &number, &error));
	assert_refused(error, STATUS_MISUSE, "guest 1 of the network");
	number = 7;
	network_leave(network_join(name, &number, NULL));
	assert_int_equal(number, 7);
	network_leave(a);
}

static void a_closed_one_neither_sends_nor_hears(void **state)
{
	g_autofree char *name = name_of("closed");
	struct network *a = join(name, 1), *b = join(name, 2);

	(void)state;
	network_shut(b);
	say(a, "lost");
	say(b, "held");
	assert_false(is_there(b, SILENCE_MS));
	assert_false(is_there(a, SILENCE_MS));
	network_open(b);
	say(a, "heard");
	hear(b, "heard");
	/* What nobody read is not for the next QEMU. */
	say(a, "for the old");
	assert_true(is_there(b, WAIT_MS));
	network_shut(b);
	assert_false(is_there(b, SILENCE_MS));
	network_leave(a);
	network_leave(b);
}

/* Sends what goes at once; returns the count. */
static unsigned flood(struct network *from, unsigned from_number, unsigned most)
{
	char frame[FRAME_BYTES] = {0};
	unsigned sent = 0;

	while (sent < most) {
		struct pollfd fd = {.fd = network_fd(from), .events = POLLOUT};

		memcpy(frame, &(unsigned){from_number + sent}, sizeof(unsigned));
		if (send(fd.fd, frame, sizeof(frame), MSG_DONTWAIT) > 0)
			sent++;
		else if (poll(&fd, 1, WAIT_MS) != 1)
			break;
	}
	return sent;
}

static void *flood_thread(void *network)
{
	return GUINT_TO_POINTER(flood(network, 0, 20000));
}

/* Both ways at once: none may wait for the other for ever, and nothing is lost. */
static void *drain_thread(void *network)
{
	unsigned next = 0;

	while (next < 20000 && is_there(network, WAIT_MS)) {
		char frame[FRAME_BYTES];
		unsigned number;

		if (recv(network_fd(network), frame, sizeof(frame), MSG_DONTWAIT) != sizeof(frame))
			continue;
		memcpy(&number, frame, sizeof(number));
		if (number != next)
			break;
		next++;
	}
	return GUINT_TO_POINTER(next);
}

static void nothing_is_lost_or_doubled_in_a_flood(void **state)
{
	g_autofree char *name = name_of("flood");
	struct network *a = join(name, 1), *b = join(name, 2);
	GThread *threads[] = {
		g_thread_new("a", flood_thread, a),
		g_thread_new("b", flood_thread, b),
		g_thread_new("A", drain_thread, a),
		g_thread_new("B", drain_thread, b),
	};

	(void)state;
	for (size_t i = 0; i < G_N_ELEMENTS(threads); i++)
		assert_int_equal(GPOINTER_TO_UINT(g_thread_join(threads[i])), 20000);
	network_leave(a);
	network_leave(b);
}

/* One that stands still is as if unplugged; the others go on. */
static void a_stuck_one_holds_nobody_up(void **state)
{
	g_autofree char *name = name_of("stuck");
	struct network *a = join(name, 1), *b = join(name, 2), *stuck = join(name, 3);
	GThread *drain = g_thread_new("B", drain_thread, b);

	(void)state;
	assert_int_equal(flood(a, 0, 20000), 20000);
	assert_int_equal(GPOINTER_TO_UINT(g_thread_join(drain)), 20000);
	network_leave(a);
	network_leave(b);
	network_leave(stuck);
}

static void frames_of_64k_pass(void **state)
{
	g_autofree char *name = name_of("large");
	struct network *a = join(name, 1), *b = join(name, 2);
	g_autofree char *sent = g_malloc(65550), *got = g_malloc(70000);

	(void)state;
	for (int i = 0; i < 65550; i++)
		sent[i] = i * 31 + (i >> 8);
	assert_int_equal(send(network_fd(a), sent, 65550, 0), 65550);
	assert_true(is_there(b, WAIT_MS));
	assert_int_equal(recv(network_fd(b), got, 70000, 0), 65550);
	assert_memory_equal(sent, got, 65550);
	network_leave(a);
	network_leave(b);
}

static const struct CMUnitTest tests[] = {
	cmocka_unit_test(three_meet),
	cmocka_unit_test(ten_pairs_stay_apart),
	cmocka_unit_test(a_taken_number_is_refused),
	cmocka_unit_test(a_closed_one_neither_sends_nor_hears),
	cmocka_unit_test(nothing_is_lost_or_doubled_in_a_flood),
	cmocka_unit_test(a_stuck_one_holds_nobody_up),
	cmocka_unit_test(frames_of_64k_pass),
};

UNIT_MAIN(tests)
