/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the parts of the judge share. */
#ifndef KC_VQ_FINDING_H
#define KC_VQ_FINDING_H

#include "vq-judge.h"

struct vq_case {
	const struct vq_device *device;
	const struct vq_queue *queue; /* NULL: the device's own */
	const struct vq_still *still;
	double patience;
	GPtrArray *findings;
};

struct vq_finding *vq_find(struct vq_case *this, enum vq_grade grade, const char *code,
			   const char *format, ...) G_GNUC_PRINTF(4, 5);
void vq_evidence(struct vq_finding *finding, const char *format, ...) G_GNUC_PRINTF(2, 3);

/* For "%u buffer%s" */
#define VQ_COUNT(n) (n), (n) == 1 ? "" : "s"

/* The device's time is over, after @still seconds. */
bool vq_is_late(const struct vq_case *this, double still);

/*
 * Buffers that the device holds, or that wait for it: without those that only
 * it writes, which wait until it has something to say.
 */
unsigned vq_count_buffers(const struct vq_ring *ring, bool popped);

/* The two halves of a buffer's way. */
void vq_judge_to_device(struct vq_case *this);
void vq_judge_to_driver(struct vq_case *this);

/* What the guest's driver and QEMU said of the device. */
void vq_judge_said(struct vq_case *this, const struct vq_said *said);
void vq_quote_qemu(struct vq_finding *finding, const struct vq_said *said);

#endif
