/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * What guest tests of devices share: files of sysfs and /dev, patience, and
 * results in KTAP. All of it is in this header, so a test stays one file.
 */
#ifndef KC_TEST_H
#define KC_TEST_H

#include <fcntl.h>
#include <glob.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define KC_TEST_PATIENCE 300 /* tenths of a second; a PCIe port takes five before it lets go */

/* The first file that fits the pattern, or NULL. Valid until the next call. */
static inline const char *kc_find(const char *pattern)
{
	static char path[512];
	glob_t found;

	if (glob(pattern, 0, NULL, &found))
		return NULL;
	snprintf(path, sizeof(path), "%s", found.gl_pathv[0]);
	globfree(&found);
	return path;
}

/* Waits until a file fits the pattern, or until none does any more. */
static inline bool kc_await(const char *pattern, bool there)
{
	for (int i = 0; i < KC_TEST_PATIENCE && !kc_find(pattern) == there; i++)
		usleep(100000);
	return !kc_find(pattern) != there;
}

/* Writes to the file that fits the pattern, in one write(). */
static inline bool kc_put(const char *pattern, const char *text)
{
	const char *path = kc_find(pattern);
	int fd = path ? open(path, O_WRONLY) : -1;
	bool ok = fd >= 0 && write(fd, text, strlen(text)) == (ssize_t)strlen(text);

	if (fd >= 0)
		close(fd);
	return ok;
}

/* The file's text without the newline; "" where there is none. Valid until the next call. */
static inline const char *kc_get(const char *pattern)
{
	static char text[4096];
	const char *path = kc_find(pattern);
	int fd = path ? open(path, O_RDONLY) : -1;
	ssize_t n = fd < 0 ? -1 : read(fd, text, sizeof(text) - 1);

	if (fd >= 0)
		close(fd);
	text[n > 0 ? n : 0] = 0;
	text[strcspn(text, "\n")] = 0;
	return text;
}

/* Waits until the file shows the text; says what it shows instead. */
static inline bool kc_shows(const char *pattern, const char *text)
{
	for (int i = 0; i < KC_TEST_PATIENCE && strcmp(kc_get(pattern), text); i++)
		usleep(100000);
	if (!strcmp(kc_get(pattern), text))
		return true;
	printf("# %s shows '%s', not '%s'\n", pattern, kc_get(pattern), text);
	return false;
}

/* Writes a message, and reads what the same file then shows: its length, or -1. */
static inline ssize_t kc_ask(const char *pattern, const void *text, size_t size, void *answer,
			     size_t room)
{
	const char *path = kc_find(pattern);
	int fd = path ? open(path, O_RDWR) : -1;
	ssize_t n = fd < 0 ? -1 : write(fd, text, size);

	if (n == (ssize_t)size) {
		lseek(fd, 0, SEEK_SET); /* a file of sysfs has a place, a char device has none */
		n = read(fd, answer, room);
	} else {
		n = -1;
	}
	if (fd >= 0)
		close(fd);
	return n;
}

/*
 * Unbinds a device of the driver @from, and binds it to @to; both are folders of
 * /sys/bus/virtio/drivers and may be the same. Without its driver a device is reset.
 */
static inline bool kc_move(const char *from, const char *to)
{
	char device[256], file[256], name[64];
	const char *path;

	snprintf(device, sizeof(device), "%s/virtio*", from);
	path = kc_find(device);
	if (!path)
		return false;
	snprintf(name, sizeof(name), "%s", strrchr(path, '/') + 1);
	snprintf(device, sizeof(device), "%s/%s", from, name);
	snprintf(file, sizeof(file), "%s/unbind", from);
	if (!kc_put(file, name) || kc_find(device))
		return false;
	snprintf(device, sizeof(device), "%s/%s", to, name);
	snprintf(file, sizeof(file), "%s/bind", to);
	return kc_put(file, name) && kc_await(device, true);
}

static inline bool kc_rebind(const char *driver)
{
	return kc_move(driver, driver);
}

/* Has the host unplug @id and plug it into hotplug0 again; the @pattern's file goes and comes. */
static inline bool kc_replug(const char *id, const char *type, const char *pattern)
{
	char command[256];

	snprintf(command, sizeof(command), "kc-host unplug %s", id);
	if (system(command) || !kc_await(pattern, false))
		return false;
	snprintf(command, sizeof(command), "kc-host plug %s,id=%s,bus=hotplug0", type, id);
	return !system(command) && kc_await(pattern, true);
}

static struct {
	char **wanted; /* none: all but those that are run by name only */
	int number;
	bool failed;
	const char *skipped; /* why, of the test that runs */
} kc_tests;

/* What a test returns that cannot be run here. */
static inline bool kc_skip(const char *why)
{
	kc_tests.skipped = why;
	return true;
}

static inline void kc_test_begin(int argc, char **argv)
{
	kc_tests.wanted = argv + (argc > 0);
	puts("KTAP version 1");
}

static inline bool kc_test_is_named(const char *name)
{
	char **at = kc_tests.wanted;

	while (*at && strcmp(*at, name))
		at++;
	return *at;
}

static inline void kc_test_run(const char *name, bool (*run)(void))
{
	bool ok;

	kc_tests.skipped = NULL;
	ok = run();
	printf("%sok %d %s", ok ? "" : "not ", ++kc_tests.number, name);
	if (ok && kc_tests.skipped)
		printf(" # SKIP %s", kc_tests.skipped);
	putchar('\n');
	fflush(stdout);
	kc_tests.failed |= !ok;
}

/* Runs it if an argument of the program names it, or there is none. */
static inline void kc_test(const char *name, bool (*run)(void))
{
	if (!*kc_tests.wanted || kc_test_is_named(name))
		kc_test_run(name, run);
}

/* Runs it only if an argument names it: not every machine can do it. */
static inline void kc_test_by_name(const char *name, bool (*run)(void))
{
	if (kc_test_is_named(name))
		kc_test_run(name, run);
}

/* What main() returns */
static inline int kc_test_end(void)
{
	printf("1..%d\n", kc_tests.number);
	return kc_tests.failed;
}

#endif
