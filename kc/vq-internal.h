/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef KC_VQ_INTERNAL_H
#define KC_VQ_INTERNAL_H

#include "vq.h"
#include "vq-driver.h"
#include "vq-judge.h"
#include "vq-watch.h"

struct vq {
	struct qmp *qmp;
	struct vq_choice choice;
	struct vq_drivers *drivers; /* or NULL, with */
	char *drivers_trouble; /* why there are none */
	struct vq_watch *watch;
	struct vq_sample *sample; /* the newest */
	struct vq_said said;
};

bool vq_shows_device(const struct vq *vq, const struct vq_device *device);
bool vq_shows_queue(const struct vq *vq, const struct vq_queue *queue);

#endif
