/* SPDX-License-Identifier: GPL-2.0-or-later */
/* kc bisect: the first commit of a kernel, a QEMU or anything else on which a test fails. */
#include "cli/command.h"
#include "base/status.h"
#include "cli/series-options.h"
#include "series/bisect.h"

struct bisect_options {
	struct series_options series;
	bool trust;
};

static const struct option_row bisect_rows[] = {
	SERIES_ROWS(struct bisect_options, series),
	{"trust", 0, NULL, "believe of GOOD and BAD what they are, rather than test them first",
	 option_on, offsetof(struct bisect_options, trust)},
	{.name = NULL},
};

static int run_bisect(struct series *series, const void *data, GError **error)
{
	return bisect(series, data, error);
}

static int bisect_run(const void *fields, char **operands, GError **error)
{
	const struct bisect_options *options = fields;
	struct bisect_ends ends = {.trusted = options->trust};
	g_autofree char *question = NULL;
	struct series_job job = {.run = run_bisect, .data = &ends};

	if (g_strv_length(operands) != 2) {
		g_set_error(
			error, STATUS_ERROR, STATUS_MISUSE,
			"expected two commits, as in 'kc bisect --linux DIR v6.12 HEAD -- TEST'");
		return 0;
	}
	ends.good = operands[0];
	ends.bad = operands[1];
	job.question = question = g_strjoin(" ", "bisect", ends.good, ends.bad, NULL);
	return series_options_run(&options->series, operands + 3, &job, error);
}

static const struct option_row *const bisect_tables[] = {bisect_rows, NULL};

const struct command command_bisect = {
	.name = "bisect",
	.operands = "GOOD BAD -- TEST...",
	.operands_max = 2,
	.load = true,
	.summary = "find the commit on which a test begins to fail",
	.text = "Tests BAD and GOOD, then the commits between them that git bisect asks for, and "
		"names the first bad one, with why and where the evidence is. Of each step it is "
		"told how many more are left, and how long they will take.\n\n" SERIES_TEXT "\n\n"
		"A commit is bad where the test fails, the kernel warns or panics, or the guest "
		"hangs; one that does not build, or never boots, is skipped. Where the lab or "
		"the host is broken it stops and says why. The exit status is 0 where the commit "
		"was found, 125 where it is one of several that cannot be told apart, 240 where "
		"GOOD or BAD is not so, and else kc's own. build/series/*/runs has a folder for each "
		"search: bisect.log is for 'git bisect replay', and for each commit there are its "
		"logs, its failures, and a lab for 'KC_ROOT=.../root kc test ...'.\n\n"
		"git can do the same, with kc for one step; 'kc test --bisect' and 'kc run --bisect' "
		"end as it asks. In a clone of Linux:\n\n"
		"git bisect start BAD GOOD\n\n"
		"git bisect run sh -c 'make -C ~/lab all LINUX_SRC=$PWD || exit 125; "
		"~/lab/build/bin/kc test --bisect NAME'",
	.options = bisect_tables,
	.fields_size = sizeof(struct bisect_options),
	.run = bisect_run,
};
