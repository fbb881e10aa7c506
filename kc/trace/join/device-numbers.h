/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Which device a number of the guest's means: it may be given to another when
 * the one that had it is gone. Of those that came and went while the trace ran
 * the guest was never asked; but it greets each new device (ACKNOWLEDGE), and
 * both sides see this in the same order.
 */
#ifndef KC_TRACE_JOIN_DEVICE_NUMBERS_H
#define KC_TRACE_JOIN_DEVICE_NUMBERS_H

#include "trace/event.h"
#include "trace/trace.h"

struct device_numbers;

/* Devices that have no name of the guest's get one when they are found; @trace is kept. */
struct device_numbers *device_numbers_new(struct trace *trace);
void device_numbers_free(struct device_numbers *numbers);

/* The device's side, in order of time: @event tells whether it is a greeting. */
void device_numbers_hear(struct device_numbers *numbers, const struct device_event *event);

/*
 * The driver's side, in order of time: puts the device in the place of the
 * guest's number; TRACE_NONE where it cannot be told. @follow: no event is
 * missing on either side, so that greetings can be counted. Returns whether
 * the number means another device from this event on.
 */
bool device_numbers_resolve(struct device_numbers *numbers, struct driver_event *event,
			    bool follow);

#endif
