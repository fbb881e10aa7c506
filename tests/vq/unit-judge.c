/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What is said of queues whose state we make up: who owes the next step, and when nobody does. */
#include "vm/inspect.h"
#include "vq/internal.h"
#include "../unit.h"

#include <string.h>

#define PATIENCE 2.0

static struct vq_device device;
static struct vq_queue queue;
static struct vq_still still;

static int fresh(void **state)
{
	(void)state;
	device = (struct vq_device){
		.path = (char *)"/machine/peripheral/d/virtio-backend",
		.name = (char *)"virtio-thing",
		.guest_index = -1,
		.acknowledged = true,
		.driver_ok = true,
		.pci = true,
		.msix = true,
		.event_index = true,
		.config_vector = 0,
		.resets_known = true,
	};
	device.queues = g_ptr_array_new();
	g_ptr_array_add(device.queues, &queue);
	queue = (struct vq_queue){
		.place = {.event_index = true, .size = 64, .desc = 1, .avail = 2, .used = 3},
		.seen_avail_known = true,
		.counters = {.known = true,
			     .vector = 1,
			     .kick_wanted = true,
			     .look = VQ_LOOK_EMPTY,
			     .kick_age = -1,
			     .pop_age = -1,
			     .use_age = -1},
		.vector = {.known = true},
		.ring = {.read = true, .heads_known = true},
	};
	queue.ring.kick.wish = VQ_AT_INDEX;
	queue.ring.interrupt.wish = VQ_AT_INDEX;
	queue.ring.buffers = g_array_new(FALSE, TRUE, sizeof(struct vq_buffer));
	still = (struct vq_still){3, 3, 3, 3, 3, 3, 3, 3};
	return 0;
}

static int drop(void **state)
{
	(void)state;
	g_array_unref(queue.ring.buffers);
	g_ptr_array_unref(device.queues);
	return 0;
}

static void add_buffer(bool popped, guint64 out, guint64 in)
{
	struct vq_buffer buffer = {
		.popped = popped, .descriptors = 1, .out_bytes = out, .in_bytes = in};

	g_array_append_val(queue.ring.buffers, buffer);
	if (popped) {
		queue.in_use++;
		queue.place.popped++;
	} else {
		queue.ring.waiting++;
		queue.ring.avail_idx = queue.place.last_avail + queue.ring.waiting;
	}
}

/* The device has used so many, of which the driver has so many. */
static void complete(guint16 used, guint16 collected)
{
	queue.place.used_idx = queue.ring.used_idx = queue.place.last_avail = used;
	queue.ring.avail_idx = queue.seen_avail = used;
	queue.driver = (struct vq_driver){.known = true, .last_used = collected, .free = 64};
	queue.ring.interrupt.index = collected;
	queue.ring.kick.index = used;
}

/* All codes of the grade, parted by spaces. Valid until the next call. */
static const char *codes(enum vq_grade grade)
{
	static char text[256];
	g_autoptr(GPtrArray) findings = vq_judge_queue(&device, &queue, &still, PATIENCE);

	*text = 0;
	for (guint i = 0; i < findings->len; i++) {
		const struct vq_finding *finding = g_ptr_array_index(findings, i);

		if (finding->grade == grade)
			g_snprintf(text + strlen(text), sizeof(text) - strlen(text), "%s%s",
				   *text ? " " : "", finding->code);
	}
	return text;
}

#define assert_wrong(expected) assert_string_equal(codes(VQ_WRONG), expected)
#define assert_waits(expected) assert_string_equal(codes(VQ_WAITS), expected)

static void test_idle(void **state)
{
	(void)state;
	assert_wrong("");
	complete(1000, 1000);
	assert_wrong("");
	assert_false(vq_is_suspicious(&device, &queue));
}

static void test_waits_by_design(void **state)
{
	(void)state;
	for (int i = 0; i < 64; i++)
		add_buffer(false, 0, 1500);
	queue.counters.kicked = true;
	assert_wrong("");
}

static void test_never_kicked(void **state)
{
	(void)state;
	add_buffer(false, 8, 8);
	assert_wrong("never-kicked");
	queue.counters.look = VQ_LOOK_NONE;
	assert_wrong("never-kicked");
	/* It took one: what waits may have come with that one's kick. */
	queue.counters.look = VQ_LOOK_FOUND;
	assert_wrong("not-looked-again");
	queue.counters.look = VQ_LOOK_ENABLED;
	assert_wrong("not-taken");
	queue.driver = (struct vq_driver){.known = true, .added = 1, .free = 63};
	assert_wrong("never-kicked");
}

