/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The two halves of a device, or of virtio itself: what drives, and what is driven. */
#ifndef KC_COVERAGE_PAIR_H
#define KC_COVERAGE_PAIR_H

#include "coverage/source.h"
#include "lab/lab.h"

enum side { SIDE_DRIVER, SIDE_DEVICE, SIDES };

struct half {
	GPtrArray *sources; /* of struct source *, borrowed; none: it has no such half */
	bool met; /* it was in one of the machines */
	struct source_sum sum;
};

struct pair {
	char *name; /* "hello", "virtio-blk" */
	struct half halves[SIDES];
};

/*
 * Those that the guests met, virtio's own last. @sources are of each side. What QEMU runs
 * of a device that nobody asked for is in @idle, of the device's side. Of struct pair;
 * borrows the sources. NULL with @error where the folders of devices are wrong.
 */
GPtrArray *pairs_new(const struct lab *lab, const GPtrArray *const sources[SIDES],
		     const GPtrArray *idle, GError **error);

/* "driver" or "device" */
const char *side_name(enum side side);

/* @path as one says it: below the lab's root, or of Linux' or QEMU's sources. Caller frees. */
char *pair_file_name(const struct lab *lab, const char *path);

#endif
