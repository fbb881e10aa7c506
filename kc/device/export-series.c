/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "device/export-series.h"
#include "base/status.h"

#include <gio/gio.h>
#include <stdlib.h>

struct series {
	const char *what;
	char *tree;
	char *scratch;
	const char *author;
	bool signoff;
};

/* What a user's own settings say of formats, hooks and signatures is not for these. */
static GSubprocessLauncher *launcher(void)
{
	GSubprocessLauncher *new = g_subprocess_launcher_new(G_SUBPROCESS_FLAGS_STDOUT_PIPE |
							     G_SUBPROCESS_FLAGS_STDERR_PIPE);

	g_subprocess_launcher_setenv(new, "GIT_CONFIG_GLOBAL", "/dev/null", true);
	g_subprocess_launcher_setenv(new, "GIT_CONFIG_SYSTEM", "/dev/null", true);
	g_subprocess_launcher_setenv(new, "GIT_COMMITTER_NAME", "kc export", true);
	g_subprocess_launcher_setenv(new, "GIT_COMMITTER_EMAIL", "<>", true);
	g_subprocess_launcher_unsetenv(new, "GIT_DIR");
	g_subprocess_launcher_unsetenv(new, "GIT_WORK_TREE");
	g_subprocess_launcher_unsetenv(new, "GIT_INDEX_FILE");
	return new;
}

/* git's stdout; caller frees. NULL with STATUS_HOST_NOT_READY. */
static char *git(const char *folder, GError **error, const char *first, ...) G_GNUC_NULL_TERMINATED;
static char *git(const char *folder, GError **error, const char *first, ...)
{
	g_autoptr(GSubprocessLauncher) with = launcher();
	g_autoptr(GPtrArray) argv = g_ptr_array_new();
	g_autoptr(GSubprocess) child = NULL;
	g_autoptr(GError) cause = NULL;
	g_autofree char *said = NULL;
	g_autofree char *trouble = NULL;
	va_list words;

	g_ptr_array_add(argv, (gpointer) "git");
	va_start(words, first);
	for (const char *word = first; word; word = va_arg(words, const char *))
		g_ptr_array_add(argv, (gpointer)word);
	va_end(words);
	g_ptr_array_add(argv, NULL);
	g_subprocess_launcher_set_cwd(with, folder);
	child = g_subprocess_launcher_spawnv(with, (const char *const *)argv->pdata, &cause);
	if (child && g_subprocess_communicate_utf8(child, NULL, NULL, &said, &trouble, &cause) &&
	    g_subprocess_get_successful(child))
		return g_steal_pointer(&said);
	g_set_error(error, STATUS_ERROR, STATUS_HOST_NOT_READY, "git %s fails in '%s': %s", first,
		    folder, cause ? cause->message : g_strchomp(trouble));
	return NULL;
}

static bool git_ok(char *said)
{
	g_free(said);
	return said;
}

/* A tree that is unpacked, and no work tree of git, has no changes to speak of. */
static bool check_clean(const struct series *series, GError **error)
{
	g_autofree char *top = git(series->tree, NULL, "rev-parse", "--show-toplevel", NULL);
	g_autofree char *changed = NULL;

	if (!top || !g_str_equal(g_strchomp(top), series->tree))
		return true;
	changed = git(series->tree, error, "--no-optional-locks", "status", "--porcelain", NULL);
	if (!changed)
		return false;
	if (!*changed)
		return true;
	g_set_error(error, STATUS_ERROR, STATUS_MISUSE,
		    "'%s' has changes that are not committed, so a patch made from it may not "
		    "apply elsewhere; commit or stash them:\n%.*s",
		    series->tree, 400, g_strchomp(changed));
	return false;
}

static bool copy_base(const struct series *series, const char *const *files, GError **error)
{
	for (size_t i = 0; files[i]; i++) {
		g_autofree char *from = g_build_filename(series->tree, files[i], NULL);
		g_autofree char *text = NULL;

		if (!g_file_get_contents(from, &text, NULL, NULL)) {
			g_set_error(error, STATUS_ERROR, STATUS_MISUSE,
				    "'%s' is not a source tree of %s: it has no %s", series->tree,
				    series->what, files[i]);
			return false;
		}
		if (!series_write(series, files[i], text, error))
			return false;
	}
	return git_ok(git(series->scratch, error, "init", "--quiet", NULL)) &&
	       git_ok(git(series->scratch, error, "add", "--force", ".", NULL)) &&
	       git_ok(git(series->scratch, error, "commit", "--quiet", "-m", "base", "--author",
			  "base <>", NULL));
}

