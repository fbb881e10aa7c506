/* SPDX-License-Identifier: GPL-2.0-or-later */
/* kc matrix: a test on each of several kernels with each of several QEMUs. */
#include "base/loop.h"
#include "base/output.h"
#include "base/status.h"
#include "cli/command.h"
#include "series/matrix-show.h"

#include <string.h>

struct matrix_options {
	const char **kernels, **qemus; /* each may hold several, with ',' between */
	const char *json, *junit, *html;
};

#define FIELD(name) offsetof(struct matrix_options, name)

static const struct option_row matrix_rows[] = {
	{"kernel", 'k', "KERNEL,...", "which kernels (default: lab); may be repeated", option_list,
	 FIELD(kernels)},
	{"qemu", 'q', "QEMU,...", "which QEMUs (default: lab); may be repeated", option_list,
	 FIELD(qemus)},
	{"junit", 0, "FILE", "write it as JUnit's XML, too: a suite for each kernel", option_string,
	 FIELD(junit)},
	{"json", 0, "FILE", "write it as JSON, too", option_string, FIELD(json)},
	{"html", 0, "FILE", "write it as a page, too", option_string, FIELD(html)},
	{.name = NULL},
};

/* NULL with @error where one is empty or stands twice. Caller frees. */
static char **split(const char *option, const char **lists, GError **error)
{
	g_autofree char *all = lists ? g_strjoinv(",", (char **)lists) : g_strdup("lab");
	g_auto(GStrv) words = g_strsplit(all, ",", -1);

	for (guint i = 0; words[i]; i++) {
		bool twice = false;

		for (guint k = 0; k < i; k++)
			twice |= g_str_equal(words[k], words[i]);
		if (*words[i] && !twice)
			continue;
		g_set_error(error, STATUS_ERROR, STATUS_MISUSE, "%s %s: %s%s%s", option, all,
			    twice ? "'" : "there is nothing between two commas, or at an end",
			    twice ? words[i] : "", twice ? "' stands there twice" : "");
		return NULL;
	}
	return g_steal_pointer(&words);
}

static bool check_files(const struct matrix_options *options, GError **error)
{
	return output_check("--junit", options->junit, error) &&
	       output_check("--json", options->json, error) &&
	       output_check("--html", options->html, error);
}

static bool write_files(const struct matrix *matrix, const struct matrix_options *options,
			GError **error)
{
	return (!options->junit ||
		output_write("--junit", options->junit, matrix_junit, matrix, error)) &&
	       (!options->json ||
		output_write("--json", options->json, matrix_json, matrix, error)) &&
	       (!options->html ||
		output_write("--html", options->html, matrix_html, matrix, error));
}

static int status_of(const struct matrix *matrix)
{
	if (matrix_count(matrix, OUTCOME_FAIL) + matrix_count(matrix, OUTCOME_NOT_BUILT))
		return STATUS_TEST_FAILED;
	return matrix_count(matrix, OUTCOME_PASS) ? 0 : STATUS_ALL_SKIPPED;
}

static int run_matrix(struct matrix *matrix, const struct matrix_options *options, GError **error)
{
	GError *cause = NULL;

	loop_catch_signals();
	printf("the test: %s\n", matrix->test);
	matrix_run(matrix, &cause);
	/* What is known is told, also where it was interrupted. */
	matrix_table(stdout, matrix);
	if (!write_files(matrix, options, cause ? NULL : error) || !cause)
		return status_of(matrix);
	if (status_is_signal(cause->code))
		g_prefix_error(&cause, "the same command goes on from here; ");
	g_propagate_error(error, cause);
	return 0;
}

static int matrix_start(const void *fields, char **operands, GError **error)
{
	const struct matrix_options *options = fields;
	g_auto(GStrv) kernels = split("--kernel", options->kernels, error);
	g_auto(GStrv) qemus = kernels ? split("--qemu", options->qemus, error) : NULL;
	struct lab *lab = qemus && check_files(options, error) ? lab_find(error) : NULL;
	struct trial trial = {0};
	int status = 0;

	if (*operands)
		g_set_error(error, STATUS_ERROR, STATUS_MISUSE, "what is '%s' for?", *operands);
	else if (lab && lab_require(lab, LAB_INITRAMFS, error) &&
		 lab_require(lab, LAB_FIRMWARE, error) &&
		 trial_parse(&trial, lab, operands + 1, true, error)) {
		struct matrix *matrix = matrix_new(lab, &trial, kernels, qemus);

		status = run_matrix(matrix, options, error);
		matrix_free(matrix);
	}
	trial_clear(&trial);
	lab_free(lab);
	return status;
}

static const struct option_row *const matrix_tables[] = {matrix_rows, NULL};

const struct command command_matrix = {
	.name = "matrix",
	.operands = "-- TEST...",
	.operands_max = 1,
	.load = true,
	.summary = "a test on several kernels with several QEMUs",
	.text = "Runs TEST on each KERNEL with each QEMU, and shows a table. TEST is a command of the "
		"guest's, with options of kc run before it; or names of tests, or a file of them, as "
		"of kc test; or either as a whole, 'kc run ...', 'kc test ...'.\n\n"
		"KERNEL is one of: lab, or debug, the lab's own; debian:VERSION, the newest of "
		"Debian's that begins so ('debian:6.12', 'debian:6.1.0-50-amd64'), or debian:newest, "
		"fetched with its modules and headers by apt under build/debian; a tree, built as the "
		"lab's is; TREE@COMMIT; an image, or IMAGE:FOLDER with the folder of its modules. The "
		"project's modules are built for each: for an image from its headers, beside it as "
		"packages of distributions have them.\n\n"
		"QEMU is one of: lab; host, which PATH finds; a tree; TREE@COMMIT; a program.\n\n"
		"Each cell has one of: pass; fail, with the verdict; does not build, with the "
		"first error of the kernel, the QEMU or a module that the test needs; not run, with the "
		"reason, such as a QEMU without the device. Logs and evidence are in the folder that "
		"is named. Interrupted, the same command goes on where it was; once it has "
		"ended, it starts over, and reuses only what was built.\n\n"
		"The exit status is 1 where a cell fails or does not build, 77 where none was "
		"run, and 0 otherwise.",
	.options = matrix_tables,
	.fields_size = sizeof(struct matrix_options),
	.run = matrix_start,
};
