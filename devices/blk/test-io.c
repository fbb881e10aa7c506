// SPDX-License-Identifier: GPL-2.0-only
/* Requests of all kinds and shapes, straight to the device. */
#include "test.h"

#include <linux/fs.h>
#include <sys/ioctl.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <sys/wait.h>

#define VECTORS 512
#define CHILDREN 4

static long block_size(void)
{
	return disk_number("queue/logical_block_size");
}

/* From one block to 2 MiB, at places and in memory that no page is aligned to. */
bool test_sizes(void)
{
	int fd = disk_open(O_RDWR | O_DIRECT);
	size_t block = block_size();
	bool ok = fd >= 0;
	unsigned round = 1;

	for (size_t len = block; ok && len <= 2 * MIB; len += len < 8192 ? block : len / 2, round++)
		ok = write_round(fd, len / block * block, block * (round % 9), round) &&
		     read_round(fd, len / block * block, block * (round % 9), round);
	close(fd);
	return ok;
}

/* Each block from a place of its own: more segments than a request may have. */
bool test_vectors(void)
{
	struct iovec iov[VECTORS];
	int fd = disk_open(O_RDWR | O_DIRECT);
	size_t block = block_size();
	uint8_t *data = aligned_buffer();
	int count = MIB / 2 / block < VECTORS ? MIB / 2 / block : VECTORS;
	ssize_t len = count * block;
	bool ok = fd >= 0;

	for (int i = 0; i < count; i++) {
		iov[i].iov_base = data + (size_t)i * 2 * block + block;
		iov[i].iov_len = block;
		fill(iov[i].iov_base, block, MIB + i * block, 7);
	}
	ok = ok && pwritev(fd, iov, count, MIB) == len && read_round(fd, len, MIB, 7);
	memset(data, 0, 2 * len);
	ok = ok && preadv(fd, iov, count, MIB) == len;
	for (int i = 0; ok && i < count; i++)
		ok = is_filled(iov[i].iov_base, block, MIB + i * block, 7);
	close(fd);
	return ok;
}

/* Through the page cache, in odd pieces, and again from the disk. */
bool test_cached(void)
{
	int fd = disk_open(O_RDWR);
	bool ok = fd >= 0;

	for (int i = 0; ok && i < 300; i++)
		ok = write_round(fd, 1000, 2 * MIB + i * 1000, 3);
	ok = ok && !fsync(fd) && !posix_fadvise(fd, 0, 0, POSIX_FADV_DONTNEED);
	for (int i = 0; ok && i < 300; i++)
		ok = read_round(fd, 1000, 2 * MIB + i * 1000, 3);
	close(fd);
	return ok;
}

bool test_flush(void)
{
	int fd = disk_open(O_RDWR | O_DIRECT);
	bool ok = fd >= 0;

	for (int i = 0; ok && i < 50; i++)
		ok = write_round(fd, 4096, i * 4096, i) && !fsync(fd);
	close(fd);
	fd = disk_open(O_RDWR | O_DIRECT | O_DSYNC);
	for (int i = 0; ok && i < 50; i++)
		ok = write_round(fd, 4096, i * 4096, i + 1) &&
		     read_round(fd, 4096, i * 4096, i + 1);
	close(fd);
	return ok;
}

static bool zeroes(int fd, uint64_t from, uint64_t len)
{
	uint8_t *data = aligned_buffer();

	if (pread(fd, data, len, from) != (ssize_t)len)
		return false;
	for (uint64_t i = 0; i < len; i++)
		if (data[i]) {
			printf("# byte %llu is not zero\n", (unsigned long long)(from + i));
			return false;
		}
	return true;
}

static bool request_range(int fd, unsigned long request, uint64_t from, uint64_t len)
{
	uint64_t range[2] = {from, len};

	if (!ioctl(fd, request, range))
		return true;
	printf("# range request %lx: %s\n", request, strerror(errno));
	return false;
}

bool test_write_zeroes(void)
{
	int fd = disk_open(O_RDWR | O_DIRECT);
	bool ok = fd >= 0 && write_round(fd, MIB, 0, 5) &&
		  request_range(fd, BLKZEROOUT, 64 << 10, 128 << 10) &&
		  zeroes(fd, 64 << 10, 128 << 10) && read_round(fd, 64 << 10, 0, 5) &&
		  read_round(fd, MIB - (192 << 10), 192 << 10, 5);

	close(fd);
	return ok;
}

/* What is discarded may read as anything; what is around it may not. */
bool test_discard(void)
{
	int fd = disk_open(O_RDWR | O_DIRECT);
	bool can = disk_number("queue/discard_max_bytes") > 0;
	uint64_t range[2] = {64 << 10, 128 << 10};
	bool ok = fd >= 0 && write_round(fd, MIB, 0, 6);

	if (ok && !can)
		ok = ioctl(fd, BLKDISCARD, range) && errno == EOPNOTSUPP;
	else if (ok)
		ok = request_range(fd, BLKDISCARD, range[0], range[1]);
	ok = ok && read_round(fd, 64 << 10, 0, 6) &&
	     read_round(fd, MIB - (192 << 10), 192 << 10, 6) && write_round(fd, MIB, 0, 6) &&
	     read_round(fd, MIB, 0, 6);
	close(fd);
	return ok;
}

bool test_beyond(void)
{
	int fd = disk_open(O_RDWR | O_DIRECT);
	uint64_t end = disk_number("size") * SECTOR;
	uint8_t *data = aligned_buffer();
	size_t block = block_size();
	bool ok = fd >= 0 && end && write_round(fd, block, end - block, 1) &&
		  read_round(fd, block, end - block, 1) && pread(fd, data, block, end) == 0 &&
		  pwrite(fd, data, block, end) < 0 && errno == ENOSPC;

	close(fd);
	return ok;
}

static long transfer_polled(long number, int fd, void *data, long offset)
{
	struct iovec iov = {data, 4096};

	return syscall(number, fd, &iov, 1, offset, 0, RWF_HIPRI);
}

/* Polled where the queue can be, which RWF_HIPRI asks for. */
bool test_polled(void)
{
	int fd = disk_open(O_RDWR | O_DIRECT);
	uint8_t *data = aligned_buffer();
	bool ok = fd >= 0 && disk_number("queue/io_poll") == 1;

	for (int i = 0; ok && i < 200; i++) {
		fill(data, 4096, i * 8192, i);
		ok = transfer_polled(SYS_pwritev2, fd, data, i * 8192) == 4096;
		memset(data, 0, 4096);
		ok = ok && transfer_polled(SYS_preadv2, fd, data, i * 8192) == 4096 &&
		     is_filled(data, 4096, i * 8192, i);
	}
	close(fd);
	return ok;
}

static bool child(unsigned n)
{
	int fd = disk_open(O_RDWR | O_DIRECT);
	uint64_t base = (uint64_t)n * 4 * MIB;
	bool ok = fd >= 0;

	for (unsigned round = 0; ok && round < 3; round++) {
		for (unsigned i = 0; ok && i < 64; i++)
			ok = write_round(fd, (i % 16 + 1) * 4096, base + i * 65536, round);
		for (unsigned i = 0; ok && i < 64; i++)
			ok = read_round(fd, (i % 16 + 1) * 4096, base + i * 65536, round);
	}
	return ok;
}

bool test_parallel(void)
{
	bool ok = true;
	int status;

	fflush(stdout);
	for (unsigned n = 0; n < CHILDREN; n++)
		if (!fork())
			exit(!child(n));
	for (unsigned n = 0; n < CHILDREN; n++)
		ok &= wait(&status) > 0 && !status;
	return ok;
}
