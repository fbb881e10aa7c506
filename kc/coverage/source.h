/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Sources, and how often each of their lines was run. */
#ifndef KC_COVERAGE_SOURCE_H
#define KC_COVERAGE_SOURCE_H

#include <glib.h>
#include <stdbool.h>

struct source_line {
	unsigned number;
	guint64 count;
	bool partly; /* run, but not all that the line says */
};

struct source_function {
	char *name;
	unsigned line;
	guint64 calls;
};

struct source {
	char *path; /* absolute, without links */
	GArray *lines; /* of struct source_line that have code, by number */
	GPtrArray *functions; /* of struct source_function, by line */
	bool stale; /* it was changed after it was compiled */
};

/* What of something was run: of a file, or several */
struct source_sum {
	unsigned lines, lines_run;
	unsigned functions, functions_run;
};

struct source *source_new(const char *path);
void source_free(void *source);

/* Those of one line, or function, are added up: another object may have it, too. */
void source_add_line(struct source *source, const struct source_line *line);
void source_add_function(struct source *source, const char *name, unsigned line, guint64 calls);

/* Sorts what was added. */
void source_finish(struct source *source);

void source_add_up(struct source_sum *sum, const struct source *source);

/* Of 1000, rounded down, so that all is only said of all; 1000 of nothing. */
unsigned source_permille(unsigned run, unsigned all);

#endif
