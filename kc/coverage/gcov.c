/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "coverage/gcov.h"
#include "base/status.h"
#include "coverage/source.h"

#include <errno.h>
#include <glib/gstdio.h>
#include <json-glib/json-glib.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define COUNTERS ".gcda"
#define NOTES ".gcno"

bool gcov_check(GError **error)
{
	static const char *const tools[] = {"gcov", "gcov-tool"};

	for (guint i = 0; i < G_N_ELEMENTS(tools); i++) {
		g_autofree char *found = g_find_program_in_path(tools[i]);

		if (found)
			continue;
		g_set_error(error, STATUS_ERROR, STATUS_HOST_NOT_READY,
			    "coverage takes '%s', which comes with GCC, and is not in PATH",
			    tools[i]);
		return false;
	}
	return true;
}

/*
 * What it says on stdout; NULL with what it said of what went wrong, which for gcov is no
 * failure of its own: counters of another build. Caller frees.
 */
static char *run_tool(char **argv, GError **error)
{
	g_autofree char *said = NULL;
	g_autoptr(GError) cause = NULL;
	char *out = NULL;
	int status;

	if (g_spawn_sync(NULL, argv, NULL, G_SPAWN_SEARCH_PATH, NULL, NULL, &out, &said, &status,
			 &cause) &&
	    g_spawn_check_wait_status(status, &cause) && !strstr(said, "mismatch"))
		return out;
	g_free(out);
	g_set_error(error, STATUS_ERROR, STATUS_NOT_CARRIED, "coverage: %s: %s", argv[0],
		    said && *g_strstrip(said) ? said
		    : cause		      ? cause->message
					      : "failed");
	return NULL;
}

static bool copy_folder(const char *from, const char *to, GError **error)
{
	const char *argv[] = {"cp", "-R", "--", from, to, NULL};
	g_autofree char *out = run_tool((char **)argv, error);

	return out;
}

static void remove_folder(const char *folder)
{
	const char *argv[] = {"rm", "-rf", "--", folder, NULL};
	g_autofree char *out = run_tool((char **)argv, NULL);
}

static bool add_folder(const char *folder, const char *to, GError **error)
{
	g_autofree char *sum = g_strconcat(to, ".sum", NULL);
	const char *argv[] = {"gcov-tool", "merge", "-o", sum, to, folder, NULL};
	g_autofree char *out = run_tool((char **)argv, error);

	if (!out)
		return false;
	remove_folder(to);
	if (g_rename(sum, to) == 0)
		return true;
	g_set_error(error, STATUS_ERROR, STATUS_NOT_CARRIED, "coverage: '%s': %s", to,
		    g_strerror(errno));
	return false;
}

bool gcov_merge(const GPtrArray *folders, const char *to, GError **error)
{
	for (guint i = 0; i < folders->len; i++) {
		const char *folder = g_ptr_array_index(folders, i);

		if (!(i ? add_folder(folder, to, error) : copy_folder(folder, to, error)))
			return false;
	}
	return true;
}

static void find_files(const char *folder, GPtrArray *files)
{
	g_autoptr(GDir) dir = g_dir_open(folder, 0, NULL);
	const char *name;

	while (dir && (name = g_dir_read_name(dir))) {
		g_autofree char *path = g_build_filename(folder, name, NULL);

		if (g_file_test(path, G_FILE_TEST_IS_DIR))
			find_files(path, files);
		else if (g_str_has_suffix(name, COUNTERS))
			g_ptr_array_add(files, g_steal_pointer(&path));
	}
}

static gint by_path(gconstpointer a, gconstpointer b)
{
	return strcmp(*(char *const *)a, *(char *const *)b);
}

GPtrArray *gcov_files(const char *folder)
{
	GPtrArray *files = g_ptr_array_new_with_free_func(g_free);

	find_files(folder, files);
	g_ptr_array_sort(files, by_path);
	return files;
}

/* gcov wants the compiler's notes beside the counters; both say of which build they are. */
static bool link_notes(const char *folder, const char *counters, GError **error)
{
	g_autofree char *stem = g_strndup(counters, strlen(counters) - strlen(COUNTERS));
	g_autofree char *link = g_strconcat(stem, NOTES, NULL);
	const char *notes = link + strlen(folder);

	if (access(notes, R_OK) != 0)
		g_set_error(error, STATUS_ERROR, STATUS_NOT_CARRIED,
			    "coverage: the compiler's notes '%s' are missing: %s; 'make coverage' "
			    "makes them",
			    notes, g_strerror(errno));
	else if (symlink(notes, link) != 0 && errno != EEXIST)
		g_set_error(error, STATUS_ERROR, STATUS_NOT_CARRIED, "coverage: '%s': %s", link,
			    g_strerror(errno));
	else
		return true;
	return false;
}

static char *ask_gcov(const char *folder, GPtrArray *files, GError **error)
{
	g_autoptr(GPtrArray) argv = g_ptr_array_new();

	g_ptr_array_add(argv, "gcov");
	g_ptr_array_add(argv, "--json-format");
	g_ptr_array_add(argv, "--stdout");
	for (guint i = 0; i < files->len; i++) {
		if (!link_notes(folder, g_ptr_array_index(files, i), error))
			return NULL;
		g_ptr_array_add(argv, g_ptr_array_index(files, i));
	}
	g_ptr_array_add(argv, NULL);
	return run_tool((char **)argv->pdata, error);
}

