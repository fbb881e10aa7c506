/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A machine of a benchmark as a user types it: "NAME: OPTIONS", where OPTIONS are those of
 * kc run, split as a shell does, behind those that all machines have. Without a NAME the
 * OPTIONS are its name.
 */
#ifndef KC_CLI_BENCH_MACHINE_H
#define KC_CLI_BENCH_MACHINE_H

#include "cli/guest-command.h"

/* What all machines have, and each for itself. */
struct bench_machine_options {
	struct guest_command command;
	const char **setup;
};

/* clang-format off */
#define BENCH_SETUP_ROW                                                                      \
	{"setup", 0, "SHELL",                                                                \
	 "run this by the guest's shell before each round's load, unmeasured; may be repeated", \
	 option_list, offsetof(struct bench_machine_options, setup)}
/* clang-format on */

/* Of a command whose options begin with a struct bench_machine_options. */
extern const struct option_row bench_command_rows[];

struct bench_target {
	char *name, *text; /* its own options as typed */
	char **words; /* that they were split into, which options point to */
	struct bench_machine_options options;
	struct launch launch;
};

/* Parses @text on top of @common. The caller clears @target in any case. */
bool bench_target_parse(struct bench_target *target, const char *text,
			const struct bench_machine_options *common, GError **error);
void bench_target_clear(struct bench_target *target);

/*
 * All that it has, of its own and of all machines, in one line: what is not in it does not
 * matter to what is measured. Caller frees.
 */
char *bench_target_settings(const struct bench_target *target);

/*
 * Tells the modules and files that it is given from others by the same names, once it is
 * prepared. NULL: it is given none. Caller frees.
 */
char *bench_target_files_build(const struct bench_target *target);

/* Before anything is started: what @target asks for is there. */
bool bench_target_prepare(struct bench_target *target, char **load, GError **error);

#endif
