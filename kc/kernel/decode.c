/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "kernel/decode.h"
#include "kernel/debug-file.h"
#include "kernel/kmsg.h"
#include "base/quote.h"

#include <stdlib.h>
#include <string.h>

#define DEPTH_MAX 8 /* of folders that are searched */
#define TROUBLES_MAX 20
#define VMLINUX "vmlinux"

struct decode {
	char *vmlinux;
	char **folders;
	char **trees;
	GHashTable *added; /* name to path, ahead of those */
	GHashTable *modules; /* name to path; NULL: not looked for yet */
	GHashTable *files; /* name to struct debug_file, NULL where there is none */
	GHashTable *places; /* token to text; "" where there is none */
	GPtrArray *troubles;
	GRegex *token;
};

/*
 * A name has a limit, lest hostile text cost more than its length. A module may
 * have a build id behind its name (CONFIG_STACKTRACE_BUILD_ID).
 */
#define TOKEN                                                               \
	"\\b([A-Za-z_][\\w.]{0,254})\\+0x([0-9a-f]{1,8})/0x([0-9a-f]{1,8})" \
	"(?: \\[([\\w-]{1,63})(?: [0-9a-f]{8,64})?\\])?"

static void free_file(void *file)
{
	debug_file_free(file);
}

struct decode *decode_new(const char *vmlinux, const char *const *modules, const char *const *trees)
{
	struct decode *decode = g_new0(struct decode, 1);

	decode->vmlinux = g_strdup(vmlinux);
	decode->folders = g_strdupv((char **)modules);
	decode->trees = g_strdupv((char **)trees);
	decode->added = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, g_free);
	decode->files = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, free_file);
	decode->places = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, g_free);
	decode->troubles = g_ptr_array_new_with_free_func(g_free);
	decode->token = g_regex_new(TOKEN, G_REGEX_RAW | G_REGEX_OPTIMIZE, 0, NULL);
	return decode;
}

/* Where the kernel was built (O=): generated headers are there. */
static char *kernel_objects(const char *vmlinux)
{
	g_autofree char *real = realpath(vmlinux, NULL);

	return g_path_get_dirname(real ? real : vmlinux);
}

/* That folder links to the sources; "" where it does not. */
static char *kernel_sources(const char *objects)
{
	g_autofree char *link = g_build_filename(objects, "source", NULL);
	char *sources = realpath(link, NULL);

	return sources ? sources : g_strdup("");
}

/* What is booted may be stripped. */
static char *lab_vmlinux(const char *lab)
{
	char *debug = g_build_filename(lab, "vmlinux.debug", NULL);

	if (g_file_test(debug, G_FILE_TEST_EXISTS))
		return debug;
	g_free(debug);
	return g_build_filename(lab, "vmlinux", NULL);
}

/* Paths of the kernel's sources, where it was built, and of the project become relative. */
static struct decode *new_in_trees(const char *vmlinux, const char *const *modules,
				   const char *root)
{
	g_autofree char *objects = kernel_objects(vmlinux);
	g_autofree char *sources = kernel_sources(objects);
	g_autofree char *real_root = realpath(root, NULL);
	const char *trees[] = {sources, objects, real_root ? real_root : root, NULL};

	return decode_new(vmlinux, modules, trees);
}

struct decode *decode_new_for_lab(const char *lab, const char *root)
{
	g_autofree char *modules = g_build_filename(lab, "modules", NULL);
	g_autofree char *vmlinux = lab_vmlinux(lab);
	const char *folders[] = {modules, NULL};

	return new_in_trees(vmlinux, folders, root);
}

struct decode *decode_new_for_kernel(const char *kernel, const char *root)
{
	return new_in_trees(kernel, NULL, root);
}

void decode_add_module(struct decode *decode, const char *name, const char *path)
{
	char *beside = g_strconcat(path, ".debug", NULL);

	if (!g_file_test(beside, G_FILE_TEST_EXISTS)) {
		g_free(beside);
		beside = g_strdup(path);
	}
	g_hash_table_replace(decode->added, g_strdup(name), beside);
}

void decode_free(struct decode *decode)
{
	if (!decode)
		return;
	g_free(decode->vmlinux);
	g_strfreev(decode->folders);
	g_strfreev(decode->trees);
	g_hash_table_unref(decode->added);
	g_clear_pointer(&decode->modules, g_hash_table_unref);
	g_hash_table_unref(decode->files);
	g_hash_table_unref(decode->places);
	g_ptr_array_unref(decode->troubles);
	g_regex_unref(decode->token);
	g_free(decode);
}

