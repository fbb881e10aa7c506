/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "test/edit-round.h"
#include "base/status.h"
#include "kernel/module.h"
#include "device/folder.h"
#include "test/file.h"
#include "test/list.h"
#include "test/pool.h"

#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static const char *const homes[] = {"devices", DEVICE_LINKS, "modules"};

void edit_target_free(struct edit_target *target)
{
	g_free(target->folder);
	g_free(target->suite);
	g_free(target->group);
	g_free(target);
}

/* As in test-list.h: a device's tests go without the home's name. */
static struct edit_target *target_new(const char *folder, const char *group)
{
	struct edit_target *target = g_new0(struct edit_target, 1);

	target->folder = g_strdup(folder);
	target->suite = g_str_has_prefix(folder, "modules/") ? g_strdup(folder)
							     : g_path_get_basename(folder);
	target->group = g_strdup(group);
	return target;
}

static bool can_be_built(const struct lab *lab, const char *folder)
{
	return edit_parts_in(lab, folder, EDIT_BUILDS) != 0;
}

/* The folder itself, or without its last part, which is a test's name then. */
static struct edit_target *target_at(const struct lab *lab, const char *folder)
{
	g_autofree char *above = g_path_get_dirname(folder);
	g_autofree char *last = g_path_get_basename(folder);

	if (can_be_built(lab, folder))
		return target_new(folder, NULL);
	return strchr(above, '/') && can_be_built(lab, above) ? target_new(above, last) : NULL;
}

struct edit_target *edit_target_find(const struct lab *lab, const char *given, GError **error)
{
	g_autofree char *word = g_strdup(given);
	struct edit_target *target = NULL;

	for (size_t len = strlen(word); len > 1 && word[len - 1] == '/'; len--)
		word[len - 1] = '\0';
	if (strchr(word, '/'))
		target = target_at(lab, word);
	for (size_t i = 0; !target && i < 2; i++) {
		g_autofree char *folder = g_build_filename(homes[i], word, NULL);

		target = target_at(lab, folder);
	}
	if (!target)
		g_set_error(error, STATUS_ERROR, STATUS_MISUSE,
			    "there is no device '%s': no folder of that name in devices/ of %s "
			    "has a Kbuild, meson.build or test.c; modules are named by their "
			    "folder, as 'modules/hello'",
			    given, lab->root);
	return target;
}

static gint by_folder(gconstpointer a, gconstpointer b)
{
	const struct edit_target *const *left = a, *const *right = b;

	return strcmp((*left)->folder, (*right)->folder);
}

GPtrArray *edit_target_all(const struct lab *lab)
{
	GPtrArray *all = g_ptr_array_new_with_free_func((GDestroyNotify)edit_target_free);

	for (size_t i = 0; i < G_N_ELEMENTS(homes); i++) {
		g_autofree char *home = g_build_filename(lab->root, homes[i], NULL);
		g_autoptr(GDir) dir = g_dir_open(home, 0, NULL);
		const char *name;

		while (dir && (name = g_dir_read_name(dir))) {
			g_autofree char *folder = g_build_filename(homes[i], name, NULL);

			if (can_be_built(lab, folder))
				g_ptr_array_add(all, target_new(folder, NULL));
		}
	}
	g_ptr_array_sort(all, by_folder);
	return all;
}

static bool build(const struct lab *lab, const struct edit_target *target, unsigned wanted,
		  GError **error)
{
	for (unsigned part = EDIT_DRIVER; part <= EDIT_TEST; part <<= 1) {
		gint64 begin = g_get_monotonic_time();

		if (!(edit_parts_in(lab, target->folder, wanted) & part))
			continue;
		if (!edit_build(lab, target->folder, part, error))
			return false;
		printf("%s: %s built in %.1f s\n", target->suite, edit_part_name(part),
		       (g_get_monotonic_time() - begin) / 1e6);
		fflush(stdout);
	}
	return true;
}

static void put(struct test *test, const char *host, const char *guest)
{
	g_autofree char *pair = g_strconcat(host, ":", guest, NULL);

	option_list(g_string_chunk_insert(test->strings, pair), &test->transfer.puts, NULL);
}

/*
 * The root file system has been built before the edit: it gets the test program
 * and the modules as they are now.
 */
static void put_built(const struct lab *lab, const struct edit_target *target, struct test *test)
{
	g_autofree char *program = edit_test_program(lab, target->folder);
	g_autofree char *release = lab_part_version(lab, LAB_RELEASE);

	if (program) {
		g_autofree char *name = g_path_get_basename(program);
		g_autofree char *guest = g_build_filename("/usr/bin", name, NULL);

		put(test, program, guest);
	}
	for (int i = 0; release && test->transfer.modules && test->transfer.modules[i]; i++) {
		g_autofree char *name = NULL, *guest = NULL;
		struct module module;

		if (module_parse(&module, test->transfer.modules[i], lab, test->transfer.host_dir,
				 NULL) &&
		    module.in_lab) {
			name = g_path_get_basename(module.file);
			guest = g_strdup_printf("/lib/modules/%s/extra/%s", release, name);
			put(test, module.file, guest);
		}
		module_clear(&module);
	}
}

