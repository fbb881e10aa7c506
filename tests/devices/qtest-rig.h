/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A QEMU without a guest, one virtio-mmio device in it, and a driver that can
 * put anything into its registers and rings: qtest writes them for us.
 */
#ifndef QTEST_RIG_H
#define QTEST_RIG_H

#include <linux/virtio_ring.h>

#include <glib.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

#define MMIO 0xfeb00000u /* microvm's */
#define NUM 8
#define DESC 0x10000u
#define AVAIL 0x11000u
#define USED 0x12000u
#define TABLE 0x13000u /* of indirect descriptors */
#define OUT 0x20000u
#define IN 0x40000u
#define NOWHERE 0x7f0000000000ull
#define LOOKS_CERTAIN 15000 /* for what must come, on a busy host */

struct device {
	const char *name;
	uint32_t id;
	const char *out, *in; /* a healthy request and its answer, in hexadecimal */
	uint32_t out_len, in_len;
};

enum { HELLO, ECHO, FAULT };
extern const struct device devices[];

struct rig {
	const struct device *device;
	const char *options; /* behind its name */
	bool in_order; /* is negotiated where it is offered */
	GPid pid;
	FILE *to, *from, *qmp;
	bool dead; /* QEMU no longer answers */
	uint32_t base;
	uint16_t added, used;
};

/* What becomes of it */
enum outcome {
	NOTHING = 1,
	ANSWERED = 2,
	BROKEN = 4,
	EITHER = ANSWERED | BROKEN,
	ANY = EITHER | NOTHING
};

/* A line each way. Returns what stands behind "OK"; it holds until the next. */
const char *ask(struct rig *rig, const char *format, ...) __attribute__((format(printf, 2, 3)));
uint32_t get(struct rig *rig, uint32_t reg);
void put(struct rig *rig, uint32_t reg, uint32_t value);

/* @options are put behind the device's name. The second finds it on virtio-mmio. */
void power_on(struct rig *rig, const struct device *device, const char *options);
void set_up(struct rig *rig, const struct device *device, const char *options);
void tear_down(struct rig *rig);

/* Whether the answer to @command has @words; the first one is qmp_capabilities */
bool qmp_says(struct rig *rig, const char *command, const char *words);

/* The device as it is goes on in another QEMU. */
void migrate(struct rig *rig);

/* As the specification has it: up to FEATURES_OK, to DRIVER_OK, both and queue 0 */
void negotiate(struct rig *rig);
void go(struct rig *rig);
void initialize(struct rig *rig);
void set_queue(struct rig *rig, uint32_t queue, uint64_t desc, uint64_t avail, uint64_t used);

/* The healthy request into its place, and descriptors of it and of room for the answer */
void request(struct rig *rig);
void describe(struct rig *rig, uint32_t table, unsigned i, uint64_t address, uint32_t len,
	      uint16_t flags, uint16_t next);
void out(struct rig *rig, unsigned i, uint32_t len, uint16_t next);
void in(struct rig *rig, unsigned i, uint32_t len);

/* The next entry of the available ring, or the index alone; and a kick */
void offer(struct rig *rig, uint16_t head);
void set_index(struct rig *rig, uint16_t index);

/* Where NOTHING is expected, too, it does not wait long. */
enum outcome await(struct rig *rig, enum outcome expected);

/* Reset, initialized and asked, the device answers as it should. */
void must_go_well(struct rig *rig, const char *after);

#endif
