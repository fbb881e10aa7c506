// SPDX-License-Identifier: GPL-2.0-only
/* Guest tests of virtio-echo: the device comes, goes, sleeps and speaks. */
#define _GNU_SOURCE
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/klog.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "test.h"

static void rebind(void (*between)(int fd), int fd)
{
	const char *name = virtio_name();

	CHECK(!put_text(DRIVER "unbind", name), "%s: %s", name, strerror(errno));
	if (between)
		between(fd);
	CHECK(!put_text(DRIVER "bind", name), "%s: %s", name, strerror(errno));
	close(open_node(NODE, 0));
}

static void test_log(void)
{
	static char log[MIB];
	int n = klogctl(3 /* SYSLOG_ACTION_READ_ALL */, log, sizeof(log) - 1);

	CHECK(n > 0, "%s", strerror(errno));
	CHECK(strstr(log, MODULE " virtio"), "no line of the driver");
	CHECK(strstr(log, "Virtio echo device"), "no line of the device");
}

static void test_config(void)
{
	char greeting[128];

	CHECK(get_number(SYSFS "version") == VIRTIO_ECHO_VERSION, "not ours");
	CHECK(max_payload() >= 1, "no room");
	CHECK(get_text(SYSFS "greeting", greeting, sizeof(greeting)), "%s", strerror(errno));
	CHECK(strlen(greeting) <= VIRTIO_ECHO_GREETING_MAX, "%zu bytes", strlen(greeting));
	printf("# greeting \"%s\", max payload %zu\n", greeting, max_payload());
}

static void test_events(void)
{
	char text[256];
	int fd;

	if (!has_feature(VIRTIO_ECHO_F_EVENT)) {
		CHECK_ERRNO(access(EVENTS, F_OK), ENOENT);
		skip("the device does not offer events");
	}
	fd = open(EVENTS, O_RDONLY | O_NONBLOCK);
	CHECK(fd >= 0, "%s", strerror(errno));
	CHECK_ERRNO(read(fd, text, sizeof(text)), EAGAIN);
	CHECK_ERRNO(write(fd, "x", 1), EBADF);
	CHECK(poll_for(fd, POLLIN, 50) == 0, "an event out of nothing");
}

static void *blocked_read(void *arg)
{
	struct worker *w = arg;
	char byte;

	w->error = read(w->fd, &byte, 1) < 0 ? errno : 0;
	return NULL;
}

static void check_gone(int fd)
{
	char byte = 0;

	CHECK_ERRNO(read(fd, &byte, 1), ENODEV);
	CHECK_ERRNO(write(fd, &byte, 1), ENODEV);
	CHECK(poll_for(fd, POLLIN, 0) & POLLHUP, "no hang-up");
	CHECK_ERRNO(access(NODE, F_OK), ENOENT);
}

static void test_unbind(void)
{
	int fd = open_clean(0);

	start(4, blocked_read, &(struct worker){.fd = fd});
	pause_ms(100);
	rebind(check_gone, fd);
	join(4);
	for (int i = 0; i < 4; i++)
		CHECK(workers[i].error == ENODEV, "%s", strerror(workers[i].error));
	CHECK_ERRNO(write(fd, "x", 1), ENODEV);
	round_trip(open_node(NODE, 0), at_most(1000), 1);
}

static void *until_gone(void *arg)
{
	struct worker *w = arg;
	size_t len = 1 + w->index * 1777 % max_payload();
	uint8_t *buf = must_alloc(len), *got = must_alloc(len);
	int fd = open_node(NODE, 0);

	fill(buf, len, w->index);
	for (;;) {
		if (write(fd, buf, len) < 0 || read(fd, got, len) < 0)
			break;
		check_same(got, buf, len);
		__atomic_add_fetch(&w->done, 1, __ATOMIC_RELAXED);
	}
	w->error = errno;
	close(fd);
	free(buf);
	free(got);
	return NULL;
}

/* Whoever opens late would open the device that comes after. */
static void wait_for_all(int threads)
{
	for (int i = 0; i < threads; i++)
		while (!__atomic_load_n(&workers[i].done, __ATOMIC_RELAXED))
			pause_ms(5);
}

static void test_unbind_load(void)
{
	for (int round = 0; round < 3; round++) {
		close(open_clean(0));
		start(16, until_gone, &(struct worker){0});
		wait_for_all(16);
		rebind(NULL, -1);
		join(16);
		for (int i = 0; i < 16; i++)
			CHECK(workers[i].error == ENODEV, "%s", strerror(workers[i].error));
	}
	round_trip(open_node(NODE, 0), at_most(1000), 1);
}

static void test_busy(void)
{
	int fd = open_clean(0);

	CHECK_ERRNO(syscall(SYS_delete_module, MODULE, O_NONBLOCK), EWOULDBLOCK);
	round_trip(fd, at_most(1000), 1);
}

static void test_reload(void)
{
	int file = open_module();

	for (int i = 0; i < 10; i++) {
		CHECK(!syscall(SYS_delete_module, MODULE, O_NONBLOCK), "%d: %s", i,
		      strerror(errno));
		CHECK_ERRNO(access(NODE, F_OK), ENOENT);
		CHECK(!syscall(SYS_finit_module, file, "", 0), "%d: %s", i, strerror(errno));
		round_trip(open_clean(O_CLOEXEC), 100 + i, i);
		for (int fd = 3; fd < 10; fd++)
			if (fd != file)
				close(fd);
	}
}

/* Devices are put to sleep and woken; what was under way is not lost. */
static void test_suspend(void)
{
	int fd = open_clean(0);
	size_t size = at_most(2000);
	char states[128];

	if (access("/sys/power/pm_test", W_OK) ||
	    !get_text("/sys/power/state", states, sizeof(states)) || !states[0])
		skip("this kernel cannot test suspending");
	put_text("/sys/module/suspend/parameters/pm_test_delay", "0");
	CHECK(!put_text("/sys/power/pm_test", "devices"), "%s", strerror(errno));
	for (int i = 0; i < FILE_MESSAGES; i++)
		send_message(fd, &(uint8_t[2000]){i}, size);
	CHECK(!put_text("/sys/power/state", strstr(states, "mem") ? "mem" : "freeze"), "%s",
	      strerror(errno));
	for (int i = 0; i < FILE_MESSAGES; i++)
		expect_message(fd, &(uint8_t[2000]){i}, size);
	round_trip(fd, max_payload(), 3);
}

const struct test life_tests[] = {{"log", test_log, 10},
				  {"config", test_config, 10},
				  {"events", test_events, 10},
				  {"unbind", test_unbind, 30},
				  {"unbind-load", test_unbind_load, 60},
				  {"module-busy", test_busy, 20},
				  {"module-reload", test_reload, 60},
				  {"suspend", test_suspend, 60},
				  {0}};
