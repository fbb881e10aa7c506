/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "series/matrix.h"
#include "base/status.h"
#include "series/needs.h"
#include "series/place.h"
#include "series/said.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#define NAME_DIGITS 12
#define BOOT_SECONDS "--boot-timeout=240" /* a distribution's kernel, emulated, on a busy host */

typedef struct side *(*side_maker)(const struct lab *lab, const char *word, const char *folder,
				   GError **error);

static void clear_cell(void *data)
{
	outcome_clear(data);
}

static char *short_sum(const char *text)
{
	g_autofree char *sum = g_compute_checksum_for_string(G_CHECKSUM_SHA256, text, -1);

	return g_strndup(sum, NAME_DIGITS);
}

static GPtrArray *sides_new(char *const *words)
{
	GPtrArray *sides = g_ptr_array_new_with_free_func((GDestroyNotify)side_free);

	for (; *words; words++) {
		struct side *side = g_new0(struct side, 1);

		*side = (struct side){.word = g_strdup(*words), .kind = OUTCOME_UNKNOWN};
		side->why = g_strdup("it was not come to");
		g_ptr_array_add(sides, side);
	}
	return sides;
}

struct matrix *matrix_new(const struct lab *lab, const struct trial *trial, char *const *kernels,
			  char *const *qemus)
{
	struct matrix *matrix = g_new0(struct matrix, 1);
	g_autofree char *left = g_strjoinv(",", (char **)kernels);
	g_autofree char *right = g_strjoinv(",", (char **)qemus);
	g_autofree char *here = g_get_current_dir();
	g_autofree char *all = NULL, *sum = NULL, *name = NULL;

	*matrix = (struct matrix){.lab = lab, .trial = trial, .test = trial_text(trial)};
	matrix->kernels = sides_new(kernels);
	matrix->qemus = sides_new(qemus);
	matrix->cells = g_array_new(FALSE, TRUE, sizeof(struct outcome));
	g_array_set_clear_func(matrix->cells, clear_cell);
	g_array_set_size(matrix->cells, matrix->kernels->len * matrix->qemus->len);
	all = g_strjoin("\n", left, right, matrix->test, here, NULL);
	sum = short_sum(all);
	name = g_strconcat("matrix-", sum, NULL);
	matrix->folder = g_build_filename(lab->root, "build", "series", name, NULL);
	return matrix;
}

void matrix_free(struct matrix *matrix)
{
	g_ptr_array_unref(matrix->kernels);
	g_ptr_array_unref(matrix->qemus);
	g_array_unref(matrix->cells);
	g_free(matrix->folder);
	g_free(matrix->test);
	g_free(matrix);
}

const struct side *matrix_kernel(const struct matrix *matrix, guint index)
{
	return g_ptr_array_index(matrix->kernels, index);
}

const struct side *matrix_qemu(const struct matrix *matrix, guint index)
{
	return g_ptr_array_index(matrix->qemus, index);
}

static struct outcome *cell_at(const struct matrix *matrix, guint kernel, guint qemu)
{
	return &g_array_index(matrix->cells, struct outcome, kernel * matrix->qemus->len + qemu);
}

const struct outcome *matrix_cell(const struct matrix *matrix, guint kernel, guint qemu)
{
	return cell_at(matrix, kernel, qemu);
}

char *matrix_side_name(const struct side *side)
{
	if (!side->version || g_str_equal(side->version, side->word))
		return g_strdup(side->word);
	return g_strdup_printf("%s (%s)", side->word, side->version);
}

guint matrix_count(const struct matrix *matrix, enum outcome_kind kind)
{
	guint count = 0;

	for (guint i = 0; i < matrix->cells->len; i++)
		count += g_array_index(matrix->cells, struct outcome, i).kind == kind;
	return count;
}

static void fill_cell(struct outcome *cell, enum outcome_kind kind, const char *why)
{
	outcome_clear(cell);
	cell->kind = kind;
	cell->why = g_strdup(why);
}