/* Sources stand behind links: in the tree of QEMU, and where modules are built. */
static char *source_path(JsonObject *object, JsonObject *file)
{
	const char *folder = json_object_get_string_member_with_default(
		object, "current_working_directory", "/");
	const char *name = json_object_get_string_member_with_default(file, "file", "");
	g_autofree char *path = g_canonicalize_filename(name, folder);
	char *real = realpath(path, NULL);
	char *copy = g_strdup(real ? real : path);

	free(real);
	return copy;
}

static JsonArray *array_of(JsonObject *object, const char *name)
{
	JsonNode *node = json_object_get_member(object, name);

	return node && JSON_NODE_HOLDS_ARRAY(node) ? json_node_get_array(node) : NULL;
}

static guint length_of(JsonArray *array)
{
	return array ? json_array_get_length(array) : 0;
}

static void take_file(struct source *source, JsonObject *file)
{
	JsonArray *functions = array_of(file, "functions"), *lines = array_of(file, "lines");

	for (guint i = 0; i < length_of(functions); i++) {
		JsonObject *function = json_array_get_object_element(functions, i);

		source_add_function(
			source, json_object_get_string_member_with_default(function, "name", "?"),
			json_object_get_int_member(function, "start_line"),
			json_object_get_int_member(function, "execution_count"));
	}
	for (guint i = 0; i < length_of(lines); i++) {
		JsonObject *line = json_array_get_object_element(lines, i);
		const struct source_line one = {
			.number = json_object_get_int_member(line, "line_number"),
			.count = json_object_get_int_member(line, "count"),
			.partly = json_object_get_boolean_member(line, "unexecuted_block"),
		};

		source_add_line(source, &one);
	}
}

static struct source *find_source(GHashTable *sources, const char *path)
{
	struct source *source = g_hash_table_lookup(sources, path);

	if (!source) {
		source = source_new(path);
		g_hash_table_insert(sources, source->path, source);
	}
	return source;
}

static bool is_newer(const char *path, const char *notes)
{
	struct stat source, compiled;

	return stat(path, &source) == 0 && stat(notes, &compiled) == 0 &&
	       (source.st_mtim.tv_sec > compiled.st_mtim.tv_sec);
}

static bool is_same_folder(const char *path, const char *other)
{
	g_autofree char *folder = g_path_get_dirname(path);
	g_autofree char *others = g_path_get_dirname(other);

	return g_str_equal(folder, others);
}

/* Of an object: its source, and headers beside that, but not what the kernel or QEMU has for all. */
static void take_object(GHashTable *sources, JsonObject *object)
{
	JsonArray *files = array_of(object, "files");
	const char *counters = json_object_get_string_member_with_default(object, "data_file", "");
	g_autofree char *stem = g_strndup(counters, strcspn(counters, "\n"));
	g_autofree char *main_file = NULL;

	if (g_str_has_suffix(stem, COUNTERS))
		stem[strlen(stem) - strlen(COUNTERS)] = '\0';
	for (guint i = 0; i < length_of(files) && !main_file; i++) {
		g_autofree char *path = source_path(object,
						    json_array_get_object_element(files, i));

		if (g_str_has_suffix(path, ".c") && !g_str_has_suffix(path, ".mod.c"))
			main_file = g_steal_pointer(&path);
	}
	for (guint i = 0; main_file && i < length_of(files); i++) {
		JsonObject *file = json_array_get_object_element(files, i);
		g_autofree char *path = source_path(object, file);
		g_autofree char *notes = g_strconcat(stem, NOTES, NULL);
		struct source *source;

		if (!is_same_folder(path, main_file))
			continue;
		source = find_source(sources, path);
		take_file(source, file);
		source->stale |= is_newer(path, notes);
	}
}

static bool take_text(GHashTable *sources, const char *text, GError **error)
{
	g_auto(GStrv) lines = g_strsplit(text, "\n", -1);
	g_autoptr(JsonParser) parser = json_parser_new();
	GError *cause = NULL;

	for (int i = 0; lines[i]; i++) {
		if (!*lines[i])
			continue;
		if (!json_parser_load_from_data(parser, lines[i], -1, &cause)) {
			g_set_error(error, STATUS_ERROR, STATUS_NOT_CARRIED,
				    "coverage: what gcov says is not JSON: %s", cause->message);
			g_error_free(cause);
			return false;
		}
		take_object(sources, json_node_get_object(json_parser_get_root(parser)));
	}
	return true;
}

static gint by_source(gconstpointer a, gconstpointer b)
{
	return strcmp((*(struct source *const *)a)->path, (*(struct source *const *)b)->path);
}

static GPtrArray *list_sources(GHashTable *table)
{
	GPtrArray *sources = g_ptr_array_new_with_free_func(source_free);
	GHashTableIter iter;
	void *source;

	g_hash_table_iter_init(&iter, table);
	while (g_hash_table_iter_next(&iter, NULL, &source)) {
		source_finish(source);
		g_ptr_array_add(sources, source);
	}
	g_ptr_array_sort(sources, by_source);
	return sources;
}

GPtrArray *gcov_read(const char *folder, GError **error)
{
	g_autoptr(GHashTable) table = g_hash_table_new(g_str_hash, g_str_equal);
	g_autoptr(GPtrArray) files = gcov_files(folder);
	g_autofree char *text = files->len ? ask_gcov(folder, files, error) : g_strdup("");
	bool taken = text && take_text(table, text, error);
	GPtrArray *sources = list_sources(table);

	if (taken)
		return sources;
	g_ptr_array_unref(sources);
	return NULL;
}
