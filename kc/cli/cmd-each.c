/* SPDX-License-Identifier: GPL-2.0-or-later */
/* kc each: does every commit of a series build and pass? */
#include "cli/command.h"
#include "base/status.h"
#include "cli/series-options.h"
#include "series/each.h"

struct each_options {
	struct series_options series;
};

static const struct option_row each_rows[] = {
	SERIES_ROWS(struct each_options, series),
	{.name = NULL},
};

static int run_each(struct series *series, const void *data, GError **error)
{
	return each(series, data, error);
}

static int each_run(const void *fields, char **operands, GError **error)
{
	g_autofree char *question = NULL;
	struct series_job job = {.run = run_each};

	if (g_strv_length(operands) != 1) {
		g_set_error(error, STATUS_ERROR, STATUS_MISUSE,
			    "expected a range, as in 'kc each --linux DIR v6.12..HEAD -- TEST'");
		return 0;
	}
	job.data = operands[0];
	job.question = question = g_strconcat("each ", operands[0], NULL);
	return series_options_run(&((const struct each_options *)fields)->series, operands + 2,
				  &job, error);
}

static const struct option_row *const each_tables[] = {each_rows, NULL};

const struct command command_each = {
	.name = "each",
	.operands = "BASE..HEAD -- TEST...",
	.operands_max = 1,
	.load = true,
	.summary = "build and test every commit of a series",
	.text = "Builds each commit of the range, the oldest first, and tests it; none is left out "
		"because another fails. At the end there is a table: pass, fail with the verdict, "
		"does not build with the first error, or not run with the reason.\n\n" SERIES_TEXT
		"\n\n"
		"The exit status is 1 where a commit fails or does not build, 125 where one did not "
		"come up to be tested, and kc's own where the lab or the host is broken.",
	.options = each_tables,
	.fields_size = sizeof(struct each_options),
	.run = each_run,
};
