/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The watcher of the kernel's log: each kind of splat is seen and is one
 * object, near misses are none, and nobody but the kernel can cause or hide one.
 */
#include "kernel/allow.h"
#include "kernel/splat.h"
#include "base/status.h"
#include "splat-texts.h"
#include "../unit.h"

#include <string.h>
#include <unistd.h>

struct fixture {
	struct allow_list *allow;
	struct splat_watch *watch;
	guint64 seq;
	guint64 usec;
};

static int fresh(void **state)
{
	struct fixture *fixture = g_new0(struct fixture, 1);

	fixture->allow = allow_list_new();
	fixture->watch = splat_watch_new(fixture->allow);
	fixture->usec = 1000000;
	*state = fixture;
	return 0;
}

static int drop(void **state)
{
	struct fixture *fixture = *state;

	splat_watch_free(fixture->watch);
	allow_list_free(fixture->allow);
	g_free(fixture);
	return 0;
}

static void record(struct fixture *fixture, unsigned facility, const char *text)
{
	g_autofree char *line = g_strdup_printf(
		"%u,%" G_GUINT64_FORMAT ",%" G_GUINT64_FORMAT ",-;%s\n SUBSYSTEM=virtio\n",
		facility << 3 | (text[0] - '0'), fixture->seq++, fixture->usec, text + 1);

	fixture->usec += 100;
	splat_watch_kmsg(fixture->watch, line, strlen(line));
}

static void feed_as(struct fixture *fixture, unsigned facility, const char *text)
{
	g_auto(GStrv) lines = g_strsplit(text, "\n", -1);

	for (int i = 0; lines[i]; i++)
		if (*lines[i])
			record(fixture, facility, lines[i]);
}

static void feed(struct fixture *fixture, const char *text)
{
	feed_as(fixture, 0, text);
}

static const struct splat *only(struct fixture *fixture)
{
	splat_watch_end(fixture->watch);
	assert_int_equal(splat_watch_all(fixture->watch)->len, 1);
	return g_ptr_array_index(splat_watch_all(fixture->watch), 0);
}

static void assert_none(struct fixture *fixture, const char *what)
{
	splat_watch_end(fixture->watch);
	if (splat_watch_all(fixture->watch)->len != 0)
		fail_msg("taken for a splat: %s", what);
}

static void each_kind_is_one_object(void **state)
{
	(void)state;
	for (size_t i = 0; i < G_N_ELEMENTS(known); i++) {
		const struct splat *splat;
		void *fixture;

		fresh(&fixture);
		feed(fixture, "6virtio_hello virtio1: before\n");
		feed(fixture, known[i].text);
		((struct fixture *)fixture)->usec += 25000000;
		feed(fixture, "6virtio_hello virtio1: after\n");
		splat = only(fixture);
		assert_string_equal(splat->title, known[i].title);
		if (splat->kind != known[i].kind)
			fail_msg("%s: %s", splat->title, splat_kind_name(splat->kind));
		assert_non_null(strstr(splat->text, known[i].title));
		assert_null(strstr(splat->text, "virtio1"));
		drop(&fixture);
	}
}

/* A process writes to /dev/kmsg: its records have another facility. */
static void nobody_but_the_kernel_is_believed(void **state)
{
	for (size_t i = 0; i < G_N_ELEMENTS(known); i++)
		feed_as(*state, 1, known[i].text);
	assert_none(*state, "a process' own words");
}

static void nobody_hides_a_splat(void **state)
{
	feed(*state, "4------------[ cut here ]------------\n");
	feed_as(*state, 1, "4---[ end trace 0000000000000000 ]---\n4" BAR "\n4 </TASK>\n");
	feed(*state, "4WARNING: CPU: 0 PID: 85 at drivers/x.c:12 f+0x1/0x2 [mod]\n");
	feed_as(*state, 1, "4---[ end trace 0000000000000000 ]---\n");
	feed(*state, TRACE);
	assert_non_null(strstr(only(*state)->text, "entry_SYSCALL"));
	assert_null(strstr(only(*state)->text, "end trace"));
}

