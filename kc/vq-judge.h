/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What is wrong with a queue, from what was seen of it and for how long it
 * stood still. A finding is only made of what was seen; what cannot be known is
 * a note that says why.
 */
#ifndef KC_VQ_JUDGE_H
#define KC_VQ_JUDGE_H

#include "vq-watch.h"

enum vq_grade { VQ_UNKNOWN, VQ_WRONG };

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

/* What holds of the device as a whole. Of struct vq_finding; caller unrefs. */
GPtrArray *vq_judge_device(const struct vq_device *device, const struct vq_said *said);

/* @patience: seconds of standing still from which it is wrong. */
GPtrArray *vq_judge_queue(const struct vq_device *device, const struct vq_queue *queue,
			  const struct vq_still *still, double patience);

/* Something stands still that might be wrong if it goes on: look again. */
bool vq_is_suspicious(const struct vq_device *device, const struct vq_queue *queue);

#endif
