/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The virtqueues of a running VM, both sides, in words: what each holds, who
 * waits for whom, and what is wrong. It only looks; the guest goes on.
 */
#ifndef KC_VQ_H
#define KC_VQ_H

#include "qmp.h"
#include "vq-judge.h"

struct vm;

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

/*
 * What was printed, which may explain a finding, or tell of a panic. Copied;
 * either may be NULL.
 */
void vq_hear(struct vq *vq, const char *console, const char *qemu);

/* How many findings of that grade there are. */
unsigned vq_count(struct vq *vq, enum vq_grade grade);

/* As text, or as JSON: one line. Caller frees. */
char *vq_text(struct vq *vq);
char *vq_json(struct vq *vq);

/*
 * For what is kept of a hanging test: the text, or one line that says why there is
 * none. Takes a little longer than VQ_PATIENCE where something stands still,
 * VQ_DEVICE_TIME times that where only a device does, of which QEMU does not say
 * since when.
 * Caller frees.
 */
char *vq_explain(struct vm *vm);

#endif
