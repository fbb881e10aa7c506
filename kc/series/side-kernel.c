/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "base/status.h"
#include "kernel/kernel-image.h"
#include "lab/image.h"
#include "series/child.h"
#include "series/internal.h"
#include "series/said.h"
#include "series/space.h"

#include <string.h>
#include <unistd.h>

#define FETCH_SECONDS 1800
#define MODULES_SECONDS 1800
#define DEBIAN "debian:"

/* The last line that a script said is its answer; NULL: it fails, and its log says why. */
static bool ask(const struct lab *lab, const char *name, const char *const *words, const char *log,
		double seconds, char **answer, GError **error)
{
	g_autofree char *script = g_build_filename(lab->root, "scripts", name, NULL);
	const char *argv[] = {script, words[0], words[0] ? words[1] : NULL, NULL};
	const struct child child = {.argv = argv, .log = log, .seconds = seconds, .what = name};
	g_autofree char *folder = g_path_get_dirname(log);
	g_autofree char *said = NULL;
	char *line;
	int status = 0;

	*answer = NULL;
	unlink(log);
	if (!child_run(&child, &status, error))
		return false;
	if (status)
		return !space_ran_out(folder, log, "", error);
	if (!g_file_get_contents(log, &said, NULL, NULL))
		return true;
	line = strrchr(g_strchomp(said), '\n');
	*answer = g_strdup(line ? line + 1 : said);
	return true;
}

/* Of a package that was unpacked, or of one that is installed */
static char *find_headers(const char *image, const char *release)
{
	g_autofree char *folder = g_path_get_dirname(image);
	g_autofree char *name = g_strconcat("linux-headers-", release, NULL);
	char *const places[] = {
		g_build_filename(folder, "..", "headers", NULL),
		g_build_filename(folder, "..", "usr", "src", name, NULL),
		g_build_filename(folder, "..", "lib", "modules", release, "build", NULL),
	};
	char *found = NULL;

	for (size_t i = 0; i < G_N_ELEMENTS(places); i++) {
		g_autofree char *makefile = g_build_filename(places[i], "Makefile", NULL);

		if (!found && g_file_test(makefile, G_FILE_TEST_EXISTS))
			found = g_canonicalize_filename(places[i], NULL);
		g_free(places[i]);
	}
	return found;
}

/* Our modules for a kernel that has headers; without, a test that needs none can still run. */
static bool build_modules(struct side *side, const struct lab *lab, const char *logs,
			  GError **error)
{
	g_autofree char *log = g_build_filename(logs, "modules.log", NULL);
	g_autofree char *headers = find_headers(side->image, side->version);
	const char *words[] = {headers, logs};
	g_autofree char *answer = NULL;

	side->parts = g_build_filename(logs, "parts", NULL);
	side->failed = g_build_filename(side->parts, "failed", NULL);
	words[1] = side->parts;
	side->no_headers = !headers;
	if (!headers)
		return true;
	if (!ask(lab, "series-modules.sh", words, log, MODULES_SECONDS, &answer, error))
		return false;
	if (!answer)
		side_cannot(side, OUTCOME_UNKNOWN, said_by_build(log));
	return true;
}

static bool use_image(struct side *side, const struct lab *lab, const char *image, const char *logs,
		      GError **error)
{
	g_autoptr(GError) cause = NULL;

	if (!image_is_kernel(image, &cause)) {
		side_cannot(side, OUTCOME_UNKNOWN, g_strdup(cause->message));
		return true;
	}
	side->image = g_canonicalize_filename(image, NULL);
	side->version = kernel_image_release(image);
	side->identity = lab_build_of(image);
	if (!side->version)
		side->version = g_strdup("unknown");
	return build_modules(side, lab, logs, error);
}

static bool use_debian(struct side *side, const struct lab *lab, const char *logs, GError **error)
{
	const char *words[] = {side->word + strlen(DEBIAN), NULL};
	g_autofree char *log = g_build_filename(logs, "fetch.log", NULL);
	g_autofree char *folder = NULL, *release = NULL, *name = NULL, *image = NULL;

	if (!ask(lab, "series-debian.sh", words, log, FETCH_SECONDS, &folder, error))
		return false;
	if (!folder) {
		side_cannot(side, OUTCOME_UNKNOWN, said_by_build(log));
		return true;
	}
	release = g_path_get_basename(folder);
	name = g_strconcat("vmlinuz-", release, NULL);
	image = g_build_filename(folder, "boot", name, NULL);
	return use_image(side, lab, image, logs, error);
}

/* "IMAGE:MODULES"; an image alone has them beside it, or none. */
static bool use_file(struct side *side, const struct lab *lab, const char *logs, GError **error)
{
	const char *colon = strrchr(side->word, ':');
	g_autofree char *image = colon ? g_strndup(side->word, colon - side->word) : NULL;

	if (image && g_file_test(image, G_FILE_TEST_IS_REGULAR))
		side->modules = g_canonicalize_filename(colon + 1, NULL);
	return use_image(side, lab, side->modules ? image : side->word, logs, error);
}

static void use_lab(struct side *side, struct lab *lab)
{
	if (side->debug)
		lab_use(lab, LAB_DEBUG);
	side->version = lab_part_version(lab, LAB_RELEASE);
	side->identity = lab_build_of(lab->parts[LAB_VMLINUX]);
	if (!side->version || !side->identity)
		side_cannot(side, OUTCOME_UNKNOWN,
			    g_strdup_printf("the %s is not built: '%s' builds it",
					    side->debug ? "debug kernel" : "lab's kernel",
					    side->debug ? "make linux-debug" : "make linux"));
}

/* What was built has the same names as in the lab. */
static void read_parts(struct side *side)
{
	g_autofree char *release = NULL, *kernel = NULL;

	if (!side->parts)
		return;
	release = g_build_filename(side->parts, "kernel.release", NULL);
	kernel = g_build_filename(side->parts, "vmlinux", NULL);
	g_file_get_contents(release, &side->version, NULL, NULL);
	if (side->version)
		g_strchomp(side->version);
	side->identity = lab_build_of(kernel);
}

static bool make_ready(struct side *side, const struct lab *lab, const char *logs, GError **error)
{
	g_autofree char *folder = NULL, *commit = NULL;
	bool ok = true;

	if (g_str_has_prefix(side->word, DEBIAN)) {
		ok = use_debian(side, lab, logs, error);
	} else if (side_is_tree(side->word, TREE_LINUX)) {
		ok = side_build(side, lab, TREE_LINUX, side->word, NULL, logs, error);
		read_parts(side);
	} else if (revision_parse(side->word, &folder, &commit)) {
		ok = side_build(side, lab, TREE_LINUX, folder, commit, logs, error);
		read_parts(side);
	} else if (g_file_test(side->word, G_FILE_TEST_IS_DIR)) {
		side_cannot(
			side, OUTCOME_UNKNOWN,
			g_strdup_printf("'%s' is not a Linux source tree: it has no init/Kconfig",
					side->word));
	} else {
		ok = use_file(side, lab, logs, error);
	}
	return ok;
}

struct side *side_kernel(const struct lab *lab, const char *word, const char *folder,
			 GError **error)
{
	struct side *side = side_new(word);
	struct lab *own;

	side->debug = g_str_equal(word, "debug");
	if (!side->debug && !g_str_equal(word, "lab")) {
		if (make_ready(side, lab, folder, error))
			return side;
		side_free(side);
		return NULL;
	}
	own = lab_find(error);
	if (own)
		use_lab(side, own);
	else
		g_clear_pointer(&side, side_free);
	lab_free(own);
	return side;
}
