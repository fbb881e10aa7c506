// SPDX-License-Identifier: GPL-2.0-only
/* The disk under test, and bytes that tell their place and their round. */
#include "test.h"

const char *disk_name(void)
{
	static char name[64];
	const char *path = kc_find("/sys/block/cbd*");

	path = path ? path : kc_find("/sys/block/vd*");
	snprintf(name, sizeof(name), "%s", path ? strrchr(path, '/') + 1 : "none");
	return name;
}

const char *disk_file(const char *rest)
{
	static char path[256];

	snprintf(path, sizeof(path), "/sys/block/%s/%s", disk_name(), rest);
	return path;
}

int disk_open(int flags)
{
	char path[128];
	int fd;

	snprintf(path, sizeof(path), "/dev/%s", disk_name());
	fd = open(path, flags | O_CLOEXEC);
	if (fd < 0)
		printf("# open %s: %s\n", path, strerror(errno));
	return fd;
}

long long disk_number(const char *rest)
{
	return atoll(kc_get(disk_file(rest)));
}

uint8_t *aligned_buffer(void)
{
	static uint8_t data[2 * MIB] __attribute__((aligned(4096)));

	return data;
}

void fill(uint8_t *data, size_t len, uint64_t offset, unsigned round)
{
	for (size_t i = 0; i + 8 <= len; i += 8) {
		uint64_t word = (offset + i) * 0x9e3779b97f4a7c15ull + round;

		memcpy(data + i, &word, 8);
	}
}

bool is_filled(const uint8_t *data, size_t len, uint64_t offset, unsigned round)
{
	for (size_t i = 0; i + 8 <= len; i += 8) {
		uint64_t want = (offset + i) * 0x9e3779b97f4a7c15ull + round, word;

		memcpy(&word, data + i, 8);
		if (word == want)
			continue;
		printf("# byte %llu holds %016llx, not %016llx of round %u\n",
		       (unsigned long long)(offset + i), (unsigned long long)word,
		       (unsigned long long)want, round);
		return false;
	}
	return true;
}

bool write_round(int fd, size_t len, uint64_t offset, unsigned round)
{
	uint8_t *data = aligned_buffer();

	fill(data, len, offset, round);
	if (pwrite(fd, data, len, offset) == (ssize_t)len)
		return true;
	printf("# write of %zu at %llu: %s\n", len, (unsigned long long)offset, strerror(errno));
	return false;
}

bool read_round(int fd, size_t len, uint64_t offset, unsigned round)
{
	uint8_t *data = aligned_buffer();

	memset(data, 0, len);
	if (pread(fd, data, len, offset) == (ssize_t)len)
		return is_filled(data, len, offset, round);
	printf("# read of %zu at %llu: %s\n", len, (unsigned long long)offset, strerror(errno));
	return false;
}
