// SPDX-License-Identifier: GPL-2.0-only
/* Guest tests of virtio-echo: what goes in comes out. */
#define _GNU_SOURCE
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/uio.h>
#include <sys/wait.h>
#include <unistd.h>

#include "test.h"

static void test_sizes(void)
{
	static const size_t sizes[] = {
		1, 2, 15, 16, 17, 4079, 4080, 4081, 4095, 4096, 4097, 65535, 65536, MIB - 1, MIB,
	};
	int fd = open_clean(0);

	for (size_t i = 0; i < sizeof(sizes) / sizeof(*sizes); i++)
		if (sizes[i] <= max_payload())
			round_trip(fd, sizes[i], i);
	round_trip(fd, max_payload(), 99);
}

static void test_limits(void)
{
	int fd = open_clean(0);
	size_t len = max_payload() + 1;
	char *buf = must_alloc(len);

	CHECK_ERRNO(write(fd, buf, len), EMSGSIZE);
	CHECK(write(fd, buf, 0) == 0, "%s", strerror(errno));
	CHECK(read(fd, buf, 0) == 0, "%s", strerror(errno));
	CHECK_ERRNO(write(fd, (void *)8, 100), EFAULT);
	CHECK_ERRNO(lseek(fd, 0, SEEK_CUR), ESPIPE);
	send_message(fd, "still here", 10);
	CHECK_ERRNO(read(fd, (void *)8, 100), EFAULT);
	expect_message(fd, "still here", 10);
}

static void test_vectors(void)
{
	struct iovec out[] = {{"one ", 4}, {"", 0}, {"message", 7}};
	char a[3] = "", b[20] = "";
	struct iovec in[] = {{a, sizeof(a)}, {b, sizeof(b)}};
	int fd = open_clean(0);

	CHECK(writev(fd, out, 3) == 11, "%s", strerror(errno));
	CHECK(readv(fd, in, 2) == 11, "%s", strerror(errno));
	CHECK(!memcmp(a, "one", 3) && !memcmp(b, " message", 8), "%.3s%.8s", a, b);
}

static void transform(const char *name, void (*model)(uint8_t *, size_t))
{
	static const size_t sizes[] = {1, 2, 256, 4081, 70001, MIB};
	int fd = open_clean(0);

	if (!has_feature(VIRTIO_ECHO_F_TRANSFORM))
		skip("the device does not offer transforms");
	set_operation(name);
	for (size_t i = 0; i < sizeof(sizes) / sizeof(*sizes); i++) {
		size_t len = at_most(sizes[i]);
		uint8_t *buf = must_alloc(len);

		fill(buf, len, i);
		send_message(fd, buf, len);
		model(buf, len);
		expect_message(fd, buf, len);
		free(buf);
	}
	set_operation("echo");
}

static void model_upper(uint8_t *buf, size_t len)
{
	for (size_t i = 0; i < len; i++)
		if (buf[i] >= 'a' && buf[i] <= 'z')
			buf[i] -= 'a' - 'A';
}

static void model_reverse(uint8_t *buf, size_t len)
{
	for (size_t i = 0; i < len / 2; i++) {
		uint8_t byte = buf[i];

		buf[i] = buf[len - 1 - i];
		buf[len - 1 - i] = byte;
	}
}

static void test_upper(void)
{
	transform("upper", model_upper);
}

static void test_reverse(void)
{
	transform("reverse", model_reverse);
}

static void test_operation(void)
{
	char text[32];

	CHECK_ERRNO(put_text(SYSFS "operation", "frobnicate"), EINVAL);
	if (!has_feature(VIRTIO_ECHO_F_TRANSFORM))
		CHECK_ERRNO(put_text(SYSFS "operation", "upper"), EOPNOTSUPP);
	set_operation("echo\n");
	CHECK(get_text(SYSFS "operation", text, sizeof(text)), "%s", strerror(errno));
	CHECK(!strcmp(text, "echo"), "%s", text);
}

static void *own_file(void *arg)
{
	struct worker *w = arg;
	int fd = open_node(NODE, 0);

	for (int i = 0; i < w->done; i++)
		round_trip(fd, 1 + (w->index * 977 + i * 4093) % w->size, w->index << 16 | i);
	close(fd);
	return NULL;
}

static void test_threads(void)
{
	size_t size = at_most(40000);

	close(open_clean(0));
	start(THREADS, own_file, &(struct worker){.done = 20, .size = size});
	join(THREADS);
	start(8, own_file, &(struct worker){.done = 4, .size = max_payload()});
	join(8);
}

/* On a shared file a thread may be given the answer to any other. */
#define SHARED_ROUNDS 30
static char shared_seen[THREADS * SHARED_ROUNDS];

static void *shared_file(void *arg)
{
	struct worker *w = arg;
	uint32_t buf[64], got[64];

	for (int i = 0; i < SHARED_ROUNDS; i++) {
		fill((void *)buf, sizeof(buf), buf[0] = w->index * SHARED_ROUNDS + i);
		buf[0] = w->index * SHARED_ROUNDS + i;
		send_message(w->fd, buf, sizeof(buf));
		CHECK(read(w->fd, got, sizeof(got)) == sizeof(got), "%s", strerror(errno));
		CHECK(got[0] < sizeof(shared_seen), "tag %u", got[0]);
		fill((void *)buf, sizeof(buf), got[0]);
		check_same((void *)&got[1], (void *)&buf[1], sizeof(buf) - 4);
		CHECK(!__atomic_exchange_n(&shared_seen[got[0]], 1, __ATOMIC_RELAXED),
		      "message %u came twice", got[0]);
	}
	return NULL;
}

