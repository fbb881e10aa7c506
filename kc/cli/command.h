/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What kc can do. One table of these, which main() passes down, drives dispatch, help,
 * completion and man page.
 */
#ifndef KC_CLI_COMMAND_H
#define KC_CLI_COMMAND_H

#include "base/options.h"

#include <stdio.h>

struct command {
	const char *name;
	const char *words; /* "A|B": one may come before the options; or NULL */
	size_t word_offset; /* of the const char * that it goes into, in the options' fields */
	const char *operands; /* as in a synopsis; NULL: it takes none */
	unsigned operands_max; /* 0: what follows the first is its business, not kc's */
	bool load; /* operands and options up to "--"; run() finds what follows behind their NULL */
	size_t load_offset; /* of the char ** that what follows "--" goes into; NULL: there was none; or 0 */
	const char *summary; /* one line */
	const char *text; /* paragraphs, parted by empty lines */
	const struct option_row *const *options;
	const char *shared; /* all tables but the first are of this command's help, too; or NULL */
	size_t bisect_offset; /* of the bool among them that asks for git bisect's statuses; or 0 */
	size_t fields_size; /* of the structure that options fill */
	const void *defaults; /* its initial contents; NULL: zeroes */
	/* Returns kc's exit status; STATUS_* with @error set. */
	int (*run)(const void *fields, char **operands, GError **error);
	/* The same instead of it, for one that tells of all of them. */
	int (*tell)(const struct command *const *commands, const void *fields, char **operands,
		    GError **error);
};

#define KC_VERSION "0.1"

/* Of @commands, NULL-terminated, in the order of the help. */
const struct command *command_find(const struct command *const *commands, const char *name,
				   GError **error);

extern const struct command command_boot;
extern const struct command command_run;
extern const struct command command_test;
extern const struct command command_trace;
extern const struct command command_bench;
extern const struct command command_cache;
extern const struct command command_new;
extern const struct command command_remove;
extern const struct command command_export;
extern const struct command command_learn;
extern const struct command command_bisect;
extern const struct command command_each;
extern const struct command command_matrix;
extern const struct command command_watch;
extern const struct command command_debug;
extern const struct command command_vq;
extern const struct command command_doctor;
extern const struct command command_help;
extern const struct command command_version;

#endif
