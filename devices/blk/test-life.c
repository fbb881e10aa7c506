// SPDX-License-Identifier: GPL-2.0-only
/* The disk that comes, changes, sleeps and goes, idle and under load. */
#include "test.h"

#include <linux/fs.h>
#include <signal.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/wait.h>

#define STOCK "/sys/bus/virtio/drivers/virtio_blk/"
#define OURS "/sys/bus/virtio/drivers/craft_blk/"

/* Loading the module took no device from the kernel's own driver. */
bool test_take(void)
{
	if (kc_find(OURS "virtio*")) {
		puts("# craft_blk has a device that nobody gave it");
		return false;
	}
	return kc_move(STOCK, OURS) && kc_await("/sys/block/cbd0", true);
}

bool test_take_polled(void)
{
	return kc_put("/sys/module/craft_blk/parameters/poll_queues", "1") && test_take();
}

bool test_take_direct(void)
{
	return kc_put("/sys/module/craft_blk/parameters/indirect", "0") && test_take();
}

bool test_serial(void)
{
	return kc_shows(disk_file("serial"), "workshop-disk");
}

/* What the cache type says, the block layer does. */
bool test_cache(void)
{
	static const char *const modes[] = {"write through", "write back", "write through",
					    "write back"};
	int fd = disk_open(O_RDWR | O_DIRECT);
	bool ok = fd >= 0;

	for (int i = 0; ok && i < 4; i++)
		ok = write_round(fd, 65536, 0, i) && kc_put(disk_file("cache_type"), modes[i]) &&
		     kc_shows(disk_file("cache_type"), modes[i]) &&
		     kc_shows(disk_file("queue/write_cache"), modes[i]) && !fsync(fd) &&
		     read_round(fd, 65536, 0, i);
	ok = ok && !kc_put(disk_file("cache_type"), "write sideways");
	close(fd);
	return ok;
}

/* An MBR with one partition of Linux' type, from 1 MiB on */
bool test_partitions(void)
{
	uint8_t *data = aligned_buffer();
	int fd = disk_open(O_RDWR);
	char part[64];
	bool ok;

	snprintf(part, sizeof(part), "/sys/block/%s/%s*1/size", disk_name(), disk_name());
	memset(data, 0, SECTOR);
	memcpy(data + 446, (uint8_t[]){0, 0, 0, 0, 0x83, 0, 0, 0, 0, 8, 0, 0, 0, 16, 0, 0}, 16);
	memcpy(data + 510, (uint8_t[]){0x55, 0xaa}, 2);
	ok = fd >= 0 && pwrite(fd, data, SECTOR, 0) == SECTOR && !fsync(fd) &&
	     !ioctl(fd, BLKRRPART) && kc_await(part, true) && kc_shows(part, "4096");
	memset(data, 0, SECTOR);
	ok = ok && pwrite(fd, data, SECTOR, 0) == SECTOR && !fsync(fd) && !ioctl(fd, BLKRRPART) &&
	     kc_await(part, false);
	close(fd);
	return ok;
}

/* A process that writes and reads until it fails or is killed; *rounds counts. */
static pid_t load(volatile unsigned *rounds)
{
	pid_t pid = fork();
	int fd;

	if (pid)
		return pid;
	fd = disk_open(O_RDWR | O_DIRECT);
	for (unsigned i = 1; fd >= 0; i++) {
		if (pwrite(fd, aligned_buffer(), 65536, i % 64 * 65536) < 0 ||
		    pread(fd, aligned_buffer(), 65536, i % 64 * 65536) <= 0)
			break;
		*rounds = i;
	}
	printf("# the load ends: %s\n", strerror(errno));
	fflush(stdout);
	_exit(0);
}

static bool await_more(volatile unsigned *rounds)
{
	unsigned seen = *rounds;

	for (int i = 0; i < KC_TEST_PATIENCE && *rounds < seen + 10; i++)
		usleep(100000);
	return *rounds >= seen + 10;
}

static bool ends(pid_t pid)
{
	int status;

	for (int i = 0; i < KC_TEST_PATIENCE; i++) {
		if (waitpid(pid, &status, WNOHANG) == pid)
			return true;
		usleep(100000);
	}
	puts("# the load hangs");
	kill(pid, SIGKILL);
	return false;
}

/* Runs under load what @change does; the load ends by itself, or by us. */
static bool under_load(bool (*change)(void), bool survives)
{
	volatile unsigned *rounds = mmap(NULL, 4096, PROT_READ | PROT_WRITE,
					 MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	pid_t pid = load(rounds);
	bool ok = await_more(rounds) && change();

	if (survives) {
		ok = ok && await_more(rounds);
		kill(pid, SIGKILL);
	}
	ok = ends(pid) && ok;
	munmap((void *)rounds, 4096);
	return ok;
}

/* Unbound from its driver and bound again */
static bool rebind_now(void)
{
	return kc_rebind(kc_find(OURS "virtio*") ? OURS : STOCK);
}

bool test_rebind(void)
{
	int fd;
	bool ok;

	if (!under_load(rebind_now, false))
		return false;
	fd = disk_open(O_RDWR | O_DIRECT);
	ok = fd >= 0 && write_round(fd, 65536, 0, 9) && read_round(fd, 65536, 0, 9);
	close(fd);
	return ok;
}

static bool can_suspend(void)
{
	return !access("/sys/power/pm_test", W_OK) && *kc_get("/sys/power/state");
}

#define NO_SUSPEND "this kernel has no /sys/power/pm_test: CONFIG_PM_DEBUG"

/* Drivers are put to sleep and woken, the machine itself is not. */
static bool suspend_now(void)
{
	const char *how = strstr(kc_get("/sys/power/state"), "mem") ? "mem" : "freeze";

	kc_put("/sys/module/suspend/parameters/pm_test_delay", "0");
	return kc_put("/sys/power/pm_test", "devices") && kc_put("/sys/power/state", how);
}

bool test_suspend(void)
{
	if (!can_suspend())
		return kc_skip(NO_SUSPEND);
	for (int i = 0; i < 3; i++)
		if (!under_load(suspend_now, true))
			return false;
	return true;
}

bool test_cache_sleeps(void)
{
	if (!can_suspend())
		return kc_skip(NO_SUSPEND);
	return kc_put(disk_file("cache_type"), "write through") && suspend_now() &&
	       kc_shows(disk_file("cache_type"), "write through") &&
	       kc_put(disk_file("cache_type"), "write back");
}

bool test_read_only(void)
{
	int fd = disk_open(O_RDWR | O_DIRECT);
	uint8_t *data = aligned_buffer();
	bool ok = disk_number("ro") == 1 && (fd < 0 || pwrite(fd, data, 65536, 0) < 0);

	close(fd);
	fd = disk_open(O_RDONLY | O_DIRECT);
	ok = ok && pread(fd, data, 65536, 0) == 65536;
	close(fd);
	return ok;
}

static bool unplug_now(void)
{
	return !system("kc-host unplug disk0") && kc_await("/sys/block/cbd0", false) &&
	       kc_await("/sys/block/vda", false);
}

bool test_unplug(void)
{
	return under_load(unplug_now, false);
}
