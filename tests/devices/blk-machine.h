/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A QEMU without a guest, with one virtio-blk device of either kind on
 * virtio-mmio. A sector of its disk is full of its number plus one.
 */
#ifndef TESTS_BLK_MACHINE_H
#define TESTS_BLK_MACHINE_H

#include "qtest.h"

#define DISK_SECTORS 128
#define SECTOR 512
#define OURS "craft-blk-device"
#define STOCK "virtio-blk-device"

struct blk_machine {
	struct qtest qtest;
	char *disk; /* a file, of sectors */
};

extern struct blk_machine machine;

/* For cmocka: of all tests of a file, and after each of them. */
int machine_set_up(void **state);
int machine_drop(void **state);
int machine_tear_down(void **state);

/* A file of the project's; caller frees. */
char *machine_file(const char *name);

/* @device has @properties. Its node is "d"; @drive says what is to be on top of the file's, "file". */
void machine_start(const char *device, const char *properties, const char *drive);

/* As it was saved at @incoming, with the same device. */
void machine_resume(const char *device, const char *properties, const char *drive,
		    const char *incoming);

void machine_put_disk(void);
void machine_check_disk(const char *what, guint64 sector, const void *data, size_t len);

/* The throttle group "slow", which lets a sector pass in half a minute, lets all pass. */
void machine_speed_up(void);

/* Until the VM has this state; fails after a while. */
void machine_await(const char *state);

#endif
