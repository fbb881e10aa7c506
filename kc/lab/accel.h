/* SPDX-License-Identifier: GPL-2.0-or-later */
/* KVM where it really runs a guest, TCG otherwise. */
#ifndef KC_LAB_ACCEL_H
#define KC_LAB_ACCEL_H

#include "lab/lab.h"

enum accel_choice { ACCEL_AUTO, ACCEL_KVM, ACCEL_TCG };

struct accel {
	bool kvm;
	char *why;
};

/*
 * @choice, else what KC_ACCEL says, else what a trial shows. A trial takes two
 * seconds at most; its outcome is kept under build/ until the next boot of the
 * host or another QEMU, unless @fresh asks for a new one. Fails on a KC_ACCEL
 * that is neither auto, kvm nor tcg. Caller frees accel->why.
 */
bool accel_choose(struct accel *accel, enum accel_choice choice, const struct lab *lab,
		  const char *qemu, bool fresh, GError **error);

/* As an option's parser. */
bool accel_option(const char *value, void *field, GError **error);

#endif
