/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The NIC that kc gave the machine, as the kernel's parameter KC_NET_PARAMETER
 * says: "MAC,ADDRESS/PREFIX[,GATEWAY[,DNS]]". Whatever driver takes it, and
 * whenever, it is set up once as it appears; what others make of it stays.
 */
#ifndef AGENT_NET_H
#define AGENT_NET_H

/* A socket that is readable when interfaces come and go; -1: there is nothing to set up. */
int net_open(void);

/* Sets up what has appeared. */
void net_take(void);

#endif
