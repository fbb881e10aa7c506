/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What a program in the guest asks of the host, through the agent: kc-host's
 * words go out as one ASK, and its ANSWER comes back. One program at a time.
 */
#ifndef KC_ASK_H
#define KC_ASK_H

#include <poll.h>
#include "port.h"

/* Once, before the first poll. Where it fails, nobody can ask. */
void ask_listen(void);

/* Fills *fd with what there is to wait for. */
void ask_poll(struct pollfd *fd);

/* Takes what programs say; sends an ASK where the port has room. */
void ask_take(struct port *port);

/* The host's answer: a number, the status, and words. */
void ask_answer(const unsigned char *payload, size_t len);

/* The program kc-host. Returns its exit status. */
int ask_main(int argc, char **argv);

#endif
