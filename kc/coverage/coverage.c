/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "coverage/coverage.h"
#include "base/output.h"
#include "base/status.h"
#include "coverage/gcov.h"
#include "coverage/guest.h"
#include "coverage/results.h"

#include <errno.h>
#include <string.h>

#define RESULT "coverage.json" /* by it a folder is known as one of ours */
#define PREFIX "GCOV_PREFIX"

struct coverage {
	struct lab *lab;
	char *folder, *scratch;
};

bool coverage_is_wanted(const struct coverage_options *options)
{
	return options->wanted || options->folder;
}

const char *coverage_scratch(const struct coverage *coverage)
{
	return coverage->scratch;
}

static bool fail(GError **error, const char *path, const char *why)
{
	g_set_error(error, STATUS_ERROR, STATUS_NOT_CARRIED, "coverage: '%s': %s", path, why);
	return false;
}

/* Only what was built for it counts. */
static bool check_lab(const struct lab *lab, const struct launch_options *launch, GError **error)
{
	const char *other = launch->kernel	   ? "--kernel"
			    : launch->debug_kernel ? "--debug-kernel"
			    : launch->qemu	   ? "--qemu"
						   : NULL;

	if (other)
		g_set_error(error, STATUS_ERROR, STATUS_MISUSE,
			    "--coverage has a kernel and a QEMU of its own; leave out %s", other);
	else if (!lab_has(lab, LAB_VMLINUX) || !lab_has(lab, LAB_QEMU))
		g_set_error(error, STATUS_ERROR, STATUS_HOST_NOT_READY,
			    "--coverage takes a kernel and a QEMU that count what of them is run; "
			    "'make coverage' in %s builds them",
			    lab->root);
	else
		return gcov_check(error);
	return false;
}

static bool is_empty(const char *folder)
{
	g_autoptr(GDir) dir = g_dir_open(folder, 0, NULL);

	return dir && !g_dir_read_name(dir);
}

/* Nothing of somebody else's is replaced. */
static bool open_folder(const char *folder, GError **error)
{
	g_autofree char *result = g_build_filename(folder, RESULT, NULL);

	if (g_mkdir_with_parents(folder, 0777) != 0)
		return fail(error, folder, g_strerror(errno));
	if (is_empty(folder) || g_file_test(result, G_FILE_TEST_EXISTS))
		return output_check("--coverage", result, error);
	g_set_error(
		error, STATUS_ERROR, STATUS_MISUSE,
		"--coverage-to: '%s' has files in it that are not coverage's; name a folder that "
		"is empty or not there",
		folder);
	return false;
}

/*
 * QEMUs that are only asked something, or boot a machine to be saved, count, too, and would
 * leave that in the build: it goes where nobody looks.
 */
static bool open_scratch(struct coverage *coverage, GError **error)
{
	g_autoptr(GError) cause = NULL;
	g_autofree char *other = NULL;

	coverage->scratch = g_dir_make_tmp("kc-coverage-XXXXXX", &cause);
	if (!coverage->scratch)
		return fail(error, g_get_tmp_dir(), cause->message);
	other = g_build_filename(coverage->scratch, "other", NULL);
	g_setenv(PREFIX, other, TRUE);
	return true;
}

struct coverage *coverage_new(const struct coverage_options *options,
			      const struct launch_options *launch, GError **error)
{
	struct coverage *coverage = g_new0(struct coverage, 1);

	coverage->lab = lab_find(error);
	if (coverage->lab) {
		lab_use(coverage->lab, LAB_COVERAGE);
		coverage->folder = options->folder ? g_canonicalize_filename(options->folder, NULL)
						   : g_build_filename(coverage->lab->root, "build",
								      "coverage", NULL);
	}
	if (coverage->lab && check_lab(coverage->lab, launch, error) &&
	    open_folder(coverage->folder, error) && open_scratch(coverage, error))
		return coverage;
	coverage_free(coverage);
	return NULL;
}

static bool run_quietly(const char *const *argv, GError **error)
{
	g_autoptr(GError) cause = NULL;
	int status;

	if (g_spawn_sync(NULL, (char **)argv, NULL,
			 G_SPAWN_SEARCH_PATH | G_SPAWN_STDOUT_TO_DEV_NULL, NULL, NULL, NULL, NULL,
			 &status, &cause) &&
	    g_spawn_check_wait_status(status, &cause))
		return true;
	return fail(error, argv[0], cause->message);
}

