/* SPDX-License-Identifier: GPL-2.0-only */
/* What the parts of the guest test of virtio-echo share. */
#ifndef ECHO_TEST_H
#define ECHO_TEST_H

#include <errno.h>
#include <pthread.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include "abi.h"

#define NODE "/dev/echo0"
#define EVENTS "/dev/echo0-events"
#define SYSFS "/sys/class/echo/echo0/"
#define DRIVER "/sys/bus/virtio/drivers/echo_virtio/"
#define MODULE "echo_virtio"

/* What README.md promises */
#define FILE_MESSAGES 256
#define MAILBOX 64

#define MIB (1 << 20)
#define THREADS 64
#define SKIP_REASON_MAX 200

/* How a test, a tool and the whole program end */
enum { PASS, FAIL, USAGE, GONE, SKIP };

struct worker {
	pthread_t thread;
	int fd;
	int index;
	size_t size;
	double until;
	long done;
	int error;
};

struct test {
	const char *name;
	void (*run)(void);
	int seconds;
};

extern const char *module_file;
extern char *skip_reason;
extern struct worker workers[THREADS];

/* test-io.c, test-life.c, test-memory.c, test-tools.c */
extern const struct test io_tests[];
extern const struct test life_tests[];
extern const struct test memory_tests[]; /* run only when named */
int run_tool(char **args);
extern const char tools_help[];

/* test-util.c */
_Noreturn __attribute__((format(printf, 1, 2))) void fail(const char *fmt, ...);
_Noreturn __attribute__((format(printf, 1, 2))) void skip(const char *fmt, ...);

#define CHECK(cond, fmt, ...)                                                              \
	do {                                                                               \
		if (!(cond))                                                               \
			fail("%s:%d: %s: " fmt, __FILE__, __LINE__, #cond, ##__VA_ARGS__); \
	} while (0)

/* The call fails, and just so. */
#define CHECK_ERRNO(call, number)                                                   \
	do {                                                                        \
		long ret_ = (call);                                                 \
		CHECK(ret_ == -1 && errno == (number), "got %ld, %s, not %s", ret_, \
		      ret_ == -1 ? strerror(errno) : "no error", strerror(number)); \
	} while (0)

double now(void);
void pause_ms(int ms);
void *must_alloc(size_t size);

bool get_text(const char *path, char *text, size_t size);
int put_text(const char *path, const char *text);
long get_number(const char *path);
long get_stat(const char *name);
void set_operation(const char *name);
bool has_feature(int bit);
size_t max_payload(void);
size_t at_most(size_t len);

void fill(uint8_t *buf, size_t len, uint32_t seed);
void check_same(const uint8_t *got, const uint8_t *want, size_t len);
void send_message(int fd, const void *buf, size_t len);
void expect_message(int fd, const void *want, size_t len);
void round_trip(int fd, size_t len, uint32_t seed);

int open_node(const char *path, int flags);
int open_clean(int flags);
int open_module(void);
const char *virtio_name(void);
int poll_for(int fd, int events, int ms);

void start(int n, void *(*run)(void *), const struct worker *like);
void join(int n);

#endif
