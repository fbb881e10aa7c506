// SPDX-License-Identifier: GPL-2.0-only
/* The guest test of virtio-echo: what its tests and tools are made of. */
#include <fcntl.h>
#include <poll.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/utsname.h>
#include <time.h>
#include <unistd.h>

#include "test.h"

const char *module_file;
char *skip_reason;

void fail(const char *fmt, ...)
{
	char text[400];
	va_list args;

	va_start(args, fmt);
	vsnprintf(text, sizeof(text), fmt, args);
	va_end(args);
	printf("# %s\n", text);
	fflush(NULL);
	_exit(FAIL);
}

/* The reason is in memory shared with the parent, which reports it. */
void skip(const char *fmt, ...)
{
	va_list args;

	va_start(args, fmt);
	vsnprintf(skip_reason, SKIP_REASON_MAX, fmt, args);
	va_end(args);
	fflush(NULL);
	_exit(SKIP);
}

double now(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return ts.tv_sec + ts.tv_nsec / 1e9;
}

void pause_ms(int ms)
{
	poll(NULL, 0, ms);
}

void *must_alloc(size_t size)
{
	void *p = malloc(size ? size : 1);

	CHECK(p, "%zu bytes", size);
	return p;
}

/* Files in sysfs and the like, without the newline at the end */

bool get_text(const char *path, char *text, size_t size)
{
	int fd = open(path, O_RDONLY);
	ssize_t n = fd < 0 ? -1 : read(fd, text, size - 1);

	if (fd >= 0)
		close(fd);
	if (n < 0)
		return false;
	text[n] = 0;
	if (n && text[n - 1] == '\n')
		text[n - 1] = 0;
	return true;
}

int put_text(const char *path, const char *text)
{
	int fd = open(path, O_WRONLY), n, saved;

	if (fd < 0)
		return -1;
	n = write(fd, text, strlen(text));
	saved = errno;
	close(fd);
	errno = saved;
	return n < 0 ? -1 : 0;
}

long get_number(const char *path)
{
	char text[64];

	CHECK(get_text(path, text, sizeof(text)), "%s: %s", path, strerror(errno));
	return strtol(text, NULL, 10);
}

long get_stat(const char *name)
{
	char text[1024], *at;

	CHECK(get_text(SYSFS "stats", text, sizeof(text)), "%s", strerror(errno));
	at = strstr(text, name);
	CHECK(at, "stats without %s", name);
	return strtol(at + strlen(name), NULL, 10);
}

void set_operation(const char *name)
{
	CHECK(!put_text(SYSFS "operation", name), "%s: %s", name, strerror(errno));
}

bool has_feature(int bit)
{
	char bits[80];

	CHECK(get_text(SYSFS "device/features", bits, sizeof(bits)), "%s", strerror(errno));
	return bits[bit] == '1';
}

/* Messages: a pattern that tells every seed and place */

void fill(uint8_t *buf, size_t len, uint32_t seed)
{
	uint32_t x = seed * 2654435761u + 1;

	for (size_t i = 0; i < len; i++) {
		x = x * 1664525u + 1013904223u;
		buf[i] = x >> 24;
	}
}

void check_same(const uint8_t *got, const uint8_t *want, size_t len)
{
	if (!memcmp(got, want, len))
		return;
	for (size_t i = 0; i < len; i++)
		CHECK(got[i] == want[i], "byte %zu of %zu: 0x%02x, not 0x%02x", i, len, got[i],
		      want[i]);
}

void send_message(int fd, const void *buf, size_t len)
{
	ssize_t n = write(fd, buf, len);

	CHECK(n == (ssize_t)len, "%zu bytes: %zd, %s", len, n, strerror(errno));
}

void expect_message(int fd, const void *want, size_t len)
{
	uint8_t *got = must_alloc(len + 1);
	ssize_t n = read(fd, got, len + 1);

	CHECK(n == (ssize_t)len, "%zu bytes: %zd, %s", len, n, strerror(errno));
	check_same(got, want, len);
	free(got);
}

void round_trip(int fd, size_t len, uint32_t seed)
{
	uint8_t *buf = must_alloc(len);

	fill(buf, len, seed);
	send_message(fd, buf, len);
	expect_message(fd, buf, len);
	free(buf);
}

size_t at_most(size_t len)
{
	size_t most = max_payload();

	return len < most ? len : most;
}

int open_node(const char *path, int flags)
{
	int fd;

	/* devtmpfs follows a bind a little later. */
	for (int i = 0; (fd = open(path, O_RDWR | flags)) < 0 && i < 400; i++)
		pause_ms(20);
	CHECK(fd >= 0, "%s: %s", path, strerror(errno));
	return fd;
}

/* Opens the device with nothing left over from those before. */
int open_clean(int flags)
{
	static char rest[2 * MIB];
	int fd = open_node(NODE, O_NONBLOCK);

	set_operation("echo");
	while (get_stat("requests") != get_stat("responses") + get_stat("cancelled"))
		pause_ms(10);
	while (read(fd, rest, sizeof(rest)) > 0)
		;
	CHECK(errno == EAGAIN, "%s", strerror(errno));
	close(fd);
	return open_node(NODE, flags);
}

int poll_for(int fd, int events, int ms)
{
	struct pollfd p = {.fd = fd, .events = events};

	poll(&p, 1, ms);
	return p.revents;
}

const char *virtio_name(void)
{
	static char path[256];
	ssize_t n = readlink(SYSFS "device", path, sizeof(path) - 1);

	CHECK(n > 0, "%s", strerror(errno));
	path[n] = 0;
	return strrchr(path, '/') + 1;
}

int open_module(void)
{
	struct utsname name;
	char path[256];
	int fd;

	if (module_file) {
		fd = open(module_file, O_RDONLY);
		CHECK(fd >= 0, "%s: %s", module_file, strerror(errno));
		return fd;
	}
	uname(&name);
	snprintf(path, sizeof(path), "/lib/modules/%s/extra/" MODULE ".ko", name.release);
	fd = open(path, O_RDONLY);
	if (fd < 0)
		skip("no module at %s; say where with --module FILE", path);
	return fd;
}

size_t max_payload(void)
{
	return get_number(SYSFS "max_payload");
}

/* Threads; a failed CHECK in any of them ends the test. */

struct worker workers[THREADS];

void start(int n, void *(*run)(void *), const struct worker *like)
{
	for (int i = 0; i < n; i++) {
		workers[i] = *like;
		workers[i].index = i;
		CHECK(!pthread_create(&workers[i].thread, NULL, run, &workers[i]), "thread %d", i);
	}
}

void join(int n)
{
	for (int i = 0; i < n; i++)
		pthread_join(workers[i].thread, NULL);
}
