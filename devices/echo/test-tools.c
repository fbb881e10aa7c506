// SPDX-License-Identifier: GPL-2.0-only
/* Tools of the virtio-echo guest test for tests that the host drives. */
#define _GNU_SOURCE
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "test.h"

const char tools_help[] =
	"  wait-event TEXT [SECONDS]     print events until one is TEXT\n"
	"  wait-greeting TEXT [SECONDS]  wait until the greeting is TEXT\n"
	"  load SECONDS THREADS SIZE [--unplug-ok]\n"
	"                                echo and compare, up to SIZE bytes a message\n"
	"  stream COUNT SIZE             keep the ring full, check answers and order\n"
	"  latency COUNT SIZE            round trips one by one, in microseconds\n"
	"Tools print \"ready\" when the host may act, and give up after SECONDS (30).\n";

static void ready(void)
{
	puts("ready");
	fflush(stdout);
}

static double deadline(const char *seconds)
{
	return now() + (seconds ? atof(seconds) : 30);
}

static int left_ms(double until)
{
	double left = until - now();

	return left > 0 ? left * 1000 + 1 : 0;
}

static int wait_event(char **args)
{
	double until = deadline(args[1]);
	int fd = open(EVENTS, O_RDONLY | O_NONBLOCK);
	char text[256];
	ssize_t n;

	CHECK(fd >= 0, "%s: %s", EVENTS, strerror(errno));
	ready();
	while (poll_for(fd, POLLIN, left_ms(until))) {
		n = read(fd, text, sizeof(text) - 1);
		CHECK(n > 0, "%s", n ? strerror(errno) : "empty");
		text[n - 1] = 0;
		puts(text);
		fflush(stdout);
		if (!strcmp(text, args[0]))
			return PASS;
	}
	fail("no event \"%s\" in time", args[0]);
}

static int wait_greeting(char **args)
{
	double until = deadline(args[1]);
	int fd = open(SYSFS "greeting", O_RDONLY);
	char text[128];
	ssize_t n;

	CHECK(fd >= 0, "%s", strerror(errno));
	for (bool first = true;; first = false) {
		/* Reading arms the next wake-up. */
		n = pread(fd, text, sizeof(text) - 1, 0);
		CHECK(n > 0, "%s", n ? strerror(errno) : "empty");
		text[n - 1] = 0;
		puts(text);
		if (!strcmp(text, args[0]))
			return PASS;
		if (first)
			ready();
		if (!poll_for(fd, POLLPRI, left_ms(until)))
			fail("the greeting is still \"%s\"", text);
	}
}

static int opened; /* threads of the load that have the node open */

static void *load(void *arg)
{
	struct worker *w = arg;
	uint8_t *buf = must_alloc(w->size), *got = must_alloc(w->size + 1);
	int fd = open_node(NODE, 0);

	__atomic_add_fetch(&opened, 1, __ATOMIC_RELAXED);
	while (now() < w->until) {
		size_t len = 1 + (w->done * 7919 + w->index * 977) % w->size;
		ssize_t n;

		fill(buf, len, w->index << 20 | w->done);
		if (write(fd, buf, len) < 0 || (n = read(fd, got, w->size + 1)) < 0) {
			w->error = errno;
			break;
		}
		CHECK(n == (ssize_t)len, "%zd bytes for %zu", n, len);
		check_same(got, buf, len);
		w->done++;
	}
	close(fd);
	return NULL;
}

static int run_load(char **args)
{
	int threads = atoi(args[1]), status = PASS;
	size_t size = atol(args[2]);
	bool unplug_ok = args[3] && !strcmp(args[3], "--unplug-ok");
	long done = 0;

	CHECK(threads >= 1 && threads <= THREADS, "1 to %d threads", THREADS);
	CHECK(size >= 1 && size <= max_payload(), "1 to %zu bytes", max_payload());
	start(threads, load, &(struct worker){.size = size, .until = now() + atof(args[0])});
	/* A thread that the others starve would open a device that has left. */
	while (__atomic_load_n(&opened, __ATOMIC_RELAXED) < threads)
		pause_ms(5);
	ready();
	join(threads);
	for (int i = 0; i < threads; i++) {
		done += workers[i].done;
		if (workers[i].error == ENODEV && unplug_ok)
			status = GONE;
		else if (workers[i].error)
			fail("thread %d: %s", i, strerror(workers[i].error));
	}
	printf("%ld messages back and compared%s\n", done,
	       status == GONE ? ", then the device went away" : "");
	return status;
}

static void *stream_writer(void *arg)
{
	struct worker *w = arg;
	uint8_t *buf = must_alloc(w->size);

	for (long i = 0; i < w->done; i++) {
		fill(buf, w->size, i);
		send_message(w->fd, buf, w->size);
	}
	free(buf);
	return NULL;
}

static int run_stream(char **args)
{
	long count = atol(args[0]);
	size_t size = atol(args[1]);
	uint8_t *buf;
	int fd = open_clean(0);

	CHECK(size >= 1 && size <= max_payload(), "1 to %zu bytes", max_payload());
	buf = must_alloc(size);
	start(1, stream_writer, &(struct worker){.fd = fd, .size = size, .done = count});
	for (long i = 0; i < count; i++) {
		if (i == 1)
			ready();
		fill(buf, size, i);
		expect_message(fd, buf, size);
	}
	join(1);
	printf("%ld messages of %zu bytes back, in order and compared\n", count, size);
	return PASS;
}

static int ascending(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;

	return (x > y) - (x < y);
}

static int run_latency(char **args)
{
	long count = atol(args[0]);
	double *times = must_alloc(count * sizeof(*times));
	int fd = open_clean(0);

	CHECK(count >= 1, "at least one");
	for (long i = 0; i < count; i++) {
		double begin = now();

		round_trip(fd, atol(args[1]), i);
		times[i] = (now() - begin) * 1e6;
	}
	qsort(times, count, sizeof(*times), ascending);
	printf("min %.0f median %.0f max %.0f\n", times[0], times[count / 2], times[count - 1]);
	return PASS;
}

static const struct {
	const char *name;
	int args;
	int (*run)(char **args);
} tools[] = {
	{"wait-event", 1, wait_event}, {"wait-greeting", 1, wait_greeting}, {"load", 3, run_load},
	{"stream", 2, run_stream},     {"latency", 2, run_latency},
};

/* Returns how the tool ended, or -1 if there is none of that name. */
int run_tool(char **args)
{
	int n = 0;

	while (args[n + 1])
		n++;
	for (size_t i = 0; i < sizeof(tools) / sizeof(*tools); i++) {
		if (strcmp(args[0], tools[i].name))
			continue;
		return n < tools[i].args ? USAGE : tools[i].run(args + 1);
	}
	return -1;
}