static const char *const near[] = {
	"6hello: received WARNING: CPU: 0 PID: 1 at x.c:1 f+0x1/0x2",
	"4virtio_hello virtio1: BUG: KASAN: no",
	"6hello: kernel BUG at x.c:1!",
	"4hello: Oops: 0000 [#1]",
	"6WARNING: CPU: 0 PID: 1 at what a driver says as information",
	"6BUG: what a driver says as information",
	"4WARNING: Spectre v2 mitigation leaves CPU vulnerable to RETBleed attacks",
	"4WARNING: something of a driver",
	"4BUG kmalloc-64 (Not tainted): with no bar above it",
	"3INFO: task force: done",
	"6INFO: task x:1 blocked for more than 1 seconds.",
	"6kmemleak: Kernel memory leak detector initialized (mem pool available: 15679)",
	"6kmemleak: Automatic memory scanning thread started",
	"6rcu: Hierarchical SRCU implementation.",
	"6rcu: INFO: a stall detector is on",
	"3INFO: lockdep is turned off.",
	"6UBSAN: no",
	"3UBSAN: no place",
	"6Lock dependency validator: Copyright (c) 2006 Red Hat, Inc., Ingo Molnar",
	"4Disabling lock debugging due to kernel taint",
	"6refcount_t: a word",
	"0Emergency Sync complete",
	"6sysrq: Show Blocked State",
	"4 </TASK>",
	"4---[ end trace 0000000000000000 ]---",
	"3" BAR,
	"6\\x0aWARNING: CPU: 0 PID: 1 at a driver's second line f+0x1/0x2",
	"4hello: data\\x0aWARNING: CPU: 0 PID: 1 at x.c:1 f+0x1/0x2",
	"4hello: data\\x0a------------[ cut here ]------------",
	"6irq 11: nobody cared",
	"4hello: irq 11: nobody cared (try booting with the \"irqpoll\" option)",
	"6sysfs: cannot create duplicate filename 'as a driver may tell'",
	"6mce: CPU0: Thermal monitoring enabled (TM1)",
	"6mce: Using 10 MCE banks",
	"6mce: CPU supports 10 MCE banks",
	"4mce: Unable to init MCE device (rc: -5)",
	"4hello: Hardware Error",
	"6RAS: Correctable Errors collector initialized.",
	"6hello: page allocation failure: order:9, mode:0",
	"3Out of memory: Killed process 85 (dd)",
	"4Spectre V2 : WARNING: Unprivileged eBPF is enabled with eIBRS on",
	"4RETBleed: WARNING: Spectre v2 mitigation leaves CPU vulnerable to RETBleed attacks",
	"4MMIO Stale Data CPU bug present and SMT on, data leak possible.",
	"4x86/fpu: a warning without a stack",
	"4clocksource: timekeeping watchdog on CPU0: Marking clocksource 'tsc' as unstable",
	"4hrtimer: interrupt took 5000000 ns",
	"4workqueue: x hogged CPU for >10000us 4 times, consider switching to WQ_UNBOUND",
	"4kauditd_printk_skb: 12 callbacks suppressed",
};

static void near_misses_are_none(void **state)
{
	for (size_t i = 0; i < G_N_ELEMENTS(near); i++) {
		feed(*state, near[i]);
		feed(*state, "6in between\n");
		assert_none(*state, near[i]);
	}
}