static void test_shared(void)
{
	start(THREADS, shared_file, &(struct worker){.fd = open_clean(0)});
	join(THREADS);
	CHECK(!memchr(shared_seen, 0, sizeof(shared_seen)), "a message is missing");
}

static void test_nonblock(void)
{
	int fd = open_clean(O_NONBLOCK), n;
	char byte;

	CHECK_ERRNO(read(fd, &byte, 1), EAGAIN);
	for (n = 0; n <= FILE_MESSAGES; n++) {
		byte = n;
		if (write(fd, &byte, 1) != 1)
			break;
	}
	CHECK(errno == EAGAIN && n == FILE_MESSAGES, "%d, %s", n, strerror(errno));
	CHECK(!(poll_for(fd, POLLOUT, 0) & POLLOUT), "when full");
	for (int i = 0; i < n; i++) {
		CHECK(poll_for(fd, POLLIN, 10000) == POLLIN, "answer %d", i);
		CHECK(read(fd, &byte, 1) == 1 && byte == (char)i, "answer %d", i);
		CHECK(poll_for(fd, POLLOUT, 0) == POLLOUT, "answer %d", i);
	}
	CHECK_ERRNO(read(fd, &byte, 1), EAGAIN);
}

static void *write_one(void *arg)
{
	struct worker *w = arg;

	send_message(w->fd, "x", 1);
	__atomic_store_n(&w->done, 1, __ATOMIC_RELEASE);
	return NULL;
}

static void test_blocked_writer(void)
{
	int fd = open_clean(0);

	for (int i = 0; i < FILE_MESSAGES; i++)
		send_message(fd, "x", 1);
	start(1, write_one, &(struct worker){.fd = fd});
	pause_ms(200);
	CHECK(!__atomic_load_n(&workers[0].done, __ATOMIC_ACQUIRE), "did not block");
	expect_message(fd, "x", 1);
	join(1);
}

static void test_poll(void)
{
	int fd = open_clean(0);

	CHECK(poll_for(fd, POLLIN | POLLOUT, 0) == POLLOUT, "when idle");
	CHECK(poll_for(fd, POLLIN, 50) == 0, "when idle");
	send_message(fd, "wake", 4);
	CHECK(poll_for(fd, POLLIN, 10000) == POLLIN, "no answer");
	expect_message(fd, "wake", 4);
	CHECK(poll_for(fd, POLLIN, 0) == 0, "when read");
}

static void test_boundaries(void)
{
	int fd = open_clean(0);
	char buf[20];

	send_message(fd, "0123456789", 10);
	send_message(fd, "abcde", 5);
	CHECK(read(fd, buf, 4) == 4 && !memcmp(buf, "0123", 4), "%.4s", buf);
	CHECK(read(fd, buf, 4) == 4 && !memcmp(buf, "4567", 4), "%.4s", buf);
	CHECK(read(fd, buf, 20) == 2 && !memcmp(buf, "89", 2), "%.2s", buf);
	CHECK(read(fd, buf, 20) == 5 && !memcmp(buf, "abcde", 5), "%.5s", buf);
}

static void test_order(void)
{
	static uint8_t buf[8000];
	size_t size = at_most(7000);
	int fd = open_clean(0);

	fill(buf, sizeof(buf), 7);
	for (int i = 0; i < 200; i++)
		send_message(fd, buf + i, 1 + i * 37 % size);
	for (int i = 0; i < 200; i++)
		expect_message(fd, buf + i, 1 + i * 37 % size);
}

static void test_mailbox(void)
{
	int fd = open_clean(0), other;
	long dropped = get_stat("dropped");

	for (int i = 0; i < 100; i++)
		send_message(fd, &(uint8_t){i}, 1);
	close(fd);
	CHECK(get_stat("dropped") == dropped + 100 - MAILBOX, "%ld", get_stat("dropped"));

	other = open_node(NODE, 0);
	send_message(other, "mine", 4);
	expect_message(other, "mine", 4);
	for (int i = 100 - MAILBOX; i < 100; i++)
		expect_message(other, &(uint8_t){i}, 1);
	CHECK(poll_for(other, POLLIN, 50) == 0, "the mailbox is not empty");
}

static void on_signal(int number)
{
	(void)number;
}

static void test_signal(void)
{
	struct sigaction action = {.sa_handler = on_signal};
	int fd = open_clean(0);
	pid_t child;
	char byte;

	sigaction(SIGUSR1, &action, NULL);
	child = fork();
	/* Again and again: the first may come before the read has begun. */
	while (!child) {
		pause_ms(100);
		if (kill(getppid(), SIGUSR1))
			_exit(0);
	}
	CHECK_ERRNO(read(fd, &byte, 1), EINTR);
	signal(SIGUSR1, SIG_IGN);
	kill(child, SIGKILL);
	waitpid(child, NULL, 0);
	round_trip(fd, 100, 1);
}

const struct test io_tests[] = {
	{"sizes", test_sizes, 60},	 {"limits", test_limits, 20},
	{"vectors", test_vectors, 10},	 {"operation", test_operation, 10},
	{"upper", test_upper, 30},	 {"reverse", test_reverse, 30},
	{"threads", test_threads, 120},	 {"shared-file", test_shared, 60},
	{"nonblock", test_nonblock, 60}, {"blocked-writer", test_blocked_writer, 30},
	{"poll", test_poll, 20},	 {"boundaries", test_boundaries, 10},
	{"order", test_order, 30},	 {"mailbox", test_mailbox, 30},
	{"signal", test_signal, 10},	 {0}};
