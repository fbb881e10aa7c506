// SPDX-License-Identifier: GPL-2.0-only
/*
 * Grades a virtio-shout device from inside the guest, by the driver raw.c.
 * Where it knows the mistake it says "# mistake NAME", whose hint exercise.ini has.
 */
#include <kc-test.h>

#define DRIVER "/sys/bus/virtio/drivers/shout"
#define DEVICE DRIVER "/virtio*"
#define ASK DEVICE "/ask"
#define NEEDS_RESET 0x40
#define MAX 64 /* VIRTIO_SHOUT_MAX */
#define ROOM 100 /* told from MAX */

static struct {
	unsigned int back, right, used, interrupts;
} seen;

/* Sends @count words of @len letters with @room for each answer. */
static bool ask(unsigned int len, unsigned int room, unsigned int count)
{
	char text[64], got[128] = "";

	memset(&seen, 0, sizeof(seen));
	snprintf(text, sizeof(text), "%u %u %u", len, room, count);
	if (kc_ask(ASK, text, strlen(text), got, sizeof(got) - 1) > 0 &&
	    sscanf(got, "%u %u %u %u", &seen.back, &seen.right, &seen.used, &seen.interrupts) == 4)
		return true;
	puts("# the queue takes no more buffers");
	return false;
}

static bool mistake(const char *name)
{
	printf("# mistake %s\n", name);
	return false;
}

static bool device_is_broken(void)
{
	return strtoul(kc_get(DEVICE "/status"), NULL, 16) & NEEDS_RESET;
}

/* serve */

static bool all_back(unsigned int count)
{
	printf("# of %u buffers in one kick %u came back, %u with the right answer, %u interrupts\n",
	       count, seen.back, seen.right, seen.interrupts);
	if (seen.back == 0)
		return mistake("no-push");
	if (seen.interrupts == 0)
		return mistake("no-notify");
	if (seen.back == 1 && count > 1)
		return mistake("one-pop");
	return seen.back == count && seen.right == count;
}

static bool one(void)
{
	return ask(5, MAX, 1) && all_back(1);
}

static bool several(void)
{
	return ask(5, MAX, 5) && all_back(5);
}

static bool again(void)
{
	for (int i = 0; i < 40; i++)
		if (!ask(1 + i, MAX, 1 + i % 5) || !all_back(1 + i % 5))
			return false;
	return true;
}

/* used-length */

static bool used(unsigned int len, unsigned int room)
{
	if (!ask(len, room, 1))
		return false;
	if (!seen.back) {
		puts("# no buffer came back: virtqueue_push() was not called");
		return false;
	}
	if (seen.used == len)
		return true;
	printf("# a word of %u bytes, room for %u: the used length is %u, not %u\n", len, room,
	       seen.used, len);
	if (seen.used == 0)
		return mistake("none-used");
	if (seen.used == room)
		return mistake("room-used");
	return seen.used == len + room ? mistake("both-ways") : false;
}

static bool short_answer(void)
{
	return used(5, ROOM);
}

static bool long_answer(void)
{
	return used(40, ROOM);
}

static bool large_room(void)
{
	return used(MAX, 2000);
}

/* hostile-guest */

/* Of all that a buffer may be, the shortest word and the longest in the least room */
static bool good(void)
{
	if (!ask(1, 1, 1) || seen.right != 1) {
		puts("# a word of 1 byte, which is a good one, gets no answer");
		return false;
	}
	if (ask(MAX, MAX, 1) && seen.right == 1)
		return true;
	printf("# a word of %u bytes, which is a good one, gets no answer\n", MAX);
	return device_is_broken() ? mistake("off-by-one") : false;
}

/* The buffer breaks the device; bound again, it works. */
static bool breaks(unsigned int len, unsigned int room, const char *otherwise)
{
	if (!ask(len, room, 1))
		return false;
	printf("# a word of %u bytes, room for %u: %s\n", len, room,
	       seen.back	    ? "it was answered"
	       : device_is_broken() ? "the device is broken, as it must be"
				    : "no answer, and the device is not broken");
	if (seen.back)
		return mistake(len && !seen.used ? "given-back" : otherwise);
	if (!device_is_broken())
		return mistake("silent");
	return kc_rebind(DRIVER) && good();
}

static bool empty(void)
{
	return breaks(0, MAX, "empty-taken");
}

static bool no_room(void)
{
	return breaks(20, 5, "room-unchecked");
}

static bool too_long(void)
{
	return breaks(2048, 2048, "long-taken");
}

int main(int argc, char **argv)
{
	kc_test_begin(argc, argv);
	kc_test_by_name("one", one);
	kc_test_by_name("several", several);
	kc_test_by_name("again", again);
	kc_test_by_name("short-answer", short_answer);
	kc_test_by_name("long-answer", long_answer);
	kc_test_by_name("large-room", large_room);
	kc_test_by_name("empty", empty);
	kc_test_by_name("no-room", no_room);
	kc_test_by_name("too-long", too_long);
	return kc_test_end();
}