/* Stacks that somebody wished for, or that follow a warning by chance. */
static void a_stack_alone_is_none(void **state)
{
	static const char *const asked[] = {
		"6sysrq: Show Regs\n" TRACE,
		"6sysrq: Show backtrace of all active CPUs\n4NMI backtrace for cpu 0\n" TRACE,
		"5FAULT_INJECTION: forcing a failure.\n" TRACE,
		"6hello: here\n" TRACE,
		"4hello: loading out-of-tree module taints kernel.\n" TRACE,
		"1hello: module verification failed: signature and/or required key missing - "
		"tainting kernel\n" TRACE,
		"4dd invoked oom-killer: gfp_mask=0x140cca(GFP_HIGHUSER_MOVABLE), order=0\n" TRACE,
	};
	struct fixture *fixture = *state;

	for (size_t i = 0; i < G_N_ELEMENTS(asked); i++) {
		feed(fixture, asked[i]);
		assert_none(fixture, asked[i]);
	}
	feed(fixture, "4hello: a warning\n");
	fixture->usec += 5000000;
	feed(fixture, TRACE);
	assert_none(fixture, "a stack long after a warning");
}

/* What it says of itself is not said twice. */
static void a_splat_and_its_stack_are_one(void **state)
{
	feed(*state, "2eth0: NETDEV WATCHDOG: CPU: 0: transmit queue 0 timed out 5012 ms\n" TRACE);
	assert_int_equal(only(*state)->kind, SPLAT_NETDEV);
}

/* Others go on meanwhile, and afterwards. */
static void what_others_print_is_not_quoted(void **state)
{
	struct fixture *fixture = *state;
	const char *text;

	feed(fixture, "4------------[ cut here ]------------\n"
		      "4WARNING: CPU: 0 PID: 85 at a.c:1 f+0x1/0x2\n"
		      "4CPU: 0 UID: 0 PID: 85 Comm: insmod Not tainted 6.12.0\n"
		      "6tsc: Refined TSC clocksource calibration: 2100.000 MHz\n"
		      "4Call Trace:\n4 <TASK>\n4 f+0x10/0x20\n4 </TASK>\n"
		      "4---[ end trace 0000000000000000 ]---\n"
		      "6clocksource: Switched to clocksource tsc\n");
	text = only(fixture)->text;
	assert_null(strstr(text, "tsc"));
	assert_non_null(strstr(text, "f+0x10/0x20"));
}

static void a_bug_without_a_stack_ends_soon(void **state)
{
	struct fixture *fixture = *state;
	const char *text;

	feed(fixture, "3BUG: what a driver calls one\n"
		      "6tsc: Refined TSC clocksource calibration: 2100.000 MHz\n");
	fixture->usec += 3000000;
	feed(fixture, "4hello: another thing\n");
	text = only(fixture)->text;
	assert_null(strstr(text, "tsc"));
	assert_null(strstr(text, "another"));
}

/* CONFIG_PRINTK_CALLER tells whose line each is, at any level. */
static void lines_of_another_caller_are_not_quoted(void **state)
{
	struct fixture *fixture = *state;
	const char *text = "4,1,2000,-,caller=T85;------------[ cut here ]------------\n"
			   "4,2,2100,-,caller=T9;hello: of another task\n"
			   "4,3,2200,-,caller=T85;WARNING: CPU: 0 PID: 1 at a.c:1 f+0x1/0x2\n"
			   "4,4,2300,-,caller=C1; g+0x1/0x2\n"
			   "4,5,2400,-,caller=T85;---[ end trace 0000000000000000 ]---\n";

	splat_watch_kmsg(fixture->watch, text, strlen(text));
	text = only(fixture)->text;
	assert_null(only(fixture)->message);
	assert_null(strstr(text, "another task"));
	assert_null(strstr(text, "g+0x1"));
	assert_non_null(strstr(text, "end trace"));
}

static void two_at_once_are_two(void **state)
{
	struct fixture *fixture = *state;

	feed(fixture, "4------------[ cut here ]------------\n"
		      "4WARNING: CPU: 0 PID: 85 at a.c:1 f+0x1/0x2\n"
		      "4------------[ cut here ]------------\n"
		      "4WARNING: CPU: 1 PID: 86 at b.c:1 g+0x1/0x2\n" TRACE
		      "4---[ end trace 0000000000000000 ]---\n");
	assert_int_equal(splat_watch_all(fixture->watch)->len, 2);
}

