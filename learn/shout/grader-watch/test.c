// SPDX-License-Identifier: GPL-2.0-only
/*
 * Grades a driver of virtio-shout from inside the guest, a step a run. Where it
 * knows the mistake it says "# mistake NAME", whose hint exercise.ini has.
 */
#include <errno.h>
#include <kc-test.h>
#include <time.h>

#define DRIVER "/sys/bus/virtio/drivers/shout"
#define DEVICE DRIVER "/virtio*"
#define WORDS DEVICE "/words"
#define WATCHED "/sys/module/learn_watch/parameters/"
#define NEEDS_RESET 0x40
#define SLOW 3.0 /* seconds: what is answered later came by the driver's time-out alone */

static struct {
	int error; /* of the write */
	double seconds;
	char text[4096];
	ssize_t len;
} seen;

static double now(void)
{
	struct timespec at;

	clock_gettime(CLOCK_MONOTONIC, &at);
	return at.tv_sec + at.tv_nsec / 1e9;
}

/* Writes a line and reads the answer; false with seen.error. */
static bool say(const char *line)
{
	const char *path = kc_find(WORDS);
	int fd = path ? open(path, O_RDWR) : -1;
	double begin = now();

	seen.len = 0;
	seen.error = fd < 0 ? errno : 0;
	if (fd >= 0 && write(fd, line, strlen(line)) < 0)
		seen.error = errno;
	seen.seconds = now() - begin;
	if (!seen.error) {
		lseek(fd, 0, SEEK_SET);
		seen.len = read(fd, seen.text, sizeof(seen.text) - 1);
	}
	if (fd >= 0)
		close(fd);
	seen.text[seen.len > 0 ? seen.len : 0] = 0;
	if (seen.error)
		printf("# writing '%s' to the file words: %s, after %.1f s\n", line,
		       strerror(seen.error), seen.seconds);
	return !seen.error;
}

static bool mistake(const char *name)
{
	printf("# mistake %s\n", name);
	return false;
}

/* The line comes back in capitals. */
static bool answers(const char *line, const char *answer)
{
	if (!say(line))
		return false;
	if ((size_t)seen.len == strlen(answer) + 1 && !strncmp(seen.text, answer, strlen(answer)))
		return true;
	printf("# of '%s' %zd bytes were read back, '%.*s', not %zu, '%s'\n", line, seen.len - 1,
	       (int)strcspn(seen.text, "\n"), seen.text, strlen(answer), answer);
	return false;
}

static int watched(const char *name)
{
	char path[128];

	snprintf(path, sizeof(path), WATCHED "%s", name);
	return atoi(kc_get(path));
}

static bool device_is_broken(void)
{
	return strtoul(kc_get(DEVICE "/status"), NULL, 16) & NEEDS_RESET;
}

/* probe */

static bool binds(void)
{
	if (kc_find(WORDS))
		return true;
	puts("# the driver is loaded, but probe() has bound it to no device");
	return false;
}

static bool ready(void)
{
	if (!binds() || !answers("hello", "HELLO") || !say("?"))
		return false;
	return seen.text[0] == 'E' ? mistake("ready-first") : true;
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

static bool explain_send(void)
{
	if (seen.error == ETIMEDOUT && device_is_broken())
		return mistake(watched("unreadable") ? "all-writable" : "swapped");
	if (seen.error == ETIMEDOUT && watched("kicks") == 0)
		return mistake("no-kick");
	return false;
}

static bool one(void)
{
	return answers("hello", "HELLO") || explain_send();
}

static bool several(void)
{
	return answers("how do you do", "HOW DO YOU DO") || explain_send();
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
		return explain_send() ||
		       (seen.error == ETIMEDOUT ? mistake("error-ignored") : false);
	}
	return answers("still here", "STILL HERE") || explain_send();
}

/* collect */

static bool woken(const char *line, const char *answer, const char *otherwise)
{
	if (!answers(line, answer))
		return seen.error == ETIMEDOUT && otherwise ? mistake(otherwise) : false;
	if (seen.seconds < SLOW)
		return true;
	printf("# it took %.1f s: the buffers had come, and nobody was told\n", seen.seconds);
	return mistake("no-wake");
}

static bool single(void)
{
	return woken("hello", "HELLO", NULL);
}

/* The device answers eight at once, with one interrupt. */
static bool burst(void)
{
	return woken("a b c d e f g h", "A B C D E F G H", "one-only");
}

/* While the callback is about to enable interrupts the next answer comes. */
static bool window(void)
{
	if (!kc_put(WATCHED "window", "Y"))
		return false;
	return woken("a b c", "A B C", "lost-wake-up");
}

/* reset */

static bool warned(const char *where)
{
	char command[64];

	snprintf(command, sizeof(command), "dmesg | grep -q 'WARNING.*%s'", where);
	return !system(command);
}

/* Whether all was let go of, where the step itself went @well. */
static bool let_go(bool well)
{
	if (warned("virtio_dev_remove"))
		return mistake("no-reset");
	if (watched("late_reset"))
		return mistake("late-reset");
	return warned("msi") ? mistake("queue-left") : well;
}

static bool rebind(void)
{
	if (kc_rebind(DRIVER))
		return true;
	puts("# the device cannot be bound again");
	return false;
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

/* A word of @len letters: is it taken? Waits while the driver has not heard of it. */
static bool takes(size_t len, bool wanted)
{
	char word[256] = "";

	memset(word, 'x', len);
	for (int i = 0; i < 20; i++) {
		bool taken = say(word);

		if (!taken && seen.error != EMSGSIZE)
			return false;
		if (taken == wanted)
			return true;
		usleep(50000);
	}
	printf("# a word of %zu bytes is %s\n", len, wanted ? "refused" : "taken");
	return false;
}

static bool in_process(void)
{
	return watched("config_in_interrupt") ? mistake("in-interrupt") : true;
}

static bool smaller(void)
{
	if (!takes(20, true) || !set_max(10))
		return false;
	return (takes(11, false) && takes(10, true) && in_process()) ||
	       (watched("config_in_interrupt") ? in_process() : mistake("not-read"));
}

static bool larger(void)
{
	if (!set_max(10) || !takes(11, false))
		return mistake("not-read");
	if (!set_max(30))
		return false;
	return takes(30, true) ? in_process() : mistake("only-shrinks");
}

static bool huge(void)
{
	if (!set_max(10) || !takes(11, false))
		return mistake("not-read");
	if (!set_max(300) || !takes(64, true))
		return false;
	return takes(65, false) ? true : mistake("unclamped");
}

/* hostile-length */

static bool explain_length(ssize_t honest)
{
	if (seen.error || seen.len - 1 == honest)
		return false;
	if (seen.len - 1 == 64)
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
	kc_test_by_name("window", window);
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