G_GNUC_PRINTF(2, 3)
static void trouble(struct decode *decode, const char *format, ...)
{
	va_list values;

	if (decode->troubles->len == TROUBLES_MAX)
		return;
	va_start(values, format);
	g_ptr_array_add(decode->troubles, g_strdup_vprintf(format, values));
	va_end(values);
}

/* The kernel knows a module in "a-b.ko" as "a_b". */
static char *module_name(const char *file)
{
	static const char *const suffixes[] = {".ko.debug", ".ko"};

	for (size_t i = 0; i < G_N_ELEMENTS(suffixes); i++)
		if (g_str_has_suffix(file, suffixes[i]))
			return g_strdelimit(g_strndup(file, strlen(file) - strlen(suffixes[i])),
					    "-", '_');
	return NULL;
}

/* The first folder counts, and in it the file that is there for this. */
static void note_module(struct decode *decode, const char *folder, const char *file)
{
	char *name = module_name(file);
	const char *known = name ? g_hash_table_lookup(decode->modules, name) : NULL;
	g_autofree char *known_folder = known ? g_path_get_dirname(known) : NULL;

	if (name &&
	    (!known || (g_str_has_suffix(file, ".debug") && !g_str_has_suffix(known, ".debug") &&
			g_str_equal(known_folder, folder))))
		g_hash_table_replace(decode->modules, g_steal_pointer(&name),
				     g_build_filename(folder, file, NULL));
	g_free(name);
}

static void search(struct decode *decode, const char *folder, int depth)
{
	g_autoptr(GDir) dir = g_dir_open(folder, 0, NULL);
	const char *name;

	while (dir && (name = g_dir_read_name(dir))) {
		g_autofree char *path = g_build_filename(folder, name, NULL);

		if (!g_file_test(path, G_FILE_TEST_IS_DIR))
			note_module(decode, folder, name);
		else if (depth < DEPTH_MAX && !g_file_test(path, G_FILE_TEST_IS_SYMLINK))
			search(decode, path, depth + 1);
	}
}

static const char *module_path(struct decode *decode, const char *name)
{
	const char *added = g_hash_table_lookup(decode->added, name);

	if (added)
		return added;
	if (!decode->modules) {
		decode->modules = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, g_free);
		for (int i = 0; decode->folders && decode->folders[i]; i++)
			search(decode, decode->folders[i], 0);
	}
	return g_hash_table_lookup(decode->modules, name);
}

static struct debug_file *open_file(struct decode *decode, const char *name)
{
	bool kernel = g_str_equal(name, VMLINUX);
	const char *path = kernel ? decode->vmlinux : module_path(decode, name);
	g_autofree char *why = NULL;
	struct debug_file *file = NULL;

	if (path)
		file = debug_file_open(path, &why);
	if (!path && kernel)
		trouble(decode, "no vmlinux with debugging information was given: the kernel's "
				"functions keep their offsets");
	else if (!path)
		trouble(decode, "no debug file for module '%s': its functions keep their offsets",
			name);
	else if (!file)
		trouble(decode, "no debug file for '%s': %s", name, why);
	else if (!debug_file_has_lines(file))
		trouble(decode, "'%s' was built without debugging information", path);
	return file;
}

/* Opened once; NULL: it cannot be had, which was said. */
static struct debug_file *file_of(struct decode *decode, const char *name)
{
	gpointer file;

	if (g_hash_table_lookup_extended(decode->files, name, NULL, &file))
		return file;
	file = open_file(decode, name);
	g_hash_table_insert(decode->files, g_strdup(name), file);
	return file;
}

void decode_open_module(struct decode *decode, const char *name)
{
	file_of(decode, name);
}

static const char *in_tree(const struct decode *decode, const char *path)
{
	for (int i = 0; decode->trees && decode->trees[i]; i++) {
		size_t len = strlen(decode->trees[i]);

		if (len > 1 && strncmp(path, decode->trees[i], len) == 0 && path[len] == '/')
			return path + len + 1;
	}
	return path;
}

static char *place_of(struct decode *decode, struct debug_file *file, guint64 address)
{
	g_auto(GStrv) places = debug_file_places(file, address);
	GString *out;

	if (!places)
		return NULL;
	out = g_string_new(" (");
	for (int i = 0; places[i]; i++)
		g_string_append_printf(out, "%s%s", i ? ", inlined at " : "",
				       in_tree(decode, places[i]));
	g_string_append_c(out, ')');
	return g_string_free(out, FALSE);
}

