/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What is wrong with a queue, from what was seen of it and for how long it
 * stood still. A finding is only made of what was seen; what cannot be known is
 * a note that says why. A device may be slow, as its back end is: it has
 * VQ_DEVICE_TIME times the patience before it is called wrong.
 */
#ifndef KC_VQ_JUDGE_H
#define KC_VQ_JUDGE_H

#include "vq-watch.h"

#define VQ_DEVICE_TIME 5

enum vq_grade {
	VQ_UNKNOWN,
	VQ_WAITS, /* it may be slow, and right */
	VQ_WRONG,
	VQ_GRADES
};

struct vq_finding {
	enum vq_grade grade;
	const char *code; /* one of a few words, for programs: "never-kicked" */
	char *text; /* a sentence */
	GPtrArray *evidence; /* of char *, a clause each */
};

/* What was printed, lines each: it explains, and is no measure. Either may be NULL. */
struct vq_said {
	char *console; /* by the guest */
	char *qemu;
};

/*
 * What holds of the device as a whole, which is reset for @reset seconds. Of
 * struct vq_finding; caller unrefs. @patience: seconds of standing still from
 * which it is wrong.
 */
GPtrArray *vq_judge_device(const struct vq_device *device, const struct vq_said *said, double reset,
			   double patience);

/* The same of one of its queues. */
GPtrArray *vq_judge_queue(const struct vq_device *device, const struct vq_queue *queue,
			  const struct vq_still *still, double patience);

/* The guest's kernel has printed that it panicked: nothing moves there any more. */
bool vq_said_panic(const struct vq_said *said);

/* Where to look next, for a finding's @code; NULL where that is all. */
const char *vq_next(const char *code);

/* Something stands still that might be wrong if it goes on: look again. */
bool vq_is_suspicious(const struct vq_device *device, const struct vq_queue *queue);

#endif
