/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What kc bisect and kc each have in common: whose commits, how they are built, and the test. */
#ifndef KC_CLI_SERIES_OPTIONS_H
#define KC_CLI_SERIES_OPTIONS_H

#include "base/options.h"
#include "series/series.h"

struct series_options {
	const char *linux_tree, *qemu_tree, *repository;
	const char *build;
};

/* Of a command whose options have @member, a struct series_options. */
/* clang-format off */
#define SERIES_ROWS(type, member)                                                          \
	{"linux", 0, "DIR", "commits of this clone of Linux: each is built as the lab's kernel is",  \
	 option_string, offsetof(type, member.linux_tree)},                                \
	{"qemu", 0, "DIR", "commits of this clone of QEMU: each is built as the lab's QEMU is", \
	 option_string, offsetof(type, member.qemu_tree)},                                 \
	{"repository", 0, "DIR",                                                           \
	 "commits of any other repository (default: the current folder's); the test runs in a " \
	 "checkout", option_string, offsetof(type, member.repository)},                     \
	{"build", 0, "COMMAND", "with --repository: what builds a checkout, for a shell in it; "  \
	 "KC_ROOT is the lab's folder", option_string, offsetof(type, member.build)}
/* clang-format on */

/* What all of it is done with. */
struct series_job {
	int (*run)(struct series *series, const void *data, GError **error);
	const void *data;
	const char *question; /* as of series_plan */
};

/* Opens what the options say, with @words as the test, and does @job with it. */
int series_options_run(const struct series_options *options, char *const *words,
		       const struct series_job *job, GError **error);

/* Paragraphs of both commands' help */
#define SERIES_TEXT                                                                              \
	"TEST is a command of the guest's, with options of kc run before it ('--smp 4 ls'); or " \
	"names of tests, as of kc test; or either as a whole, 'kc run ...', 'kc test ...'.\n\n"  \
	"Your repository is only read: the commits are checked out under build/series, and the " \
	"checkout is removed at the end, also after Ctrl-C. Changes that are not committed are " \
	"told, and left alone. What was built is kept once for each state of the files, so "     \
	"that no commit is built twice, and objects are used again: a step costs what changed. " \
	"Compilers go through ccache where there is one. Interrupted, or stopped by a full "     \
	"disk, the same command goes on where it was."

#endif
