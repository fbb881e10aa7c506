/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The kernel's log, line by line: where a splat begins, what belongs to it, where it ends. */
#ifndef KC_KERNEL_SPLAT_READER_H
#define KC_KERNEL_SPLAT_READER_H

#include "kernel/splat-kind.h"
#include "lab/stalls.h"

#include <glib.h>
#include <stdbool.h>

struct splat {
	enum splat_kind kind;
	char *title; /* its one line, without stamp; printable */
	char *message; /* what WARN() was told to say; or NULL */
	char *text; /* all of its lines, each with its stamp and a newline; printable */
	guint64 usec; /* since boot */
	bool from_console; /* not from the agent's channel */
	char *excuse; /* it is of time that passed, and the machine did not run meanwhile; or NULL */
	const char *allowed; /* the reason of the entry that allows it, the list's; or NULL */
};

struct splat_line {
	const char *text; /* printable, and thereby UTF-8, as globs need it */
	unsigned level;
	guint64 usec;
	const char *caller; /* who printed it; "" where the kernel does not say */
	bool may_begin; /* the first of its record: what follows is data */
	bool from_console;
};

/* As dmesg prints it. Caller frees. */
char *splat_line_stamped(const struct splat_line *line);

/* Takes one that is complete, and owns it. */
typedef void (*splat_found)(struct splat *splat, void *opaque);

struct splat_reader;

struct splat_reader *splat_reader_new(splat_found found, void *opaque);
void splat_reader_free(struct splat_reader *reader);

/* Of the machine whose lines come from now on: borrowed. Or NULL. */
void splat_reader_stalls(struct splat_reader *reader, struct stalls *stalls);
void splat_reader_take(struct splat_reader *reader, const struct splat_line *line);

/* What is open ends here. */
void splat_reader_end(struct splat_reader *reader);

void splat_free(struct splat *splat);

#endif
