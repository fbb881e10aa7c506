/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Waiting: always for something, and always with a limit or a way to interrupt it. */
#ifndef KC_LOOP_H
#define KC_LOOP_H

#include <glib.h>
#include <stdbool.h>

#define LOOP_NEVER G_MAXINT64 /* a deadline that does not come */

enum loop_end { LOOP_DONE, LOOP_LATE, LOOP_SIGNAL };

/* A moment @seconds from now; 0 or less is LOOP_NEVER. */
gint64 loop_deadline(double seconds);

/*
 * Dispatches events until @step says true. @step is called after every event
 * and before any. Ends early at @deadline, or when a signal has come in.
 */
enum loop_end loop_until(bool (*step)(void *data), void *data, gint64 deadline);

/* From now on SIGINT, SIGTERM and SIGHUP end a wait instead of the process. */
void loop_catch_signals(void);

/* From now on it is somebody else's. */
void loop_ignore_signal(int signo);

/* The signal that has come in, which is forgotten thereby; 0: none. */
int loop_take_signal(void);

#endif