/* Room for what the device has to say is kicked once, and may wait for ever. */
static void test_room_never_kicked(void **state)
{
	(void)state;
	add_buffer(false, 0, 8);
	assert_wrong("never-kicked");
	assert_true(vq_is_suspicious(&device, &queue));
	queue.counters.kicked = true;
	assert_wrong("");
	queue.counters.kicked = false;
	queue.counters.look = VQ_LOOK_FOUND;
	assert_wrong("");
}

/* A device may be slow: it has five times as long. */
static void test_never_popped(void **state)
{
	(void)state;
	add_buffer(false, 8, 8);
	queue.counters.kicked = true;
	assert_wrong("");
	assert_waits("not-popped-yet");
	still.pop = 10;
	assert_wrong("never-popped");
	queue.counters.kicked = false;
	queue.seen_avail = 1; /* the device has read the index, which takes no kick */
	assert_wrong("never-popped");
	device.device_id = 3; /* a console waits for who reads on the host */
	assert_wrong("");
	assert_waits("not-popped-yet");
}

static void test_requests_to_write(void **state)
{
	(void)state;
	add_buffer(false, 0, 8);
	queue.counters.kicked = true;
	device.device_id = 61; /* somebody's own: it may have something to say one day */
	assert_waits("");
	add_buffer(true, 0, 8); /* but why did it take this one */
	assert_waits("not-completed-yet");
	device.device_id = 4; /* entropy is asked for */
	assert_waits("not-popped-yet not-completed-yet");
	still.pop = still.complete = 100; /* and may be long in coming */
	assert_wrong("");
}

static void test_not_counted(void **state)
{
	(void)state;
	add_buffer(false, 8, 8);
	queue.counters = (struct vq_counters){.vector = VQ_NO_VECTOR};
	assert_wrong("not-taken");
}

/* As long as something moves nobody is to blame. */
static void test_busy(void **state)
{
	(void)state;
	for (int i = 0; i < 64; i++)
		add_buffer(i % 2, 8, 8);
	complete(7, 3);
	queue.counters.interrupt_due = true;
	queue.vector.pending = true;
	still = (struct vq_still){1.9, 1.9, 1.9, 1.9, 1.9, 1.9, 1.9, 1.9};
	assert_wrong("");
	assert_true(vq_is_suspicious(&device, &queue));
}

static void test_kick_index(void **state)
{
	(void)state;
	add_buffer(false, 8, 8);
	queue.ring.kick.index = 1; /* ahead */
	assert_wrong("kick-event-index");
	queue.seen_avail = 1; /* QEMU has put it there when it had read the index */
	assert_wrong("not-looked-again");
	queue.seen_avail = 0;
	queue.ring.kick.index = 65535; /* behind */
	assert_wrong("kick-event-index");
	queue.counters.kick_wanted = false; /* it stays where it was when they were switched off */
	assert_wrong("kick-suppressed");
	queue.in_use = 1; /* who is busy looks again */
	assert_wrong("");
	queue.in_use = 0;
	queue.counters.kick_wanted = true;
	queue.ring.kick.wish = VQ_NEVER;
	assert_wrong("kick-suppressed");
	/* Indices run past 65535. */
	queue.ring.kick.wish = VQ_AT_INDEX;
	queue.place.last_avail = queue.seen_avail = 65535;
	queue.ring.avail_idx = 0;
	assert_wrong("never-kicked");
}

static void test_held(void **state)
{
	(void)state;
	add_buffer(true, 8, 8);
	assert_wrong("");
	assert_waits("not-completed-yet");
	still.complete = 10;
	assert_wrong("never-completed");
	device.device_id = 3; /* a console's, while nobody on the host reads */
	assert_wrong("");
	assert_waits("not-completed-yet");
	device.device_id = 5;
	queue.index = 2; /* a balloon keeps a buffer there */
	assert_wrong("");
	device.device_id = 0;
	still.complete = 0; /* others come and go */
	still.oldest = 10;
	assert_wrong("never-completed");
	still.complete = 3;
	queue.counters.unflushed = 1;
	assert_wrong("not-flushed");
}

/* The driver has fewer descriptors free than ring and device hold. */
static void test_lost(void **state)
{
	(void)state;
	complete(5, 5);
	queue.driver.free = 64;
	assert_wrong("");
	add_buffer(false, 0, 8);
	queue.counters.kicked = true;
	queue.driver.free = 63;
	assert_wrong("");
	queue.driver.free = 62;
	assert_wrong("lost");
	still.missing = 1;
	assert_wrong("");
	still.missing = 3;
	queue.ring.interrupt.index = queue.driver.last_used =
		4; /* what is not collected says nothing of descriptors */
	assert_wrong("not-collected");
	queue.driver.last_used = 5;
	queue.ring.heads_known = false;
	assert_wrong("");
}

