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

/* Asks the ledger, device-ledger.c; false with a line of what it says. */
static bool is_well(const char *question)
{
	char command[96];

	snprintf(command, sizeof(command), "kc-host set shout0 ledger %s 2>/tmp/said", question);
	if (!system(command))
		return true;
	printf("# %s\n", kc_get("/tmp/said") + strlen("kc-host: "));
	return false;
}

/* serve */

/* Each element once, in the right order? */
static bool in_order(void)
{
	if (!is_well("settled-once"))
		return mistake("pushed-twice");
	if (!is_well("settled-first"))
		return mistake("freed-first");
	return is_well("freed-once") || mistake("freed-twice");
}

static bool none_kept(void)
{
	return in_order() && (is_well("freed") || mistake("no-free"));
}

static bool all_back(unsigned int count)
{
	if (seen.back == count && seen.right == count && seen.interrupts)
		return true;
	printf("# of %u buffers in one kick %u came back, %u with the right answer, %u interrupts\n",
	       count, seen.back, seen.right, seen.interrupts);
	if (!in_order())
		return false;
	if (seen.back == 0)
		return mistake("no-push");
	if (seen.interrupts == 0)
		return mistake("no-notify");
	if (seen.back == count && seen.right == 0)
		return mistake("unanswered");
	return seen.back == 1 && count > 1 ? mistake("one-pop") : false;
}

static bool one(void)
{
	return ask(5, MAX, 1) && all_back(1) && none_kept();
}

static bool several(void)
{
	return ask(5, MAX, 5) && all_back(5) && none_kept();
}

static bool again(void)
{
	for (int i = 0; i < 40; i++)
		if (!ask(1 + i, MAX, 1 + i % 5) || !all_back(1 + i % 5))
			return false;
	return none_kept();
}

/* An empty word, which shout_check() refuses */
static bool bad(void)
{
	if (!ask(0, MAX, 1))
		return false;
	if (seen.back)
		puts("# a buffer without a word came back");
	if (seen.back || !is_well("settled-once"))
		return mistake("unchecked");
	if (!device_is_broken()) {
		puts("# a buffer without a word, and the device is not broken: shout_check() was not called");
		return false;
	}
	return none_kept() && kc_rebind(DRIVER) && ask(5, MAX, 1) && all_back(1);
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
	if (seen.used == MAX)
		return mistake("max-used");
	if (seen.used == len + 1)
		return mistake("end-counted");
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

/* A good buffer is answered; otherwise it is the mistake @otherwise, or one that is not known. */
static bool takes(unsigned int len, unsigned int room, const char *otherwise)
{
	if (ask(len, room, 1) && seen.right == 1)
		return true;
	printf("# a word of %u bytes, room for %u, which is a good buffer: no answer%s\n", len,
	       room, device_is_broken() ? ", and the device is broken" : "");
	return otherwise && device_is_broken() ? mistake(otherwise) : false;
}

/* Of all that a buffer may be: the shortest word, the least room, the longest word, more room */
static bool good(void)
{
	return takes(5, MAX, NULL) && takes(1, MAX, "short-refused") && takes(5, 5, "exact-room") &&
	       takes(MAX, MAX, "off-by-one") && takes(5, ROOM, "large-room");
}

static bool explain_back(unsigned int len, const char *otherwise)
{
	if (device_is_broken())
		return mistake("answered-anyway");
	return mistake(len && !seen.used ? "given-back" : otherwise);
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
		return explain_back(len, otherwise);
	if (!device_is_broken())
		return mistake("silent");
	if (!is_well("settled-once"))
		return mistake("answered-anyway");
	if (!is_well("settled"))
		return mistake("no-detach");
	if (!is_well("freed-once"))
		return mistake("freed-twice");
	return kc_rebind(DRIVER) && good();
}

static bool empty(void)
{
	return breaks(0, MAX, "empty-taken");
}

static bool no_room(void)
{
	return breaks(20, 5, "room-unchecked") && breaks(20, 19, "room-unchecked") &&
	       breaks(20, 0, "room-unchecked");
}

static bool too_long(void)
{
	return breaks(MAX + 1, ROOM, "long-taken") && breaks(2048, 2048, "long-taken");
}

int main(int argc, char **argv)
{
	kc_test_begin(argc, argv);
	kc_test_by_name("one", one);
	kc_test_by_name("several", several);
	kc_test_by_name("again", again);
	kc_test_by_name("bad", bad);
	kc_test_by_name("short-answer", short_answer);
	kc_test_by_name("long-answer", long_answer);
	kc_test_by_name("large-room", large_room);
	kc_test_by_name("empty", empty);
	kc_test_by_name("no-room", no_room);
	kc_test_by_name("too-long", too_long);
	return kc_test_end();
}
