/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The virtio-serial port to the host: frames in, frames out, never blocking.
 */
#ifndef KC_PORT_H
#define KC_PORT_H

#include <stdbool.h>
#include <stddef.h>
#include "protocol.h"

struct port {
	int fd;
	size_t in_len, out_len, out_done; /* bytes */
	unsigned char in[sizeof(struct kc_frame) + KC_FRAME_MAX];
	unsigned char out[8 * (sizeof(struct kc_frame) + KC_FRAME_MAX)];
};

/* Opens the port that carries KC_PORT_NAME; waits for it at most wait_ms.
 * Returns false where the machine has none. */
bool port_open(struct port *port, int wait_ms);

/* On the console: which driver of the port's this kernel does not have, where that is why. */
void port_tell_missing(void);

/* Room for so many more frames of KC_FRAME_MAX? Ask before producing them. */
bool port_has_frames(const struct port *port, size_t frames);

/* Queues a frame made of two parts; there must be room. */
void port_send(struct port *port, enum kc_frame_type type, const void *head, size_t head_len,
	       const void *tail, size_t tail_len);

/* Writes what the host takes now. */
void port_flush(struct port *port);

/*
 * Reads what is there and, if a whole frame is, points *payload at it (valid
 * until the next call) and returns its type. 0: not yet; -1: the host talks
 * nonsense or is gone.
 */
int port_receive(struct port *port, const unsigned char **payload, size_t *len);

#endif
