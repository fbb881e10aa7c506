// SPDX-License-Identifier: GPL-2.0-only
/*
 * Guest test of virtio-fault: both halves do right while they are told to, and
 * each fault of the driver shows as README.md says and ends with it.
 */
#define _GNU_SOURCE
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#define DRIVER "/sys/bus/virtio/drivers/fault_virtio/"
#define LOOKS_MS 300
#define PARAMETERS "/sys/module/fault_virtio/parameters/"

/* For what has to work on a busy host, and for what cannot work at all */
#define LONG_MS "30000"
#define SHORT_MS "300"

/* Expected of a request: 0, an error, or */
#define EITHER -1

enum { PASS, FAIL, USAGE, SKIP };

static char device[32];
static char *reason;

static int end(int how, const char *format, ...) __attribute__((format(printf, 2, 3)));
static int end(int how, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	free(reason);
	if (vasprintf(&reason, format, args) < 0)
		reason = NULL;
	va_end(args);
	return how;
}

/* Returns 0 or the error. */
static int put_text(const char *path, const char *text)
{
	int fd = open(path, O_WRONLY), err = 0;

	if (fd < 0)
		return errno;
	if (write(fd, text, strlen(text)) < 0)
		err = errno;
	close(fd);
	return err;
}

static bool find_device(void)
{
	DIR *dir = opendir(DRIVER);
	struct dirent *entry;

	*device = 0;
	while (dir && (entry = readdir(dir)))
		if (!strncmp(entry->d_name, "virtio", 6))
			snprintf(device, sizeof(device), "%.31s", entry->d_name);
	if (dir)
		closedir(dir);
	return *device;
}

static int submit_text(const char *count)
{
	char path[128];

	snprintf(path, sizeof(path), DRIVER "%s/submit", device);
	return put_text(path, count);
}

static int submit(const char *count, int expected)
{
	int err;

	put_text(PARAMETERS "limit_ms", expected == ETIMEDOUT ? SHORT_MS : LONG_MS);
	err = submit_text(count);
	if (err == expected || expected == EITHER)
		return PASS;
	return end(FAIL, "%s requests: error %d, not %d", count, err, expected);
}

/* Returns 0 or the error that the driver's probe returned. */
static int bind_again(const char *fault)
{
	int err = put_text(PARAMETERS "fault", fault);

	put_text(DRIVER "unbind", device);
	return err ? err : put_text(DRIVER "bind", device);
}

/* Tests of what is healthy */

static int test_one(void)
{
	return submit("1", 0);
}

static int test_many(void)
{
	return submit("5000", 0);
}

static int test_parallel(void)
{
	int failed = 0, status;

	fflush(NULL);
	for (int i = 0; i < 8; i++)
		if (!fork())
			_exit(submit("500", 0));
	while (wait(&status) > 0)
		failed += status != 0;
	return failed ? end(FAIL, "%d of 8 processes failed", failed) : PASS;
}

static int test_numbers(void)
{
	static const char *const bad[] = {"0", "-1", "x", "1000001", "1 2"};

	for (size_t i = 0; i < sizeof(bad) / sizeof(*bad); i++)
		if (submit(bad[i], EINVAL))
			return FAIL;
	return PASS;
}

static int test_rebind(void)
{
	for (int i = 0; i < 5; i++) {
		int err = bind_again("none");

		if (err)
			return end(FAIL, "bind %d: %s", i, strerror(err));
		if (submit("65", 0))
			return FAIL;
	}
	return PASS;
}

static int test_unknown(void)
{
	int err = put_text(PARAMETERS "fault", "no-such-fault");

	return err == EINVAL ? PASS : end(FAIL, "%s", strerror(err));
}

/* Only by name: with a faulty device the driver fails, but lives on. */
static int test_survives(void)
{
	int err;

	put_text(PARAMETERS "limit_ms", SHORT_MS);
	for (int i = 0; i < 3; i++) {
		err = submit_text("70");
		if (err != EIO && err != ETIMEDOUT)
			return end(FAIL, "with this device: %s", strerror(err));
		err = bind_again("none");
		if (err)
			return end(FAIL, "bind %d: %s", i, strerror(err));
	}
	return PASS;
}

static const struct {
	const char *name;
	int (*run)(void);
} tests[] = {
	{"one", test_one},	   {"many", test_many},	    {"parallel", test_parallel},
	{"numbers", test_numbers}, {"rebind", test_rebind}, {"unknown-fault", test_unknown},
};

