// SPDX-License-Identifier: GPL-2.0-only
/* What a driver puts into its queue, and takes out of it. */
#define _GNU_SOURCE /* of sched_setaffinity() */
#include <sched.h>

#include "steps.h"
#include "words.h"

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

/* No error, and no answer: the buffer is not that of the word, or nobody waited for it. */
static bool explain_silence(void)
{
	if (watched("wrong_token"))
		return mistake("wrong-token");
	if (seen.len <= 1 && watched("out_bytes") >= 0)
		return mistake("uncounted");
	return seen.len > 1 && !seen.text[0] ? mistake("wrong-room") : false;
}

static bool explain_send(int len)
{
	if (!seen.error)
		return explain_silence();
	if (seen.error != ETIMEDOUT)
		return false;
	if (device_is_broken())
		return explain_broken(len);
	if (watched("kicks") == 0 && watched("out_bytes") >= 0)
		return mistake("no-kick");
	return watched("taken") ? mistake("uncounted") : false;
}

bool one(void)
{
	if (!answers("hello", "HELLO"))
		return explain_send(5);
	if (watched("out_bytes") < 0) {
		puts("# the answer is right, and no buffer was added: it is not the device's");
		return false;
	}
	if (watched("wrong_token"))
		return mistake("wrong-token");
	if (watched("out_bytes") > 5)
		return mistake("all-of-it");
	if (watched("in_bytes") < MAX)
		return mistake("small-room");
	return watched("may_sleep") ? mistake("may-sleep") : true;
}

bool several(void)
{
	return answers("how do you do", "HOW DO YOU DO") || explain_send(3);
}

/* Without indirect descriptors eight words fill the queue of sixteen. */
bool full(void)
{
	if (say("a b c d e f g h i j k l m n o p")) {
		puts("# sixteen words fit into a queue that has room for eight");
		return mistake("error-hidden");
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

	if (!seen.error && seen.len <= 1 && watched("taken") >= count)
		return mistake("no-take");
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

bool single(void)
{
	return woken("hello", "HELLO", 1, "one-only");
}

/* The device answers eight at once, with one interrupt. */
bool burst(void)
{
	return woken("a b c d e f g h", "A B C D E F G H", 8, "one-only");
}

/* The device answers one after the other, each with an interrupt. */
bool spaced(void)
{
	if (woken("a b c", "A B C", 3, "lost-wake-up"))
		return true;
	return seen.error || seen.seconds >= SLOW ? false : mistake("all-at-once");
}

/* While the callback is about to enable interrupts the next answer comes. */
bool window(void)
{
	if (!kc_put(WATCHED "window", "Y"))
		return false;
	return woken("a b c", "A B C", 3, "lost-wake-up");
}

/* On another CPU than that of the callback, which the adding of "b" is to keep waiting. */
bool locked(void)
{
	cpu_set_t cpus;

	if (!woken("hello", "HELLO", 1, "one-only"))
		return !seen.error && seen.seconds >= SLOW ? mistake("wake-first") : false;
	CPU_ZERO(&cpus);
	CPU_SET(!watched("taking_cpu"), &cpus);
	if (sched_setaffinity(0, sizeof(cpus), &cpus) || !kc_put(WATCHED "overlap", "Y"))
		return false;
	/* On a busy host "a" may be answered before "b" is added: once more then. */
	for (int i = 0; i < 10 && !watched("awaited"); i++)
		if (!answers("a b", "A B"))
			return explain_collect(3 + 2 * i, "lost-wake-up");
	if (watched("overlapped"))
		return mistake("no-lock");
	if (!kc_put(WATCHED "overlap", "N") || !kc_put(WATCHED "linger", "Y") || !answers("c", "C"))
		return false;
	return seen.seconds < SLOW ? true : mistake("wake-first");
}

/* The device says that it wrote three bytes less than the word has. */
bool used_length(void)
{
	if (woken("hello", "HE", 1, "one-only"))
		return watched("disabled") ? true : mistake("not-disabled");
	return !seen.error && seen.len - 1 == 5 ? mistake("length-ignored") : false;
}
