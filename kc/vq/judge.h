/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What is wrong with a queue, from what was seen of it and for how long it
 * stood still. A finding is only made of what was seen; what cannot be known is
 * a note that says why. A device may be slow, as its back end is: it has
 * VQ_DEVICE_TIME times the patience before it is called wrong.
 */
#ifndef KC_VQ_JUDGE_H
#define KC_VQ_JUDGE_H

#include "vq/watch.h"

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

/* What was printed, lines each: it explains, and is no measure. Each may be NULL. */
struct vq_log {
	char *console; /* by anyone in the guest */
	char *kernel; /* by the guest's kernel in its log, as a warning or worse */
	char *qemu;
};

/*
 * What holds of the device as a whole, which is reset for @reset seconds. Of
 * struct vq_finding; caller unrefs. @patience: seconds of standing still from
 * which it is wrong.
 */
GPtrArray *vq_judge_device(const struct vq_device *device, const struct vq_log *said, double reset,
			   double patience);

/* The same of one of its queues. */
GPtrArray *vq_judge_queue(const struct vq_device *device, const struct vq_queue *queue,
			  const struct vq_still *still, double patience);

/* The console's line that the guest's kernel has panicked, whoever printed it; or NULL. Caller frees. */
char *vq_log_panic(const struct vq_log *said);

/* Something stands still that might be wrong if it goes on: look again. */
bool vq_is_suspicious(const struct vq_device *device, const struct vq_queue *queue);

#endif
