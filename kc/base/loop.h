/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Waiting: always for something, and always with a limit or a way to interrupt it. */
#ifndef KC_BASE_LOOP_H
#define KC_BASE_LOOP_H

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

/* The same, but a signal does not end it: for what is put in order before the end. */
bool loop_finish(bool (*step)(void *data), void *data, gint64 deadline);

/* Sets @error for a wait that ended early, with LOOP_LATE or LOOP_SIGNAL; @what was awaited. */
void loop_explain(enum loop_end end, const char *what, GError **error);

/* The most that a signal may go unanswered, whatever holds kc up. */
#define LOOP_ANSWER_SECONDS 9

/*
 * From now on SIGINT, SIGTERM, SIGHUP and SIGQUIT end each wait instead of the
 * process, which has LOOP_ANSWER_SECONDS to end by itself, with 128 + signal.
 * After that it ends where it stands, and its children with it. In a child of
 * fork() it is to be called anew.
 */
void loop_catch_signals(void);

/*
 * Between the two, which do not nest, SIGINT, SIGTERM, SIGHUP and SIGQUIT do nothing;
 * the last that came in does at the end what it did before.
 */
void loop_hold_signals(void);
void loop_release_signals(void);

/* Readable when a signal has come in: for who waits otherwise. */
int loop_signal_fd(void);

/* From now on it is somebody else's. */
void loop_ignore_signal(int signo);

/* As if it had come in. */
void loop_raise_signal(int signo);

/* The signal that has come in, or 0. Taken, it ends no further wait. */
int loop_signal(void);
int loop_take_signal(void);

/* Somebody else has answered it in time: kc goes on. */
void loop_signal_answered(void);

#endif