static void remove_folder(const char *folder)
{
	const char *argv[] = {"rm", "-rf", "--", folder, NULL};

	run_quietly(argv, NULL);
}

void coverage_free(struct coverage *coverage)
{
	if (!coverage)
		return;
	if (coverage->scratch)
		remove_folder(coverage->scratch);
	lab_free(coverage->lab);
	g_free(coverage->folder);
	g_free(coverage->scratch);
	g_free(coverage);
}

/* What each guest left, and what is missing of it, in sentences */
struct guests {
	guint count;
	GPtrArray *counted[SIDES]; /* folders */
	GPtrArray *missing;
};

static void guests_clear(struct guests *guests)
{
	for (int side = 0; side < SIDES; side++)
		g_ptr_array_unref(guests->counted[side]);
	g_ptr_array_unref(guests->missing);
}

static guint count_files(const char *folder)
{
	g_autoptr(GPtrArray) files = gcov_files(folder);

	return files->len;
}

static void take_driver(struct guests *guests, const char *folder, GHashTable *reasons)
{
	char *path = g_build_filename(folder, COVERAGE_DRIVER, NULL);
	g_autofree char *lost = g_build_filename(folder, COVERAGE_LOST, NULL);
	char *reason = NULL;

	if (g_file_get_contents(lost, &reason, NULL, NULL))
		g_hash_table_insert(
			reasons, reason,
			GUINT_TO_POINTER(GPOINTER_TO_UINT(g_hash_table_lookup(reasons, reason)) +
					 1));
	if (!reason && count_files(path))
		g_ptr_array_add(guests->counted[SIDE_DRIVER], path);
	else
		g_free(path);
}

/* A QEMU writes all of its files, or was killed over it. */
static void drop_partial(struct guests *guests)
{
	GPtrArray *folders = guests->counted[SIDE_DEVICE];
	guint most = 0, dropped = 0;

	for (guint i = 0; i < folders->len; i++)
		most = MAX(most, count_files(g_ptr_array_index(folders, i)));
	for (guint i = folders->len; i-- > 0;) {
		guint count = count_files(g_ptr_array_index(folders, i));

		if (count && count == most)
			continue;
		g_ptr_array_remove_index(folders, i);
		dropped++;
	}
	if (dropped)
		g_ptr_array_add(guests->missing,
				g_strdup_printf("what the device counted is missing of %u of %u "
						"guests, whose QEMU did not end in order",
						dropped, guests->count));
}

static void tell_lost(struct guests *guests, GHashTable *reasons)
{
	GHashTableIter iter;
	void *reason, *count;

	g_hash_table_iter_init(&iter, reasons);
	while (g_hash_table_iter_next(&iter, &reason, &count))
		g_ptr_array_add(guests->missing,
				g_strdup_printf("what the driver counted is missing of %u of %u "
						"guests: %s",
						GPOINTER_TO_UINT(count), guests->count,
						(char *)reason));
}

static void find_guests(struct guests *guests, const char *scratch)
{
	g_autoptr(GHashTable)
		reasons = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
	g_autoptr(GDir) dir = g_dir_open(scratch, 0, NULL);
	const char *name;

	guests->missing = g_ptr_array_new_with_free_func(g_free);
	for (int side = 0; side < SIDES; side++)
		guests->counted[side] = g_ptr_array_new_with_free_func(g_free);
	while (dir && (name = g_dir_read_name(dir))) {
		g_autofree char *folder = g_build_filename(scratch, name, NULL);

		if (!g_str_has_prefix(name, "guest-"))
			continue;
		guests->count++;
		take_driver(guests, folder, reasons);
		g_ptr_array_add(guests->counted[SIDE_DEVICE],
				g_build_filename(folder, COVERAGE_DEVICE, NULL));
	}
	drop_partial(guests);
	tell_lost(guests, reasons);
}

/*
 * What of devices QEMU runs in a machine that has none: it makes one of each network card,
 * for one, to see what that can do.
 */
