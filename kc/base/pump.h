/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Carries bytes from one file descriptor to another through a small buffer:
 * when the sink is blocked the source is not read, so a slow reader slows its
 * writer and costs no memory. Neither descriptor is owned or made
 * non-blocking: both may be shared with other processes.
 */
#ifndef KC_BASE_PUMP_H
#define KC_BASE_PUMP_H

#include <glib.h>
#include <stdbool.h>

struct pump;

/* Sees all that is read. */
typedef void (*pump_tap)(const char *data, size_t len, void *opaque);

/* @out may be -1: then @tap is the only reader. */
struct pump *pump_new(int in, int out, pump_tap tap, void *opaque);
void pump_free(struct pump *pump);

/* While held, nothing more is read. */
void pump_hold(struct pump *pump, bool held);

/* The source has ended and the sink has it all. */
bool pump_is_done(const struct pump *pump);

/* The sink is gone (a closed pipe); what comes is read and dropped. */
bool pump_is_broken(const struct pump *pump);

/*
 * Writes what fits without blocking, also where @fd is not O_NONBLOCK. Returns
 * the number of bytes, 0 if none fits now; -1 with errno if @fd is broken.
 */
gssize pump_write_some(int fd, const char *data, size_t len);

/* Writes it all, however long that takes; false with errno. */
bool pump_write_all(int fd, const void *data, size_t len);

#endif
