/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef KC_VQ_INTERNAL_H
#define KC_VQ_INTERNAL_H

#include "vq.h"
#include "vq-driver.h"
#include "vq-judge.h"
#include "vq-watch.h"

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
	struct vq_sample *sample; /* the newest */
	struct vq_said said;
};

/* The kernel that is tried; it has been opened. */
struct vq_kernel *vq_kernel(const struct vq *vq);

/* Those of the device itself; caller unrefs. */
GPtrArray *vq_findings(const struct vq *vq, const struct vq_device *device);

/* Why the drivers' own state is not known; or NULL. */
const char *vq_driver_trouble(const struct vq *vq);

bool vq_shows_device(const struct vq *vq, const struct vq_device *device);
bool vq_shows_queue(const struct vq *vq, const struct vq_queue *queue);

#endif