struct token {
	const char *function, *module;
	guint64 offset, size;
	bool returns; /* the address behind a call: the call is what is meant */
};

static char *find_place(struct decode *decode, const struct token *token)
{
	const char *name = token->module ? token->module : VMLINUX;
	struct debug_file *file = file_of(decode, name);
	guint64 address;
	char *place;

	if (!file || token->offset > token->size)
		return NULL;
	if (!debug_file_find(file, token->function, token->size, &address))
		return NULL;
	place = place_of(decode, file, address + token->offset - (token->returns && token->offset));
	return place;
}

/*
 * Traces, lockdep and the sanitizers tell the addresses to which functions
 * return; only these lines tell the very instruction.
 */
static bool tells_instruction(const char *text, const char *at)
{
	static const char *const openings[] = {"RIP: ", "WARNING: ", "Kernel BUG at "};
	const char *line = at;

	while (line > text && line[-1] != '\n')
		line--;
	line = kmsg_skip_stamp(line, NULL);
	for (size_t i = 0; i < G_N_ELEMENTS(openings); i++)
		if (g_str_has_prefix(line, openings[i]))
			return true;
	return false;
}

static const char *place_of_token(struct decode *decode, const char *whole,
				  const struct token *token)
{
	g_autofree char *key = g_strdup_printf("%c%s", token->returns ? 'r' : 'x', whole);
	char *place = g_hash_table_lookup(decode->places, key);

	if (!place) {
		place = find_place(decode, token);
		if (!place)
			place = g_strdup("");
		g_hash_table_insert(decode->places, g_steal_pointer(&key), place);
	}
	return place;
}

static gboolean add_place(const GMatchInfo *match, GString *out, void *opaque)
{
	struct decode *decode = opaque;
	g_autofree char *whole = g_match_info_fetch(match, 0);
	g_autofree char *function = g_match_info_fetch(match, 1);
	g_autofree char *offset = g_match_info_fetch(match, 2);
	g_autofree char *size = g_match_info_fetch(match, 3);
	g_autofree char *module = g_match_info_fetch(match, 4);
	const char *text = g_match_info_get_string(match);
	struct token token = {.function = function};
	int start = 0;

	g_match_info_fetch_pos(match, 0, &start, NULL);
	if (module && *module)
		token.module = g_strdelimit(module, "-", '_');
	token.offset = g_ascii_strtoull(offset, NULL, 16);
	token.size = g_ascii_strtoull(size, NULL, 16);
	token.returns = !tells_instruction(text, text + start);
	g_string_append(out, whole);
	g_string_append(out, place_of_token(decode, whole, &token));
	return FALSE;
}

char *decode_text(struct decode *decode, const char *text, gssize len)
{
	g_autofree char *whole = len < 0 ? g_strdup(text) : g_strndup(text, len);
	char *out = g_regex_replace_eval(decode->token, whole, -1, 0, 0, add_place, decode, NULL);

	return out ? out : g_steal_pointer(&whole);
}

char *decode_printable(struct decode *decode, const char *text)
{
	g_auto(GStrv) lines = g_strsplit(text, "\n", -1);
	g_autofree char *plain = NULL;

	for (int i = 0; lines[i]; i++) {
		char *printable = quote_printable(g_strchomp(lines[i]));

		g_free(lines[i]);
		lines[i] = printable;
	}
	plain = g_strjoinv("\n", lines);
	return decode ? decode_text(decode, plain, -1) : g_steal_pointer(&plain);
}

char *decode_address(struct decode *decode, guint64 address)
{
	struct debug_file *file = file_of(decode, VMLINUX);
	guint64 offset, size;
	const char *function = file ? debug_file_function(file, address, &offset, &size) : NULL;
	g_autofree char *place = function ? place_of(decode, file, address) : NULL;

	if (!function)
		return NULL;
	return g_strdup_printf("%s+0x%" G_GINT64_MODIFIER "x/0x%" G_GINT64_MODIFIER "x%s", function,
			       offset, size, place ? place : "");
}

char *decode_trouble(const struct decode *decode)
{
	GString *out = g_string_new(NULL);

	for (guint i = 0; i < decode->troubles->len; i++)
		g_string_append_printf(out, "%s\n",
				       (const char *)g_ptr_array_index(decode->troubles, i));
	return g_string_free(out, out->len == 0);
}