/* What is wrong with the normal kernel is found soonest. */
static GPtrArray *make_cases(const GPtrArray *tests, bool all)
{
	GPtrArray *cases = g_ptr_array_new_with_free_func(g_free);

	for (guint i = 0; i < tests->len && (all || cases->len == 0); i++) {
		const struct test *test = g_ptr_array_index(tests, i);
		struct test_case *test_case;

		if (!(test->kernels & TEST_NORMAL))
			continue;
		test_case = g_new0(struct test_case, 1);
		test_case->test = test;
		test_case->skip = test->skip;
		test_case->name = (char *)test->name;
		g_ptr_array_add(cases, test_case);
	}
	return cases;
}

static void print_failed(const struct test_result *result)
{
	for (guint i = 0; i < result->results->len; i++) {
		const struct ktap_result *one = g_ptr_array_index(result->results, i);

		if (one->outcome == KTAP_NOT_OK)
			printf("  not ok %s\n%s", one->name, one->comments ? one->comments : "");
	}
	if (result->verdict.notes)
		printf("%s", result->verdict.notes);
	if (result->bundle)
		printf("  all of it: %s/\n", result->bundle);
	if (result->verdict.next)
		printf("  next: %s\n", result->verdict.next);
}

struct tally {
	enum verdict_kind worst;
};

static void no_progress(const GArray *running, void *opaque)
{
	(void)running, (void)opaque;
}

static bool take_result(const struct test_case *test_case, struct test_result *result, void *opaque)
{
	struct tally *tally = opaque;
	const struct verdict *verdict = &result->verdict;

	tally->worst = MAX(tally->worst, verdict->kind);
	printf("%s: %s%s%s (%.1f s)\n", test_case->name, verdict_name(verdict->kind),
	       verdict->why && *verdict->why ? ": " : "", verdict->why ? verdict->why : "",
	       result->seconds);
	if (verdict_is_failure(verdict->kind))
		print_failed(result);
	fflush(stdout);
	test_result_free(result);
	return true;
}

/* To save a machine takes longer than to boot one. */
static int run_cases(const GPtrArray *cases, bool cold)
{
	struct tally tally = {.worst = VERDICT_SKIPPED};
	const struct test_pool_watcher watcher = {no_progress, take_result, &tally};
	const struct test_settings settings = {.cold = cold};
	struct test_rounds *rounds = test_rounds_new(cases, 1, NULL);
	int signo = test_pool_run(rounds, &settings, g_get_num_processors(), &watcher);

	test_rounds_free(rounds);
	return signo ? 128 + signo : verdict_status(tally.worst);
}

static int run_tests(const struct lab *lab, const struct edit_target *target, bool all, bool cold,
		     GError **error)
{
	g_autofree char *word = target->group
					? g_build_filename(target->folder, target->group, NULL)
					: g_strdup(target->folder);
	char *const words[] = {word, NULL};
	g_autoptr(GPtrArray) tests = test_list_find(lab, words, error);
	g_autoptr(GPtrArray) cases = tests ? make_cases(tests, all || target->group) : NULL;

	if (!tests)
		return 0;
	for (guint i = 0; i < tests->len; i++)
		put_built(lab, target, g_ptr_array_index(tests, i));
	return run_cases(cases, cold);
}

/* In front of the test's own, which may need them */
static void insert_first(struct test *test, const GPtrArray *modules)
{
	g_autofree const char **own = g_steal_pointer(&test->transfer.modules);

	for (guint i = 0; modules && i < modules->len; i++)
		option_list(g_string_chunk_insert(test->strings, g_ptr_array_index(modules, i)),
			    &test->transfer.modules, NULL);
	for (int i = 0; own && own[i]; i++)
		option_list(own[i], &test->transfer.modules, NULL);
}

int edit_run_tests(const struct lab *lab, char *const *words, const GPtrArray *modules, bool cold,
		   GError **error)
{
	g_autoptr(GPtrArray) tests = test_list_find(lab, words, error);
	g_autoptr(GPtrArray) cases = tests ? make_cases(tests, true) : NULL;

	for (guint i = 0; tests && i < tests->len; i++) {
		struct test *test = g_ptr_array_index(tests, i);

		insert_first(test, modules);
		if (test->peer)
			insert_first(test->peer, modules);
	}
	return cases ? run_cases(cases, cold) : 0;
}

static bool has_tests(const struct lab *lab, const struct edit_target *target)
{
	g_autofree char *file = g_build_filename(lab->root, target->folder, TEST_FILE_NAME, NULL);

	return g_file_test(file, G_FILE_TEST_EXISTS);
}

/* In nanoseconds; 0 if it is not there. */
static gint64 written(const char *file)
{
	struct stat st;

	return stat(file, &st) == 0
		       ? st.st_mtim.tv_sec * G_GINT64_CONSTANT(1000000000) + st.st_mtim.tv_nsec
		       : 0;
}

int edit_round(const struct lab *lab, const struct edit_target *target, unsigned parts, bool all,
	       GError **error)
{
	gint64 qemu = written(lab->parts[LAB_QEMU]);

	if (!build(lab, target, parts, error))
		return 0;
	if (has_tests(lab, target))
		return run_tests(lab, target, all, !all && qemu != written(lab->parts[LAB_QEMU]),
				 error);
	printf("%s: no " TEST_FILE_NAME ", so nothing is tested\n", target->suite);
	return 0;
}