static GPtrArray *read_idle(const struct coverage *coverage, GError **error)
{
	const char *argv[] = {"sh",
			      "-c",
			      "echo quit | exec \"$0\" -machine q35 -nodefaults -no-user-config "
			      "-display none -L \"$1\" -S -monitor stdio",
			      coverage->lab->parts[LAB_QEMU],
			      coverage->lab->parts[LAB_FIRMWARE],
			      NULL};
	g_autofree char *idle = g_build_filename(coverage->scratch, "idle", NULL);
	bool ran;

	g_setenv(PREFIX, idle, TRUE);
	ran = run_quietly(argv, error);
	/* It would move what gcov-tool writes, too. */
	g_unsetenv(PREFIX);
	return ran ? gcov_read(idle, error) : NULL;
}

static bool write_results(const struct coverage *coverage, const struct results *results,
			  GError **error)
{
	static const struct {
		const char *file;
		void (*put)(FILE *out, const void *data);
	} forms[] = {
		{RESULT, results_put_json},
		{"lcov.info", results_put_lcov},
		{"index.html", results_put_html},
	};

	for (guint i = 0; i < G_N_ELEMENTS(forms); i++) {
		g_autofree char *path = g_build_filename(coverage->folder, forms[i].file, NULL);

		if (!output_write("--coverage", path, forms[i].put, results, error))
			return false;
	}
	return true;
}

static bool keep_sums(const struct coverage *coverage, const char *sums, GError **error)
{
	g_autofree char *kept = g_build_filename(coverage->folder, "gcov", NULL);
	const char *argv[] = {"cp", "-R", "--", sums, kept, NULL};

	remove_folder(kept);
	return run_quietly(argv, error);
}

static bool report(const struct coverage *coverage, const struct guests *guests, const char *what,
		   GPtrArray *const sources[SIDES], const GPtrArray *idle, GError **error)
{
	const GPtrArray *const both[SIDES] = {sources[SIDE_DRIVER], sources[SIDE_DEVICE]};
	g_autoptr(GPtrArray) pairs = pairs_new(coverage->lab, both, idle, error);
	const struct results results = {
		.lab = coverage->lab,
		.what = what,
		.guests = guests->count,
		.missing = guests->missing,
		.pairs = pairs,
	};

	if (!pairs || !write_results(coverage, &results, error))
		return false;
	results_tell(stderr, &results);
	fprintf(stderr, "kc: coverage: both halves on one page: %s/index.html\n", coverage->folder);
	return true;
}

static GPtrArray *read_side(const struct guests *guests, enum side side, const char *sums,
			    GError **error)
{
	g_autofree char *sum = g_build_filename(sums, side_name(side), NULL);

	return gcov_merge(guests->counted[side], sum, error) ? gcov_read(sum, error) : NULL;
}

static void fail_uncounted(const struct guests *guests, GError **error)
{
	g_set_error(error, STATUS_ERROR, STATUS_NOT_CARRIED,
		    "coverage: nothing was counted: %s; there is no report",
		    guests->missing->len ? (char *)g_ptr_array_index(guests->missing, 0)
					 : "no guest was started");
}

bool coverage_report(const struct coverage *coverage, const char *what, GError **error)
{
	g_autofree char *sums = g_build_filename(coverage->scratch, "sums", NULL);
	g_autoptr(GPtrArray) idle = read_idle(coverage, error);
	g_autoptr(GPtrArray) driver = NULL, device = NULL;
	struct guests guests = {0};
	bool done = false;

	find_guests(&guests, coverage->scratch);
	if (idle && !guests.counted[SIDE_DRIVER]->len && !guests.counted[SIDE_DEVICE]->len)
		fail_uncounted(&guests, error);
	else if (idle && g_mkdir_with_parents(sums, 0755) == 0) {
		driver = read_side(&guests, SIDE_DRIVER, sums, error);
		device = driver ? read_side(&guests, SIDE_DEVICE, sums, error) : NULL;
	}
	if (device) {
		GPtrArray *const sources[SIDES] = {driver, device};

		done = report(coverage, &guests, what, sources, idle, error) &&
		       keep_sums(coverage, sums, error);
	}
	guests_clear(&guests);
	return done;
}