/* The driver's faults: what becomes of a first request, and of two more */
static const struct driver_fault {
	const char *name;
	int first;
	int second;
} driver_faults[] = {
	{"no-kick", ETIMEDOUT, ETIMEDOUT},
	{"kick-only", 0, 0},
	{"never-collects", ETIMEDOUT, ETIMEDOUT},
	{"queue-full", ETIMEDOUT, ETIMEDOUT},
	{"callbacks-off", ETIMEDOUT, ETIMEDOUT},
	{"no-reenable", 0, ETIMEDOUT},
	{"masked-vector", ETIMEDOUT, ETIMEDOUT},
	{"disabled-irq", ETIMEDOUT, ETIMEDOUT},
	{"event-behind", 0, ETIMEDOUT},
	{"reset", ETIMEDOUT, ETIMEDOUT},
	{"bad-address", EIO, EITHER}, /* without indirect descriptors the next goes well */
	{"zero-length", EIO, EIO},
	{"long-chain", EIO, EIO},
	{"bogus-avail", EIO, EIO},
	{"loop", EIO, EIO},
};

static int run_driver_fault(const struct driver_fault *fault)
{
	int err = bind_again(fault->name);

	if (err == EOPNOTSUPP)
		return end(SKIP, "not with this device, see the kernel's log");
	if (err)
		return end(FAIL, "bind: %s", strerror(err));
	/*
	 * QEMU looks into each queue once the driver is ready, without a kick; on
	 * a busy host late enough to find what it should never have heard of.
	 */
	usleep(LOOKS_MS * 1000);
	return submit("1", fault->first) || submit("2", fault->second) ? FAIL : PASS;
}

/* Whatever the fault left behind, a new probe starts afresh. */
static int heal(void)
{
	int err = bind_again("none");

	return err ? end(FAIL, "bind afterwards: %s", strerror(err)) : submit("100", 0);
}

static bool report(int number, const char *prefix, const char *name, int how)
{
	if (how == FAIL)
		printf("# %s\n", reason ? reason : "?");
	printf("%sok %d %s%s", how == FAIL ? "not " : "", number, prefix, name);
	if (how == SKIP)
		printf(" # SKIP %s", reason);
	putchar('\n');
	fflush(NULL);
	return how != FAIL;
}

static int run_all(void)
{
	int healthy = sizeof(tests) / sizeof(*tests);
	int faults = sizeof(driver_faults) / sizeof(*driver_faults);
	bool passed = true;

	printf("KTAP version 1\n1..%d\n", healthy + faults);
	for (int i = 0; i < healthy; i++)
		passed &= report(i + 1, "", tests[i].name, tests[i].run());
	for (int i = 0; i < faults; i++) {
		int how = run_driver_fault(&driver_faults[i]);
		int after = heal();

		passed &= report(healthy + i + 1, "driver-", driver_faults[i].name,
				 after == PASS ? how : after);
	}
	return passed ? PASS : FAIL;
}

static int run_survives(void)
{
	printf("KTAP version 1\n1..1\n");
	return report(1, "", "survives", test_survives()) ? PASS : FAIL;
}

static int run_submit(const char *count)
{
	int err = submit_text(count);

	if (err)
		fprintf(stderr, "fault_test: %s requests: %s\n", count, strerror(err));
	return err ? FAIL : PASS;
}

static void usage(FILE *out)
{
	fputs("usage: fault_test            all tests, with a healthy device\n"
	      "       fault_test survives   with a faulty device that QEMU survives\n"
	      "       fault_test submit N   N requests; fails unless all come back\n\n"
	      "fault_virtio must be loaded. Output of the tests is KTAP. Exit status: 0\n"
	      "passed, 1 failed, 2 wrong usage.\n",
	      out);
}

int main(int argc, char **argv)
{
	const char *what = argc > 1 ? argv[1] : "";

	if (!strcmp(what, "--help")) {
		usage(stdout);
		return PASS;
	}
	if (argc > 1 && strcmp(what, "survives") && !(argc == 3 && !strcmp(what, "submit"))) {
		usage(stderr);
		return USAGE;
	}
	if (!find_device()) {
		fputs("fault_test: no virtio-fault device with its driver; insert\n"
		      "fault_virtio.ko, and give the VM a virtio-fault-pci\n",
		      stderr);
		return FAIL;
	}
	if (argc == 3)
		return run_submit(argv[2]);
	return argc > 1 ? run_survives() : run_all();
}
