// SPDX-License-Identifier: GPL-2.0-only
/*
 * Grades a driver of virtio-shout from inside the guest, a step a run. Where it
 * knows the mistake it says "# mistake NAME", whose hint exercise.ini has.
 */
#define _GNU_SOURCE /* of sched_setaffinity() */
#include <sched.h>

#include "words.h"

/* probe */

static bool binds(void)
{
	if (!kc_find(WORDS)) {
		puts("# the driver is loaded, but probe() has bound it to no device");
		return false;
	}
	if (watched("no_priv"))
		return mistake("no-priv");
	return watched("not_initialised") ? mistake("not-initialised") : true;
}

/* Bound again, as remove() waits for the work that probe() initialised. */
static bool ready(void)
{
	if (!binds() || !answers("hello", "HELLO") || !say("?"))
		return false;
	if (seen.text[0] == 'E')
		return mistake("ready-first");
	return rebind() && (warned("__flush_work") ? mistake("no-work") : true);
}

/* The second device has no queue, so its probe() has to fail. */
static bool refuses(void)
{
	glob_t found = {0};
	size_t bound = glob(WORDS, 0, NULL, &found) ? 0 : found.gl_pathc;

	globfree(&found);
	if (bound == 0)
		return binds();
	return bound == 1 ? true : mistake("unchecked-queue");
}

/* send */

/* What the device, which is broken, saw in the first buffer, with a word of @len bytes */
static bool explain_broken(int len)
{
	int out = watched("out_bytes"), in = watched("in_bytes");

	printf("# the device is broken: it got %d bytes to read and room for %d\n", out, in);
	if (out == 0)
		return mistake("all-writable");
	if (in == 0)
		return mistake("no-room");
	return out == MAX && in == len ? mistake("swapped") : false;
}

static bool explain_send(int len)
{
	if (seen.error != ETIMEDOUT)
		return false;
	if (device_is_broken())
		return explain_broken(len);
	return watched("kicks") == 0 && watched("out_bytes") >= 0 ? mistake("no-kick") : false;
}

static bool one(void)
{
	if (!answers("hello", "HELLO"))
		return explain_send(5);
	if (watched("out_bytes") > 5)
		return mistake("all-of-it");
	return watched("may_sleep") ? mistake("may-sleep") : true;
}

static bool several(void)
{
	return answers("how do you do", "HOW DO YOU DO") || explain_send(3);
}

/* Without indirect descriptors eight words fill the queue of sixteen. */
static bool full(void)
{
	if (say("a b c d e f g h i j k l m n o p")) {
		puts("# sixteen words fit into a queue that has room for eight");
		return false;
	}
	if (seen.error != ENOSPC) {
		puts("# expected: No space left on device");
		if (seen.error == ETIMEDOUT && watched("taken") == 8)
			return mistake("error-ignored");
		return explain_send(1);
	}
	return answers("still here", "STILL HERE");
}

/* collect */

/* @count buffers were used; @otherwise: what it means that some of them were not taken */
static bool explain_collect(int count, const char *otherwise)
{
	bool one_interrupt = !strcmp(otherwise, "one-only");

	if (seen.error != ETIMEDOUT)
		return false;
	printf("# %d of %d buffers were taken\n", watched("taken"), count);
	if (watched("taken") >= count)
		return mistake("not-counted");
	if (watched("taken") == 0)
		return false;
	return mistake(one_interrupt || watched("enabled") ? otherwise : "never-enabled");
}

static bool woken(const char *line, const char *answer, int count, const char *otherwise)
{
	if (!answers(line, answer))
		return explain_collect(count, otherwise);
	if (seen.seconds < SLOW)
		return true;
	printf("# it took %.1f s: the buffers had come, and nobody was told\n", seen.seconds);
	return mistake("no-wake");
}

static bool single(void)
{
	return woken("hello", "HELLO", 1, "one-only");
}

/* The device answers eight at once, with one interrupt. */
static bool burst(void)
{
	return woken("a b c d e f g h", "A B C D E F G H", 8, "one-only");
}

/* The device answers one after the other, each with an interrupt. */
static bool spaced(void)
{
	if (woken("a b c", "A B C", 3, "lost-wake-up"))
		return true;
	return seen.error || seen.seconds >= SLOW ? false : mistake("all-at-once");
}

/* While the callback is about to enable interrupts the next answer comes. */
static bool window(void)
{
	if (!kc_put(WATCHED "window", "Y"))
		return false;
	return woken("a b c", "A B C", 3, "lost-wake-up");
}

/* On another CPU than that of the callback, which the adding of "b" is to keep waiting. */
static bool locked(void)
{
	cpu_set_t cpus;

	if (!woken("hello", "HELLO", 1, "one-only"))
		return false;
	CPU_ZERO(&cpus);
	CPU_SET(!watched("taking_cpu"), &cpus);
	if (sched_setaffinity(0, sizeof(cpus), &cpus) || !kc_put(WATCHED "overlap", "Y"))
		return false;
	/* On a busy host "a" may be answered before "b" is added: once more then. */
	for (int i = 0; i < 10 && !watched("awaited"); i++)
		if (!answers("a b", "A B"))
			return explain_collect(3 + 2 * i, "lost-wake-up");
	return watched("overlapped") ? mistake("no-lock") : true;
}

/* reset */