static void test_full(void **state)
{
	(void)state;
	queue.place.last_avail = 0;
	for (int i = 0; i < 64; i++)
		add_buffer(false, 8, 8);
	queue.driver = (struct vq_driver){.known = true};
	assert_wrong("never-kicked queue-full");
}

static void test_interrupts(void **state)
{
	(void)state;
	complete(5, 3);
	queue.counters.interrupt_due = true;
	assert_wrong("no-interrupt");
	queue.counters.interrupt_due = false;
	queue.counters.interrupts = 1;
	assert_wrong("not-collected");
	queue.vector = (struct vq_vector){.known = true, .masked = true, .pending = true};
	assert_wrong("interrupt-not-taken");
	queue.vector.pending = false; /* masked when it came, by who had disabled it */
	assert_wrong("interrupt-not-taken");
	queue.vector = (struct vq_vector){.known = true};
	queue.counters.vector = 0;
	assert_wrong("wrong-vector");
	queue.counters.vector = VQ_NO_VECTOR;
	queue.vector.known = false;
	assert_wrong("no-vector");
	/* Who has collected all has missed nothing. */
	complete(5, 5);
	queue.counters.interrupt_due = true;
	assert_wrong("");
}

static void test_shared_vector(void **state)
{
	struct vq_queue second = queue, third = queue;

	(void)state;
	second.index = 1;
	third.index = 2;
	g_ptr_array_add(device.queues, &second);
	g_ptr_array_add(device.queues, &third);
	complete(5, 3);
	queue.counters.interrupts = 1;
	assert_wrong("not-collected"); /* all share one, as where vectors are few */
	third.counters.vector = 3;
	assert_wrong("wrong-vector");
}

/* A mask alone is no trouble, nor is a bit that is still there of a line that is shared. */
static void test_mask_without_interrupt(void **state)
{
	(void)state;
	complete(5, 5);
	queue.vector.masked = true;
	assert_wrong("");
	queue.vector.known = false;
	device.msix = false;
	device.isr = 1;
	assert_wrong("");
	complete(6, 5);
	assert_wrong("interrupt-not-taken");
}

static void test_callbacks(void **state)
{
	(void)state;
	complete(5, 3);
	queue.driver.callbacks_off = true;
	assert_wrong("callbacks-off");
	queue.driver.callbacks_off = false;
	queue.ring.interrupt.index = 2;
	assert_wrong("interrupt-event-index");
	queue.driver.free = 0;
	assert_wrong("interrupt-event-index queue-full");
}

/* A driver that has no callback collects when it likes, as virtio-net's control queue. */
static void test_polled(void **state)
{
	(void)state;
	complete(5, 3);
	queue.driver.no_callback = queue.driver.callbacks_off = true;
	assert_wrong("");
	assert_waits("polled");
	queue.driver.no_callback = false;
	device.device_id = 3; /* what nobody in the guest reads */
	assert_wrong("");
	assert_string_equal(codes(VQ_UNKNOWN), "polled");
}

static void test_driver_unknown(void **state)
{
	(void)state;
	complete(5, 3);
	queue.driver = (struct vq_driver){0};
	assert_wrong("");
	assert_string_equal(codes(VQ_UNKNOWN), "collected-unknown");
}

static void test_defects(void **state)
{
	(void)state;
	queue.in_use = 0xffffffff;
	assert_wrong("completed-twice");
	queue.in_use = 0;
	queue.counters.used_too_long = 2;
	assert_wrong("used-length");
	queue.counters.used_too_long = 0;
	queue.ring.last_used_outside = true;
	assert_wrong("used-id");
	queue.ring.last_used_outside = false;
	queue.ring.runaway = true;
	queue.ring.waiting = 65;
	still.pop = 1; /* it was read after the device's index, which moves */
	assert_wrong("");
	still.pop = 3;
	assert_wrong("available-index");
	queue.ring.waiting = 0;
	queue.ring.runaway = false;
	queue.driver = (struct vq_driver){.known = true, .broken = true};
	assert_wrong("queue-broken");
	queue.driver.next_known = true;
	assert_wrong("used-id");
	queue.driver.next_awaited = true; /* it would have taken that one */
	assert_wrong("queue-broken");
}

static void test_unready(void **state)
{
	(void)state;
	device.driver_ok = false;
	assert_wrong("");
	add_buffer(false, 8, 8);
	assert_wrong("not-ready");
}

static void test_bad_chain(void **state)
{
	(void)state;
	add_buffer(false, 8, 8);
	g_array_index(queue.ring.buffers, struct vq_buffer, 0).chain = VQ_CHAIN_LOOP;
	device.broken = true;
	assert_wrong("bad-chain");
}

