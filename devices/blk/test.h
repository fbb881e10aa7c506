/* SPDX-License-Identifier: GPL-2.0-only */
/* What the parts of the guest test of virtio-blk share: the disk, and ways to write to it. */
#ifndef BLK_TEST_H
#define BLK_TEST_H

#include <errno.h>
#include <stdint.h>
#include <kc-test.h>

#define SECTOR 512
#define MIB (1 << 20)

/* test-disk.c: of the first virtio disk, of whichever driver: vda, cbd0 */
const char *disk_name(void);
/* Such a file of it: "/sys/block/NAME/" and the rest. Valid until the next call. */
const char *disk_file(const char *rest);
int disk_open(int flags);
long long disk_number(const char *rest);

/* Bytes that tell their place and their round, for and against the disk. */
void fill(uint8_t *data, size_t len, uint64_t offset, unsigned round);
bool is_filled(const uint8_t *data, size_t len, uint64_t offset, unsigned round);
bool write_round(int fd, size_t len, uint64_t offset, unsigned round);
bool read_round(int fd, size_t len, uint64_t offset, unsigned round);
uint8_t *aligned_buffer(void); /* of 2 MiB, always the same */

/* Each is a result. test-io.c: */
bool test_sizes(void);
bool test_vectors(void);
bool test_cached(void);
bool test_flush(void);
bool test_write_zeroes(void);
bool test_discard(void);
bool test_beyond(void);
bool test_parallel(void);
bool test_polled(void);
/* test-life.c */
bool test_take(void);
bool test_take_polled(void);
bool test_take_direct(void);
bool test_serial(void);
bool test_cache(void);
bool test_partitions(void);
bool test_rebind(void);
bool test_suspend(void);
bool test_cache_sleeps(void);
bool test_read_only(void);
bool test_unplug(void);

#endif
