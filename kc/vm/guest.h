/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What the host asks of the guest's agent, one thing at a time. Each call waits
 * until it is done, until @deadline (of loop.h), or until a signal, and fails
 * with the status that fits: STATUS_HANG, 128 + signal, the reason for which
 * the VM ended, or STATUS_AGENT_LOST.
 */
#ifndef KC_VM_GUEST_H
#define KC_VM_GUEST_H

#include "base/loop.h"
#include "vm/vm.h"

/* Fails with STATUS_NEVER_BOOTED at @deadline, @seconds after the start. */
bool guest_wait_ready(struct vm *vm, double seconds, gint64 deadline, GError **error);

/* Gives the guest what a fresh one needs: the time, entropy, a name. */
bool guest_setup(struct vm *vm, gint64 deadline, GError **error);

/* Copies a host's file into the guest with its mode; folders are made. */
bool guest_put(struct vm *vm, const char *host, const char *guest, gint64 deadline, GError **error);

/* Copies a guest's file to the host, where it appears whole or not at all. */
bool guest_get(struct vm *vm, const char *guest, const char *host, gint64 deadline, GError **error);

/* Powers the guest off, its files in order, and waits for the end. */
bool guest_power_off(struct vm *vm, gint64 deadline, GError **error);

/*
 * The next frame; false when there will be none. @what says what would be
 * missed, for the error: "the command ended".
 */
bool guest_next_frame(struct vm *vm, const char *what, struct frame *frame, gint64 deadline,
		      GError **error);

/* Sets @error for an answer that is not the one hoped for; returns false. */
bool guest_refused(const struct frame *frame, const char *request, GError **error);

/* As loop_explain(), and why the guest stands still, where it does. */
void guest_wait_failed(struct vm *vm, enum loop_end end, const char *what, GError **error);

/* Sets @error for an agent that is lost: by the end of its VM, or for itself. */
void guest_lost(struct vm *vm, const char *what, GError *cause, GError **error);

#endif
