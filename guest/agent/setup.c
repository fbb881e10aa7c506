// SPDX-License-Identifier: GPL-2.0-or-later
#include <errno.h>
#include <fcntl.h>
#include <linux/random.h>
#include <linux/rtc.h>
#include <stdbool.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mount.h>
#include <time.h>
#include <unistd.h>
#include "protocol.h"
#include "setup.h"

#define ENTROPY_MAX 256
#define MACHINE_ID "/etc/machine-id"
#define OUR_MACHINE_ID "/run/machine-id"

/* Credits the kernel's generator, then makes it use what it was given. */
static bool add_entropy(const unsigned char *bytes, size_t len)
{
	union {
		struct rand_pool_info info;
		unsigned char room[sizeof(struct rand_pool_info) + ENTROPY_MAX];
	} pool;
	int fd, failed;

	if (!len)
		return true;
	if (len > ENTROPY_MAX)
		len = ENTROPY_MAX;
	pool.info.entropy_count = len * 8;
	pool.info.buf_size = len;
	memcpy(pool.room + sizeof(pool.info), bytes, len);
	fd = open("/dev/urandom", O_WRONLY | O_CLOEXEC);
	failed = fd < 0 || ioctl(fd, RNDADDENTROPY, &pool) || ioctl(fd, RNDRESEEDCRNG);
	if (fd >= 0)
		close(fd);
	return !failed;
}

/* The machine's own clock stood still in the snapshot; a machine may have none. */
static void set_rtc(time_t now)
{
	int fd = open("/dev/rtc0", O_RDONLY | O_CLOEXEC);
	struct rtc_time rtc = {0};
	struct tm tm;

	if (fd < 0)
		return;
	gmtime_r(&now, &tm);
	rtc.tm_sec = tm.tm_sec;
	rtc.tm_min = tm.tm_min;
	rtc.tm_hour = tm.tm_hour;
	rtc.tm_mday = tm.tm_mday;
	rtc.tm_mon = tm.tm_mon;
	rtc.tm_year = tm.tm_year;
	ioctl(fd, RTC_SET_TIME, &rtc);
	close(fd);
}

static bool set_clock(const struct kc_setup *setup)
{
	struct timespec now = {.tv_sec = setup->sec, .tv_nsec = setup->nsec};

	set_rtc(now.tv_sec);
	return !clock_settime(CLOCK_REALTIME, &now);
}

static bool set_hostname(const struct kc_setup *setup)
{
	size_t len = strnlen(setup->hostname, sizeof(setup->hostname));

	return !len || !sethostname(setup->hostname, len);
}

/* Put over the file, not into it: the root may be a disk that others share. */
static bool set_machine_id(const struct kc_setup *setup)
{
	size_t len = strnlen(setup->machine_id, sizeof(setup->machine_id));
	bool written;
	int fd;

	if (!len || access(MACHINE_ID, F_OK))
		return true;
	fd = open(OUR_MACHINE_ID, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0444);
	if (fd < 0)
		return false;
	written = write(fd, setup->machine_id, len) == (ssize_t)len && write(fd, "\n", 1) == 1;
	close(fd);
	return written && !mount(OUR_MACHINE_ID, MACHINE_ID, NULL, MS_BIND, NULL);
}

const char *setup(const unsigned char *payload, size_t len)
{
	struct kc_setup setup;

	errno = EINVAL;
	if (len < sizeof(setup))
		return "SETUP";
	memcpy(&setup, payload, sizeof(setup));
	if (!add_entropy(payload + sizeof(setup), len - sizeof(setup)))
		return "cannot add entropy";
	if (!set_clock(&setup))
		return "cannot set the clock";
	if (!set_hostname(&setup))
		return "cannot set the hostname";
	if (!set_machine_id(&setup))
		return "cannot set the machine's identity";
	return NULL;
}