static bool make_sides(const struct matrix *matrix, GPtrArray *sides, const char *axis,
		       side_maker make, GError **error)
{
	for (guint i = 0; i < sides->len; i++) {
		struct side *blank = g_ptr_array_index(sides, i), *side;
		g_autofree char *name = g_strdup_printf("%s-%u", axis, i + 1);
		g_autofree char *folder = g_build_filename(matrix->folder, name, NULL);

		printf("%s %s: ", axis, blank->word);
		fflush(stdout);
		if (g_mkdir_with_parents(folder, 0777) < 0) {
			g_set_error(error, STATUS_ERROR, STATUS_HOST_NOT_READY,
				    "cannot make '%s': %s", folder, g_strerror(errno));
			return false;
		}
		side = make(matrix->lab, blank->word, folder, error);
		if (!side)
			return false;
		sides->pdata[i] = side;
		side_free(blank);
		if (side->kind == OUTCOME_PASS)
			printf("%s\n", side->version);
		else
			printf("%s: %s\n", outcome_name(side->kind), side->why);
	}
	return true;
}

/* A module of ours that the test needs, and that does not build for this kernel */
static bool lacks_module(const struct side *kernel, const struct needs *needs, struct outcome *cell)
{
	if (kernel->no_headers && needs->modules->len) {
		g_autofree char *why = g_strdup_printf(
			"there are no headers of Linux %s beside the kernel, to build %s with",
			kernel->version, (char *)g_ptr_array_index(needs->modules, 0));

		fill_cell(cell, OUTCOME_UNKNOWN, why);
		return true;
	}
	for (guint i = 0; kernel->failed && i < needs->modules->len; i++) {
		const char *name = g_ptr_array_index(needs->modules, i);
		g_autofree char *log = g_build_filename(kernel->failed, name, NULL);
		g_autofree char *said = NULL, *why = NULL;

		if (!g_file_test(log, G_FILE_TEST_EXISTS))
			continue;
		said = said_by_build(log);
		why = g_strdup_printf("%s: %s", name, said);
		fill_cell(cell, OUTCOME_NOT_BUILT, why);
		cell->folder = g_strdup(kernel->failed);
		return true;
	}
	return false;
}

static bool has_device(const struct side *qemu, const char *before, const char *type,
		       const char *behind)
{
	g_autofree char *whole = g_strconcat(before, type, behind, NULL);

	return g_strv_contains((const char *const *)qemu->devices, whole);
}

/* A name alone is that of a device's folder. */
static bool lacks_device(const struct side *qemu, const struct needs *needs, struct outcome *cell)
{
	for (guint i = 0; qemu->devices && i < needs->devices->len; i++) {
		const char *type = g_ptr_array_index(needs->devices, i);
		g_autofree char *why = NULL;

		if (has_device(qemu, "", type, "") || has_device(qemu, "virtio-", type, "-pci") ||
		    has_device(qemu, "virtio-", type, "-device"))
			continue;
		why = g_strdup_printf("this QEMU has no %s, which the test needs", type);
		fill_cell(cell, OUTCOME_UNKNOWN, why);
		return true;
	}
	return false;
}

/* Why this pair cannot be tried */
static bool cannot(const struct side *kernel, const struct side *qemu, const struct needs *needs,
		   struct outcome *cell)
{
	const struct side *bad = kernel->kind != OUTCOME_PASS ? kernel
				 : qemu->kind != OUTCOME_PASS ? qemu
							      : NULL;

	if (bad)
		fill_cell(cell, bad->kind, bad->why);
	return bad || lacks_module(kernel, needs, cell) || lacks_device(qemu, needs, cell);
}

/* Options of kc that bring this kernel in */
static void kernel_words(const struct matrix *matrix, const struct side *kernel, GPtrArray *words)
{
	if (kernel->debug)
		g_ptr_array_add(words, g_strdup(matrix->trial->tests ? "--kernel=debug"
								     : "--debug-kernel"));
	if (kernel->image) {
		g_ptr_array_add(words, g_strconcat("--kernel=", kernel->image, NULL));
		if (!matrix->trial->tests)
			g_ptr_array_add(words, g_strdup(BOOT_SECONDS));
	}
	if (kernel->modules)
		g_ptr_array_add(words, g_strconcat("--modules=", kernel->modules, NULL));
	g_ptr_array_add(words, NULL);
}

/* What the lab or the host cannot do for this pair, it may for others. */
static void settle(struct outcome *cell)
{
	if (cell->kind == OUTCOME_STOP)
		cell->kind = OUTCOME_UNKNOWN;
}

