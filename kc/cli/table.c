/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "cli/table.h"

const struct command *const commands[] = {
	&command_boot,	 &command_run,	  &command_test,   &command_watch,   &command_new,
	&command_remove, &command_export, &command_learn,  &command_debug,   &command_trace,
	&command_vq,	 &command_bench,  &command_bisect, &command_each,    &command_matrix,
	&command_cache,	 &command_doctor, &command_help,   &command_version, NULL,
};
