/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the files of this room share: of rings, of findings, of a look. */
#ifndef KC_VQ_INTERNAL_H
#define KC_VQ_INTERNAL_H

#include "vq/driver.h"
#include "vq/judge.h"
#include "vq/vq.h"
#include "vq/watch.h"

/* Of either layout. */
struct vq_descriptor {
	guint64 address;
	guint32 len;
	guint16 flags;
	guint16 next; /* packed: the id */
};

void vq_split_read(struct vq_ring *ring, const struct vq_place *place, struct vq_memory *memory);
void vq_packed_read(struct vq_ring *ring, const struct vq_place *place, struct vq_memory *memory);
struct vq_descriptor vq_split_descriptor(const guint8 *table, unsigned index);
struct vq_descriptor vq_packed_descriptor(const guint8 *table, unsigned index);

/* Counts @descriptor in. */
void vq_buffer_count(struct vq_buffer *buffer, const struct vq_descriptor *descriptor,
		     struct vq_memory *memory);
/* Follows the table that @descriptor points to: by links, or in sequence. */
void vq_buffer_indirect(struct vq_buffer *buffer, const struct vq_descriptor *descriptor,
			bool packed, struct vq_memory *memory);

/* What is judged. */
struct vq_case {
	const struct vq_device *device;
	const struct vq_queue *queue; /* NULL: the device's own */
	const struct vq_still *still;
	double patience;
	GPtrArray *findings;
};

GPtrArray *vq_findings_new(void);
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
void vq_judge_device_side(struct vq_case *this);
void vq_judge_driver_side(struct vq_case *this);

/* What the guest and QEMU said of the device. */
void vq_log_quote_guest(struct vq_case *this, const struct vq_log *said);
void vq_log_quote_qemu(struct vq_finding *finding, const struct vq_log *said);

/* Where to look next, for a finding's @code; NULL where that is all. */
const char *vq_advice(const char *code);

/* A file with DWARF that may be of the kernel that the guest runs. */
struct vq_kernel {
	char *file;
	struct vq_drivers *drivers; /* NULL until it is opened, or with */
	char *trouble;
};

struct vq {
	struct qmp *qmp;
	struct vq_choice choice;
	GPtrArray *kernels; /* of struct vq_kernel */
	guint kernel; /* the one that fits, or is tried next */
	struct vq_watch *watch;
	struct vq_sample *sample; /* the newest, judged */
	unsigned counts[VQ_GRADES]; /* of its findings */
	struct vq_log said;
};

#endif