static void an_oops_and_its_panic_are_two(void **state)
{
	struct fixture *fixture = *state;

	feed(fixture, "1BUG: kernel NULL pointer dereference, address: 0000000000000000\n"
		      "4Oops: Oops: 0002 [#1] SMP\n" TRACE "4---[ end trace 0000000000000000 ]---\n"
		      "4RIP: 0010:f+0x1/0x2\n"
		      "0Kernel panic - not syncing: Fatal exception\n"
		      "0Kernel Offset: disabled\n");
	splat_watch_end(fixture->watch);
	assert_int_equal(splat_watch_all(fixture->watch)->len, 2);
	assert_int_equal(splat_watch_first(fixture->watch)->kind, SPLAT_OOPS);
	assert_string_equal(splat_watch_panic(fixture->watch)->title,
			    "Kernel panic - not syncing: Fatal exception");
}

/* The host was busy: still one splat, and not an untitled one that nothing allows. */
static void a_halt_in_the_midst_parts_nothing(void **state)
{
	feed(*state, "4------------[ cut here ]------------\n");
	((struct fixture *)*state)->usec += 8000000;
	feed(*state, "4WARNING: CPU: 0 PID: 85 at a.c:1 f+0x1/0x2\n");
	((struct fixture *)*state)->usec += 8000000;
	feed(*state, TRACE "4---[ end trace 0000000000000000 ]---\n");
	assert_string_equal(only(*state)->title, "WARNING: CPU: 0 PID: 85 at a.c:1 f+0x1/0x2");
}

static void what_warn_says_is_kept(void **state)
{
	feed(*state, "4------------[ cut here ]------------\n4hello: 3 is not 4\n"
		     "4WARNING: CPU: 0 PID: 85 at a.c:1 f+0x1/0x2\n");
	assert_string_equal(only(*state)->message, "hello: 3 is not 4");
}

static void a_panic_is_seen_behind_a_cut(void **state)
{
	struct fixture *fixture = *state;

	feed(fixture, "4------------[ cut here ]------------\n"
		      "0Kernel panic - not syncing: at once\n");
	splat_watch_end(fixture->watch);
	assert_non_null(splat_watch_panic(fixture->watch));
}

static void lost_records_are_told(void **state)
{
	struct fixture *fixture = *state;
	g_autofree char *none = splat_watch_gaps(fixture->watch);
	g_autofree char *some = NULL;

	feed(fixture, "6one\n");
	assert_null(none);
	fixture->seq += 12;
	feed(fixture, "6two\n");
	some = splat_watch_gaps(fixture->watch);
	assert_non_null(strstr(some, "12 records"));
}

static void several_records_come_at_once(void **state)
{
	struct fixture *fixture = *state;
	const char *text = "6,0,1000,-;one\n KEY=4,1,2,-;WARNING: CPU: 0 PID: 1 at x\n"
			   "4,1,2000,-,caller=T85;------------[ cut here ]------------\n"
			   "4,2,3000,-,caller=T85;WARNING: CPU: 0 PID: 1 at a.c:1 f+0x1/0x2\n"
			   "4,3,4000,c;cont\n";

	splat_watch_kmsg(fixture->watch, text, strlen(text));
	assert_string_equal(only(fixture)->title, "WARNING: CPU: 0 PID: 1 at a.c:1 f+0x1/0x2");
	assert_null(splat_watch_gaps(fixture->watch));
}