static bool try_pair(const struct matrix *matrix, const struct side *kernel,
		     const struct side *qemu, struct outcome *cell, GError **error)
{
	g_autoptr(GPtrArray) words = g_ptr_array_new_with_free_func(g_free);
	const char *parts[] = {kernel->parts ? kernel->parts : qemu->parts,
			       kernel->parts ? qemu->parts : NULL, NULL};
	g_autofree char *root = NULL;

	kernel_words(matrix, kernel, words);
	root = place_make(matrix->lab, cell->folder, parts, error);
	if (!root ||
	    !trial_run(matrix->trial, root, (const char *const *)words->pdata, NULL, cell, error))
		return false;
	settle(cell);
	return outcome_save(cell, error);
}

/* Others would fare no better: it was interrupted, or the host is not ready, its disk for one. */
static bool ends_all(const GError *cause)
{
	return status_is_signal(cause->code) || cause->code == STATUS_HOST_NOT_READY;
}

/* Where a pair could not be tried, why is its outcome. */
static bool fill(struct matrix *matrix, guint row, guint column, const struct needs *needs,
		 GError **error)
{
	const struct side *kernel = matrix_kernel(matrix, row), *qemu = matrix_qemu(matrix, column);
	struct outcome *cell = cell_at(matrix, row, column);
	g_autofree char *pair = NULL, *sum = NULL, *folder = NULL;
	GError *cause = NULL;

	if (cannot(kernel, qemu, needs, cell))
		return true;
	pair = g_strjoin("\n", kernel->word, kernel->identity, qemu->word, qemu->identity, NULL);
	sum = short_sum(pair);
	folder = g_build_filename(matrix->folder, sum, NULL);
	outcome_clear(cell);
	if (outcome_load(cell, folder))
		return true;
	*cell = (struct outcome){.folder = g_steal_pointer(&folder)};
	g_mkdir_with_parents(cell->folder, 0777);
	if (try_pair(matrix, kernel, qemu, cell, &cause))
		return true;
	cell->kind = OUTCOME_UNKNOWN;
	g_free(cell->why);
	cell->why = g_strdup(cause->message);
	if (ends_all(cause)) {
		g_propagate_error(error, cause);
		return false;
	}
	g_error_free(cause);
	return true;
}

static void tell(const struct matrix *matrix, guint row, guint column)
{
	const struct outcome *cell = matrix_cell(matrix, row, column);

	printf("%s on %s: %s%s%s", matrix_kernel(matrix, row)->word,
	       matrix_qemu(matrix, column)->word, outcome_name(cell->kind),
	       cell->why && *cell->why ? ": " : "", cell->why ? cell->why : "");
	if (cell->before)
		printf(" (from an earlier start)");
	else if (cell->tested > 0)
		printf(" (%.1f s)", cell->tested);
	printf("\n");
	fflush(stdout);
}

static bool fill_all(struct matrix *matrix, GError **error)
{
	struct needs needs;
	bool ok = true;

	needs_find(&needs, matrix->trial, matrix->lab);
	for (guint i = 0; ok && i < matrix->cells->len; i++) {
		guint row = i / matrix->qemus->len, column = i % matrix->qemus->len;

		ok = fill(matrix, row, column, &needs, error);
		tell(matrix, row, column);
	}
	needs_clear(&needs);
	return ok;
}

/* What a whole matrix has come to is not believed for ever. */
static void forget_finished(const struct matrix *matrix, const char *done)
{
	g_autoptr(GDir) dir = unlink(done) == 0 ? g_dir_open(matrix->folder, 0, NULL) : NULL;
	const char *name;

	while (dir && (name = g_dir_read_name(dir))) {
		g_autofree char *file = g_build_filename(matrix->folder, name, "outcome.ini", NULL);

		unlink(file);
	}
}

bool matrix_run(struct matrix *matrix, GError **error)
{
	g_autofree char *done = g_build_filename(matrix->folder, "done", NULL);
	gint64 begin = g_get_monotonic_time();
	bool ok;

	for (guint i = 0; i < matrix->cells->len; i++)
		fill_cell(&g_array_index(matrix->cells, struct outcome, i), OUTCOME_UNKNOWN,
			  "it was not come to");
	forget_finished(matrix, done);
	ok = make_sides(matrix, matrix->kernels, "kernel", side_kernel, error) &&
	     make_sides(matrix, matrix->qemus, "qemu", side_qemu, error) && fill_all(matrix, error);
	if (ok)
		g_file_set_contents(done, "", 0, NULL);
	matrix->seconds = (g_get_monotonic_time() - begin) / 1e6;
	return ok;
}
