/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The last lines of the guest's console, kept in bounded memory whatever the
 * guest prints. What looks like a panic is remembered, but only to explain
 * a verdict that came from elsewhere: a guest can print anything.
 */
#ifndef KC_VM_CONSOLE_H
#define KC_VM_CONSOLE_H

#include <glib.h>
#include <stdbool.h>
#include <stdio.h>

#define CONSOLE_LINES 256
#define CONSOLE_LINE_MAX 400 /* bytes of a line that are kept */

struct console;

struct console *console_new(void);
void console_free(struct console *console);

/* The guest printed @len bytes. */
void console_feed(struct console *console, const char *data, size_t len);

/* What else gets the bytes as they come; NULL: nobody. */
typedef void (*console_tap)(const char *data, size_t len, void *opaque);
void console_set_tap(struct console *console, console_tap tap, void *opaque);

/*
 * Behind a panic the kernel may list every task there is: of that only the
 * first lines are kept, until the guest starts anew.
 */
void console_thaw(struct console *console);

/* When the guest last printed, in monotonic microseconds; 0: never. */
gint64 console_last_heard(const struct console *console);

/* What the kernel said when it panicked; NULL if it did not. */
const char *console_panic(const struct console *console);

/* The newest line that has @part in it, the one being received included; NULL if none. */
const char *console_find(const struct console *console, const char *part);

/* The same without the one being received, for who wants all that a line has to say. */
const char *console_find_ended(const struct console *console, const char *part);

/* Prints up to @lines of the last lines, indented, without control characters. */
void console_print_tail(const struct console *console, unsigned lines, FILE *out);

/* The same of all lines, as valid UTF-8. Caller frees. */
char *console_tail(const struct console *console);

#endif