static void nonsense_is_survived_and_told(void **state)
{
	struct fixture *fixture = *state;
	const char *text[] = {"",
			      "\n",
			      ";",
			      "1,2,3\n",
			      "x,1,2,-;y\n",
			      "4,,2,-;y\n",
			      "99999999999999999999,1,1,-;y\n",
			      "4,1,2,-;\\x00\\xzz\\x1\n",
			      " K=V\n",
			      "4,2,2,-;\\",
			      "4"};
	char bytes[256];

	for (size_t i = 0; i < G_N_ELEMENTS(text); i++)
		splat_watch_kmsg(fixture->watch, text[i], strlen(text[i]));
	for (int i = 0; i < 256; i++)
		bytes[i] = i * 7;
	splat_watch_kmsg(fixture->watch, bytes, sizeof(bytes));
	splat_watch_console(fixture->watch, bytes, sizeof(bytes));
	assert_none(fixture, "nonsense");
	/* Bytes that are no UTF-8 at the end of what nearly is a splat. */
	feed(fixture,
	     "4WARNING: \\xf0\n4BUG: \\xe2\\x82\n4*\\xf0\n4\\xf0 still has locks held!\\xf0\n");
	splat_watch_end(fixture->watch);
	assert_int_equal(splat_watch_all(fixture->watch)->len, 1);
	g_autofree char *gaps = splat_watch_gaps(fixture->watch);
	assert_non_null(strstr(gaps, "not understood"));
}

static void the_console_adds_what_did_not_come(void **state)
{
	struct fixture *fixture = *state;
	const char *text = "[    1.000000] BUG: unable to handle page fault for address: 1\r\n"
			   "[    1.000000] old\r\nuser: BUG: no stamp\r\nBUG: no stamp\r\n"
			   "[    9.000000][   T85] BUG: KASAN: slab-use-after-free in f+0x1/0x2\r\n"
			   "[    9.000100] Kernel panic - not syncing: Fatal exception\r\n";

	fixture->usec = 5000000;
	feed(fixture, "6last\n");
	splat_watch_console(fixture->watch, text, strlen(text));
	splat_watch_end(fixture->watch);
	assert_int_equal(splat_watch_all(fixture->watch)->len, 2);
	assert_int_equal(splat_watch_first(fixture->watch)->kind, SPLAT_KASAN);
	assert_true(splat_watch_first(fixture->watch)->from_console);
	assert_non_null(splat_watch_panic(fixture->watch));
}

static void memory_is_bounded_and_nothing_hidden(void **state)
{
	struct fixture *fixture = *state;

	assert_true(allow_list_add(fixture->allow, "BUG: known * | planted", "x", NULL));
	for (int i = 0; i < 3000; i++)
		feed(fixture, "0BUG: known one\n4 </TASK>\n");
	feed(fixture, "0BUG: another\n4 </TASK>\n");
	feed(fixture, "0Kernel panic - not syncing: y\n");
	splat_watch_end(fixture->watch);
	assert_true(splat_watch_all(fixture->watch)->len < 300);
	assert_string_equal(splat_watch_first(fixture->watch)->title, "BUG: another");
	assert_non_null(splat_watch_panic(fixture->watch));
}

static void the_log_is_like_dmesg(void **state)
{
	struct fixture *fixture = *state;
	g_autofree char *log = NULL;
	g_autofree char *longer = NULL;

	feed(fixture, "6one\n");
	feed_as(fixture, 1, "4two \\x1b[31m\n");
	log = splat_watch_log(fixture->watch);
	assert_true(g_str_has_prefix(log, "[    1.000000] one\n[    1.000100] two "));
	assert_null(strchr(log, '\033'));
	for (int i = 0; i < 200000; i++)
		feed(fixture, "6a line that is repeated until the log is longer than is kept\n");
	feed(fixture, "6last\n");
	longer = splat_watch_log(fixture->watch);
	assert_true(strlen(longer) < 7 * 1024 * 1024);
	assert_non_null(strstr(longer, "] one\n"));
	assert_true(g_str_has_suffix(longer, "] last\n"));
}