struct series *series_new(const char *what, const char *tree, const char *const *files,
			  const char *scratch, GError **error)
{
	struct series *series = g_new0(struct series, 1);
	char *real = realpath(tree, NULL);

	series->what = what;
	series->tree = g_strdup(real ? real : tree);
	series->scratch = g_strdup(scratch);
	free(real);
	if (copy_base(series, files, error) && check_clean(series, error))
		return series;
	series_free(series);
	return NULL;
}

void series_free(struct series *series)
{
	if (!series)
		return;
	g_free(series->tree);
	g_free(series->scratch);
	g_free(series);
}

void series_set_author(struct series *series, const char *author, bool signoff)
{
	series->author = author;
	series->signoff = signoff;
}

bool series_tree_has(const struct series *series, const char *path)
{
	g_autofree char *full = g_build_filename(series->tree, path, NULL);

	return g_file_test(full, G_FILE_TEST_EXISTS);
}

static void carried(GError **error, GError *cause)
{
	g_set_error_literal(error, STATUS_ERROR, STATUS_NOT_CARRIED, cause->message);
	g_error_free(cause);
}

char *series_read(const struct series *series, const char *path, GError **error)
{
	g_autofree char *full = g_build_filename(series->scratch, path, NULL);
	GError *cause = NULL;
	char *text = NULL;

	if (!g_file_get_contents(full, &text, NULL, &cause))
		carried(error, cause);
	return text;
}

bool series_write(const struct series *series, const char *path, const char *text, GError **error)
{
	g_autofree char *full = g_build_filename(series->scratch, path, NULL);
	g_autofree char *folder = g_path_get_dirname(full);
	GError *cause = NULL;

	g_mkdir_with_parents(folder, 0777);
	if (g_file_set_contents(full, text, -1, &cause))
		return true;
	carried(error, cause);
	return false;
}

bool series_edit(const struct series *series, const char *path, const char *pattern,
		 const char *replacement, GError **error)
{
	g_autoptr(GRegex) regex = g_regex_new(pattern, G_REGEX_MULTILINE | G_REGEX_DOTALL, 0, NULL);
	g_autofree char *text = series_read(series, path, error);
	g_autoptr(GMatchInfo) match = NULL;
	g_autofree char *expanded = NULL;
	g_autofree char *changed = NULL;
	int start, end;

	if (!text)
		return false;
	if (!g_regex_match(regex, text, 0, &match)) {
		g_set_error(error, STATUS_ERROR, STATUS_MISUSE,
			    "no place found in %s of '%s' (expected text like /%s/); kc export "
			    "knows the lab's version of %s",
			    path, series->tree, pattern, series->what);
		return false;
	}
	g_match_info_fetch_pos(match, 0, &start, &end);
	expanded = g_match_info_expand_references(match, replacement, NULL);
	changed = g_strdup_printf("%.*s%s%s", start, text, expanded, text + end);
	return series_write(series, path, changed, error);
}

bool series_commit(const struct series *series, const char *subject, const char *body,
		   GError **error)
{
	g_autofree char *trailer = g_strdup_printf("\n\nSigned-off-by: %s", series->author);
	g_autofree char *message = g_strconcat(subject, "\n\n", body,
					       series->signoff ? trailer : "", "\n", NULL);

	return git_ok(git(series->scratch, error, "add", "--force", ".", NULL)) &&
	       git_ok(git(series->scratch, error, "commit", "--quiet", "--author", series->author,
			  "-m", message, NULL));
}

bool series_save(const struct series *series, const char *out, GError **error)
{
	g_autofree char *first = git(series->scratch, error, "rev-list", "--max-parents=0", "HEAD",
				     NULL);

	return first && git_ok(git(series->scratch, error, "format-patch", "--quiet",
				   "--no-signature", "--zero-commit", "--abbrev=12",
				   "--output-directory", out, g_strchomp(first), NULL));
}
