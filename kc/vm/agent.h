/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The host's end of the virtio-serial port on which the guest's agent speaks.
 * The guest is not trusted: what it sends is bounded and checked (frame.h).
 * Bytes are read only when a frame is asked for, so not asking holds the guest
 * back.
 */
#ifndef KC_VM_AGENT_H
#define KC_VM_AGENT_H

#include "vm/frame.h"

struct agent;

/* Takes @fd, a non-blocking socket. */
struct agent *agent_new(int fd);
void agent_free(struct agent *agent);

/* Queues a frame; never blocks. The caller minds agent_unsent(). */
void agent_send(struct agent *agent, enum kc_frame_type type, const void *payload, size_t len);
size_t agent_unsent(const struct agent *agent);

/*
 * The next frame; its payload stays until the next call. FRAME_NONE: an event
 * will come when there is more. FRAME_BROKEN: no more will come, @error says
 * why (STATUS_AGENT_LOST), each time that it is asked.
 */
enum frame_result agent_next(struct agent *agent, struct frame *frame, GError **error);

/* The other end is closed; frames may still be waiting. */
bool agent_has_ended(const struct agent *agent);

#endif