static void test_no_ring(void **state)
{
	(void)state;
	queue.ring.read = false;
	assert_wrong("");
	assert_string_equal(codes(VQ_UNKNOWN), "no-ring");
}

/* The first finding of the device itself; "" if none. */
static const char *device_code(const struct vq_log *said)
{
	g_autoptr(GPtrArray) findings = vq_judge_device(&device, said, 3, PATIENCE);

	return findings->len ? ((struct vq_finding *)g_ptr_array_index(findings, 0))->code : "";
}

static void test_device(void **state)
{
	char *bits[] = {(char *)"ACKNOWLEDGE", NULL};

	(void)state;
	device.status = bits;
	assert_string_equal(device_code(NULL), "");
	device.needs_reset = true;
	assert_string_equal(device_code(NULL), "needs-reset");
	device.needs_reset = device.acknowledged = false;
	device.driver_ok = false;
	device.resets = 2; /* and nobody uses it, as before its driver is there */
	assert_string_equal(device_code(NULL), "");
	device.orphans = 1;
	assert_string_equal(device_code(NULL), "reset");
}

/* Whatever it says, it is a quotation and no accusation. */
static void assert_quoted(const struct vq_log *said, int guest_index, const char *words)
{
	g_autoptr(GPtrArray) findings = NULL;
	const struct vq_finding *finding;

	device.guest_index = guest_index;
	findings = vq_judge_device(&device, said, 3, PATIENCE);
	assert_int_equal(findings->len, 1);
	finding = g_ptr_array_index(findings, 0);
	assert_int_equal(finding->grade, VQ_UNKNOWN);
	assert_string_equal(finding->code, "said");
	assert_int_equal(finding->evidence->len, 1);
	assert_non_null(strstr(g_ptr_array_index(finding->evidence, 0), words));
}

static void test_said(void **state)
{
	struct vq_log said = {
		.console = (char *)"[    1.000000] x virtio12: requests:id 64 out of range\n"
				   "virtio3: refused: bad used length 0, 8 expected, too short\n",
	};
	g_autofree char *panic = NULL;

	(void)state;
	device.guest_index = 1;
	assert_string_equal(device_code(&said), "");
	assert_quoted(&said, 3, "virtio3: refused: bad used length 0, 8 expected, too short");
	/* What the kernel logged as information is none of its warnings. */
	device.guest_index = 12;
	assert_string_equal(device_code(&said), "");
	said.kernel = (char *)"x virtio12: requests:id 64 out of range\nx virtio1: other";
	assert_quoted(&said, 12, "x virtio12: requests:id 64 out of range");
	assert_null(vq_log_panic(&said));
	said.console = (char *)"  | a\n  | [    3.000000] Kernel panic - not syncing: x\n  | b\n";
	panic = vq_log_panic(&said);
	assert_string_equal(panic, "[    3.000000] Kernel panic - not syncing: x");
}

/* Each code that is found says where to look. */
static void test_next(void **state)
{
	(void)state;
	assert_non_null(vq_advice("never-kicked"));
	assert_non_null(vq_advice("not-ready"));
	assert_null(vq_advice("no-such-code"));
}

static void test_only_looks_pass(void **state)
{
	(void)state;
	assert_true(inspect_allows("x-query-virtio-status", NULL));
	assert_true(inspect_allows("human-monitor-command", "info mtree"));
	assert_true(inspect_allows("human-monitor-command", "xp /4gx 0"));
	assert_false(inspect_allows("human-monitor-command", "quit"));
	assert_false(inspect_allows("human-monitor-command", NULL));
	assert_false(inspect_allows("quit", NULL));
	assert_false(inspect_allows("pmemsave", NULL));
	assert_false(inspect_allows("qom-set", NULL));
}

#define judged(test) cmocka_unit_test_setup_teardown(test, fresh, drop)

int main(void)
{
	const struct CMUnitTest tests[] = {
		judged(test_idle),
		judged(test_waits_by_design),
		judged(test_never_kicked),
		judged(test_room_never_kicked),
		judged(test_never_popped),
		judged(test_requests_to_write),
		judged(test_not_counted),
		judged(test_busy),
		judged(test_kick_index),
		judged(test_held),
		judged(test_lost),
		judged(test_full),
		judged(test_interrupts),
		judged(test_shared_vector),
		judged(test_mask_without_interrupt),
		judged(test_callbacks),
		judged(test_polled),
		judged(test_driver_unknown),
		judged(test_defects),
		judged(test_bad_chain),
		judged(test_no_ring),
		judged(test_unready),
		judged(test_device),
		judged(test_said),
		cmocka_unit_test(test_next),
		cmocka_unit_test(test_only_looks_pass),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
