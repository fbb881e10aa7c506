/* SPDX-License-Identifier: GPL-2.0-only */
/* What the steps share: words for the driver and what came of them. */
#ifndef LEARN_WORDS_H
#define LEARN_WORDS_H

#include <errno.h>
#include <kc-test.h>
#include <time.h>

#define DRIVER "/sys/bus/virtio/drivers/shout"
#define DEVICE DRIVER "/virtio*"
#define WORDS DEVICE "/words"
#define WATCHED "/sys/module/learn_watch/parameters/"
#define NEEDS_RESET 0x40
#define MAX 64 /* VIRTIO_SHOUT_MAX, which is the room for an answer, too */
#define SLOW 3.0 /* seconds: what is answered later came by the driver's time-out alone */

static struct {
	int error; /* of the write */
	double seconds;
	char text[4096];
	ssize_t len;
} seen;

static inline double now(void)
{
	struct timespec at;

	clock_gettime(CLOCK_MONOTONIC, &at);
	return at.tv_sec + at.tv_nsec / 1e9;
}

/* Writes a line and reads the answer; false with seen.error. */
static inline bool say(const char *line)
{
	const char *path = kc_find(WORDS);
	int fd = path ? open(path, O_RDWR) : -1;
	double begin = now();

	seen.len = 0;
	seen.error = fd >= 0 ? 0 : path ? errno : ENODEV;
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

static inline bool mistake(const char *name)
{
	printf("# mistake %s\n", name);
	return false;
}

/* The line comes back in capitals. */
static inline bool answers(const char *line, const char *answer)
{
	if (!say(line))
		return false;
	if ((size_t)seen.len == strlen(answer) + 1 && !strncmp(seen.text, answer, strlen(answer)))
		return true;
	printf("# of '%s' %zd bytes were read back, '%.*s', not %zu, '%s'\n", line, seen.len - 1,
	       (int)strcspn(seen.text, "\n"), seen.text, strlen(answer), answer);
	return false;
}

static inline int watched(const char *name)
{
	char path[128];

	snprintf(path, sizeof(path), WATCHED "%s", name);
	return atoi(kc_get(path));
}

static inline bool device_is_broken(void)
{
	return strtoul(kc_get(DEVICE "/status"), NULL, 16) & NEEDS_RESET;
}

static inline bool warned(const char *where)
{
	char command[64];

	snprintf(command, sizeof(command), "dmesg | grep -q 'WARNING.*%s'", where);
	return !system(command);
}

static inline bool rebind(void)
{
	if (kc_rebind(DRIVER))
		return true;
	puts("# the device cannot be bound again");
	return false;
}

#endif
