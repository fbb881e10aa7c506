/* SPDX-License-Identifier: GPL-2.0-or-later */
/* How the kernel prints each kind of splat: its first line, and what ends it. */
#ifndef KC_KERNEL_SPLAT_TABLE_H
#define KC_KERNEL_SPLAT_TABLE_H

#include "kernel/splat-kind.h"

#include <glib.h>
#include <stdbool.h>

enum splat_end {
	SPLAT_END_LINE, /* it has only the one */
	SPLAT_END_TRACE, /* "---[ end trace ... ]---" */
	SPLAT_END_BAR, /* "==========" */
	SPLAT_END_DUMP, /* one stack: " </TASK>" */
	SPLAT_END_IRQ, /* a stack, and "Disabling IRQ #" behind it */
	SPLAT_END_LIKE, /* the first line that the row does not fit */
	SPLAT_END_QUIET /* several stacks, no mark: the kernel falls silent */
};

enum splat_context {
	SPLAT_ANYWHERE,
	SPLAT_BEHIND_BAR, /* only where the line before is "==========" */
	SPLAT_BEHIND_CUT /* goes on where "---[ cut here ]---" has begun, if it has */
};

#define LINUX(version, patchlevel) ((version) << 8 | (patchlevel))

struct splat_row {
	enum splat_kind kind;
	unsigned level; /* the least urgent that the kernel prints it at */
	enum splat_end end;
	enum splat_context context;
	const char *pattern; /* a glob of the whole line */
	const char *source; /* the file of Linux that prints it */
	/*
	 * The versions that are known to print it so; 0: no bound. They are for
	 * readers and tests: a kernel's log is held against all rows.
	 */
	unsigned since, until;
};

#define SPLAT_CUT_HERE "------------[ cut here ]------------"

bool splat_is_bar(const char *line);

const struct splat_row *splat_table_rows(size_t *count);

/* The row for a line, UTF-8, at @level; NULL if it begins no splat. */
const struct splat_row *splat_table_find(const char *line, unsigned level, bool behind_bar,
					 bool behind_cut);

/* What a WARN is by what it says: SPLAT_REFCOUNT, SPLAT_LIST, ..., else @kind. */
enum splat_kind splat_table_by_message(enum splat_kind kind, const char *message);

/* The line goes on with a fault of which @kind has been the first line. */
bool splat_table_goes_on(enum splat_kind kind, const char *line);

/* The line has the form of a part of a dump: of a stack, registers, modules. */
bool splat_table_dumps(const char *line);

/* The line is the first of what dump_stack() prints. */
bool splat_table_opens_stack(const char *line);

/* The line, at @level, may be what the stack behind it is shown for. */
bool splat_table_explains(const char *line, unsigned level);

#endif