static void an_allowed_splat_has_its_reason(void **state)
{
	struct fixture *fixture = *state;

	assert_true(allow_list_add(fixture->allow, "WARNING: * at a.c:* f+* | known | issue 7",
				   "t:1", NULL) == true);
	assert_true(allow_list_add(fixture->allow, "hello: * is not * | by design", "t:2", NULL));
	feed(fixture, "4------------[ cut here ]------------\n4hello: 3 is not 4\n"
		      "4WARNING: CPU: 0 PID: 85 at a.c:1 g+0x1/0x2\n");
	assert_string_equal(only(fixture)->allowed, "by design");
	assert_null(splat_watch_first(fixture->watch));
	feed(fixture, "4------------[ cut here ]------------\n"
		      "4WARNING: CPU: 0 PID: 85 at b.c:1 f+0x1/0x2\n");
	splat_watch_end(fixture->watch);
	assert_non_null(splat_watch_first(fixture->watch));
}

static void an_entry_without_a_reason_is_refused(void **state)
{
	static const char *const wrong[] = {"WARNING: *", "WARNING: * |", "WARNING: * |  "};
	struct fixture *fixture = *state;
	GError *error = NULL;

	for (size_t i = 0; i < G_N_ELEMENTS(wrong); i++) {
		assert_false(allow_list_add(fixture->allow, wrong[i], "allow.txt:3", &error));
		assert_refused(error, STATUS_MISUSE, wrong[i]);
	}
	assert_false(allow_list_add(fixture->allow, " ** | anything", "allow.txt:3", &error));
	assert_refused(error, STATUS_MISUSE, "allow.txt:3");
	assert_false(allow_list_add(fixture->allow, "*\xf0 | no text", "allow.txt:3", &error));
	assert_refused(error, STATUS_MISUSE, "UTF-8");
	assert_false(allow_list_add(fixture->allow, "| anything", "allow.txt:3", &error));
	assert_refused(error, STATUS_MISUSE, "pattern");
}

static void a_file_of_entries_is_read(void **state)
{
	struct fixture *fixture = *state;
	g_autofree char *path = NULL;
	GError *error = NULL;
	int fd = g_file_open_tmp(NULL, &path, NULL);

	assert_true(fd >= 0);
	close(fd);
	g_file_set_contents(path, "# known\n\nBUG: a* | one\n", -1, NULL);
	assert_true(allow_list_load(fixture->allow, path, NULL));
	assert_string_equal(allow_list_reason(fixture->allow, "BUG: abc", NULL), "one");
	assert_null(allow_list_reason(fixture->allow, "x BUG: abc", NULL));
	g_file_set_contents(path, "BUG: a* | one\nBUG: b\n", -1, NULL);
	assert_false(allow_list_load(fixture->allow, path, &error));
	assert_refused(error, STATUS_MISUSE, ":2: 'BUG: b'");
	unlink(path);
	assert_false(allow_list_load(fixture->allow, path, &error));
	assert_refused(error, STATUS_MISUSE, path);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, fresh, drop)

static const struct CMUnitTest tests[] = {
	cmocka_unit_test(each_kind_is_one_object),
	TEST(nobody_but_the_kernel_is_believed),
	TEST(nobody_hides_a_splat),
	TEST(near_misses_are_none),
	TEST(a_stack_alone_is_none),
	TEST(a_splat_and_its_stack_are_one),
	TEST(what_others_print_is_not_quoted),
	TEST(a_bug_without_a_stack_ends_soon),
	TEST(lines_of_another_caller_are_not_quoted),
	TEST(two_at_once_are_two),
	TEST(an_oops_and_its_panic_are_two),
	TEST(what_warn_says_is_kept),
	TEST(a_halt_in_the_midst_parts_nothing),
	TEST(a_panic_is_seen_behind_a_cut),
	TEST(lost_records_are_told),
	TEST(several_records_come_at_once),
	TEST(nonsense_is_survived_and_told),
	TEST(the_console_adds_what_did_not_come),
	TEST(memory_is_bounded_and_nothing_hidden),
	TEST(the_log_is_like_dmesg),
	TEST(an_allowed_splat_has_its_reason),
	TEST(an_entry_without_a_reason_is_refused),
	TEST(a_file_of_entries_is_read),
};

UNIT_MAIN(tests)