/* Whether all was let go of, where the step itself went @well. */
static bool let_go(bool well)
{
	if (warned("virtio_dev_remove"))
		return mistake("no-reset");
	if (watched("late_reset"))
		return mistake("late-reset");
	if (warned("msi"))
		return mistake("queue-left");
	if (!well)
		return false;
	if (!watched("cancelled"))
		return mistake("work-left");
	return watched("early_cancel") ? mistake("cancel-first") : true;
}

static bool unbinds(void)
{
	char name[64];
	const char *path;

	if (!answers("hello", "HELLO"))
		return false;
	path = kc_find(DEVICE);
	if (!path)
		return false;
	snprintf(name, sizeof(name), "%s", strrchr(path, '/') + 1);
	return let_go(kc_put(DRIVER "/unbind", name) && !kc_find(DEVICE));
}

static bool rebinds(void)
{
	bool well = true;

	for (int i = 0; well && i < 3; i++)
		well = rebind() && answers("hello", "HELLO");
	return let_go(well);
}

/* The device keeps every buffer. */
static bool in_flight(void)
{
	if (say("hello") || seen.error != ETIMEDOUT)
		return false;
	return let_go(rebind() && !say("hello") && seen.error == ETIMEDOUT);
}

/* config */

static bool set_max(unsigned int max)
{
	char command[64];

	snprintf(command, sizeof(command), "kc-host set shout0 max %u", max);
	return !system(command);
}

/* Whether a word of @len letters is taken; 2: it went wrong. */
static int taken(size_t len)
{
	char word[256] = "";

	memset(word, 'x', len);
	return say(word) ? 1 : seen.error == EMSGSIZE ? 0 : 2;
}

/* Waits while the driver has not heard of it; false with a mistake, or what was seen. */
static bool takes(size_t len, bool wanted, const char *otherwise)
{
	int now = taken(len);

	for (int i = 0; i < 20 && now == !wanted; i++) {
		usleep(50000);
		now = taken(len);
	}
	if (now == wanted)
		return true;
	if (now == 2)
		return false;
	printf("# a word of %zu bytes is %s\n", len, wanted ? "refused" : "taken");
	return otherwise ? mistake(otherwise) : false;
}

/* The device takes @max bytes now: did the driver look, did it keep what it saw? */
static bool changes(unsigned int max)
{
	int before = watched("config_reads");

	if (!set_max(max))
		return false;
	if (takes(max + 1, false, NULL))
		return true;
	if (seen.error)
		return false;
	return mistake(watched("config_in_interrupt")	  ? "in-interrupt"
		       : watched("config_reads") > before ? "not-kept"
							  : "not-read");
}

static bool in_process(void)
{
	return watched("config_in_interrupt") ? mistake("in-interrupt") : true;
}

static bool smaller(void)
{
	return takes(20, true, NULL) && changes(10) && takes(10, true, NULL) && in_process();
}

static bool larger(void)
{
	return changes(10) && set_max(30) && takes(30, true, "only-shrinks") && in_process();
}

static bool huge(void)
{
	if (!changes(10) || !set_max(300) || !takes(MAX, true, NULL))
		return false;
	switch (taken(MAX + 1)) {
	case 0:
		return true;
	case 1:
		return mistake("unclamped");
	default: /* the device, which is honest with words, does not take it */
		return seen.error == ETIMEDOUT ? mistake("unclamped") : false;
	}
}

/* hostile-length */

static bool explain_length(ssize_t honest)
{
	if (seen.error || seen.len - 1 == honest)
		return false;
	if (seen.len - 1 == 0)
		return mistake("discarded");
	if (seen.len - 1 == MAX)
		return mistake("room");
	return seen.len - 1 > honest ? mistake("trusted") : false;
}

static bool beyond_room(void)
{
	return answers("hello", "HELLO") || explain_length(5);
}

static bool beyond_word(void)
{
	if (answers("hello", "HELLO"))
		return true;
	if (!seen.error && seen.len - 1 == 0)
		return mistake("discarded");
	return !seen.error && seen.len - 1 == 5 + 8 ? mistake("room") : false;
}

/* The device says that it wrote three bytes less than the word has. */
static bool shorter(void)
{
	if (answers("hello", "HE"))
		return true;
	return !seen.error && seen.len - 1 == 5 ? mistake("used-ignored") : false;
}

int main(int argc, char **argv)
{
	kc_test_begin(argc, argv);
	kc_test_by_name("binds", binds);
	kc_test_by_name("ready", ready);
	kc_test_by_name("refuses", refuses);
	kc_test_by_name("one", one);
	kc_test_by_name("several", several);
	kc_test_by_name("full", full);
	kc_test_by_name("single", single);
	kc_test_by_name("burst", burst);
	kc_test_by_name("spaced", spaced);
	kc_test_by_name("window", window);
	kc_test_by_name("locked", locked);
	kc_test_by_name("unbinds", unbinds);
	kc_test_by_name("rebinds", rebinds);
	kc_test_by_name("in-flight", in_flight);
	kc_test_by_name("smaller", smaller);
	kc_test_by_name("larger", larger);
	kc_test_by_name("huge", huge);
	kc_test_by_name("beyond-room", beyond_room);
	kc_test_by_name("beyond-word", beyond_word);
	kc_test_by_name("shorter", shorter);
	return kc_test_end();
}
