/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A complaint of time that passed has an excuse where the machine did not run, and no other has. */
#include "kernel/splat.h"
#include "kernel/splat-time.h"
#include "splat-texts.h"
#include "../unit.h"

#include <string.h>
#include <unistd.h>

static bool is_of_time(enum splat_kind kind, const char *title)
{
	if (kind == SPLAT_NETDEV)
		return strstr(title, "WATCHDOG") || strstr(title, "waiting for");
	if (strstr(title, "CSD lock"))
		return true;
	return kind == SPLAT_RCU_STALL || kind == SPLAT_SOFT_LOCKUP || kind == SPLAT_HARD_LOCKUP ||
	       kind == SPLAT_HUNG_TASK || kind == SPLAT_WORKQUEUE;
}

static void no_other_kind_is_of_time(void **state)
{
	double seconds;

	(void)state;
	for (size_t i = 0; i < G_N_ELEMENTS(known); i++)
		if (splat_time_claim(known[i].kind, known[i].title, &seconds) !=
		    is_of_time(known[i].kind, known[i].title))
			fail_msg("%s: %s", splat_kind_name(known[i].kind), known[i].title);
}

static void what_is_claimed_is_read(void **state)
{
	static const struct {
		enum splat_kind kind;
		const char *title;
		double seconds; /* 0: it is not of time */
	} claims[] = {
		{SPLAT_SOFT_LOCKUP, "watchdog: BUG: soft lockup - CPU#1 stuck for 67s! [sh:61]",
		 67},
		{SPLAT_HUNG_TASK, "INFO: task sh:61 blocked for more than 122 seconds.", 122},
		{SPLAT_HUNG_TASK, "INFO: task sh:61 blocked in I/O wait for more than 12 seconds.",
		 12},
		{SPLAT_WORKQUEUE, "BUG: workqueue lockup - pool cpus=1 nice=0 stuck for 31s!", 31},
		{SPLAT_NETDEV,
		 "virtio_net virtio2 eth0: NETDEV WATCHDOG: CPU: 0: transmit queue 0 timed out "
		 "5368 ms",
		 5.368},
		{SPLAT_BUG,
		 "smp: csd: Detected non-responsive CSD lock (#1) on CPU#0, waiting 5000000000 ns "
		 "for CPU#01 f+0x0/0x10(0x0).",
		 5},
		{SPLAT_NETDEV, "eth0: hw csum failure", 0},
		{SPLAT_WARN,
		 "WARNING: CPU: 0 PID: 0 at net/sched/sch_generic.c:525 dev_watchdog+0x1/0x2", 20},
		{SPLAT_RCU_STALL, "rcu: INFO: rcu_preempt self-detected stall on CPU", 20},
		{SPLAT_PANIC, "Kernel panic - not syncing: softlockup: hung tasks", 20},
		{SPLAT_PANIC, "Kernel panic - not syncing: Fatal exception", 0},
		{SPLAT_WARN, "WARNING: CPU: 0 PID: 1 at stuck for 9s f+0x1/0x2", 0},
	};

	(void)state;
	for (size_t i = 0; i < G_N_ELEMENTS(claims); i++) {
		double seconds = 0;
		bool timed = splat_time_claim(claims[i].kind, claims[i].title, &seconds);

		assert_true(timed == (claims[i].seconds > 0));
		if (timed && seconds != claims[i].seconds)
			fail_msg("%s: %g", claims[i].title, seconds);
	}
}

#define KASAN "3,%u,100,-;BUG: KASAN: slab-use-after-free in f+0x3a/0x50 [mod]\n"
#define LOCKUP "0,%u,200,-;watchdog: BUG: soft lockup - CPU#0 stuck for %us! [sh:61]\n"

static void say(struct splat_watch *watch, const char *format, unsigned seq, unsigned seconds)
	G_GNUC_PRINTF(2, 0);

static void say(struct splat_watch *watch, const char *format, unsigned seq, unsigned seconds)
{
	g_autofree char *line = g_strdup_printf(format, seq, seconds);

	splat_watch_kmsg(watch, line, strlen(line));
}

static const struct splat *at(const struct splat_watch *watch, guint i)
{
	return g_ptr_array_index(splat_watch_all(watch), i);
}

static void an_excuse_hides_no_other_complaint(void **state)
{
	struct splat_watch *watch = splat_watch_new(NULL);
	struct stalls *stalls = stalls_new(getpid());

	(void)state;
	stalls_hold(stalls, true);
	g_usleep(G_USEC_PER_SEC);
	say(watch, LOCKUP, 0, 3);
	splat_watch_stalls(watch, stalls);
	say(watch, LOCKUP, 1, 3);
	/* A second does not explain it. */
	say(watch, LOCKUP, 2, 67);
	say(watch, KASAN, 3, 0);
	splat_watch_end(watch);
	assert_int_equal(splat_watch_all(watch)->len, 4);
	assert_null(at(watch, 0)->excuse);
	assert_non_null(strstr(at(watch, 1)->excuse, "paused the machine"));
	assert_null(at(watch, 2)->excuse);
	assert_null(at(watch, 3)->excuse);
	splat_watch_free(watch);

	watch = splat_watch_new(NULL);
	splat_watch_stalls(watch, stalls);
	for (unsigned i = 0; i < 300; i++)
		say(watch, LOCKUP, i, 3);
	assert_non_null(splat_watch_first(watch)->excuse);
	say(watch, KASAN, 300, 0);
	splat_watch_end(watch);
	assert_int_equal(splat_watch_first(watch)->kind, SPLAT_KASAN);
	splat_watch_free(watch);
	stalls_free(stalls);
}

static const struct CMUnitTest tests[] = {
	cmocka_unit_test(no_other_kind_is_of_time),
	cmocka_unit_test(what_is_claimed_is_read),
	cmocka_unit_test(an_excuse_hides_no_other_complaint),
};

UNIT_MAIN(tests)
