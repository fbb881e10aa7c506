/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The virtqueues of a running VM, both sides, in words: what each holds, who
 * waits for whom, and what is wrong. It only looks; the guest goes on.
 */
#ifndef KC_VQ_VQ_H
#define KC_VQ_VQ_H

#include "vm/qmp.h"
#include "vq/judge.h"

#define VQ_PATIENCE 2.0 /* seconds */

struct vq_choice {
	const char *device; /* id, name or QOM path; NULL: all */
	int queue; /* -1: all */
	const char *vmlinux; /* a file with DWARF of the guest's kernel; NULL: the lab's two */
	double patience; /* how long a queue must stand still to be called stuck */
};

struct vq;

/* @qmp must outlive it. */
struct vq *vq_new(struct qmp *qmp, const struct vq_choice *choice);
void vq_free(struct vq *vq);

/* Takes one sample; false with @error where QEMU does not tell. */
bool vq_look(struct vq *vq, GError **error);

/*
 * Takes samples until nothing is suspicious, or what is has stood still for as
 * long as it takes to call it stuck.
 */
bool vq_settle(struct vq *vq, GError **error);

/* What was printed, which may explain a finding. Copied. */
void vq_hear(struct vq *vq, const struct vq_log *said);

/* How many findings of that grade there are. */
unsigned vq_count(const struct vq *vq, enum vq_grade grade);

/* 0; EXIT_FAILURE where something is wrong; or why QEMU stopped the machine, of status.h. */
int vq_status(struct vq *vq);

/* As text, or as JSON: one line. Caller frees. */
char *vq_text(const struct vq *vq);
char *vq_json(const struct vq *vq);

#endif
