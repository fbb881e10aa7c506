/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "device/export-source.h"
#include "base/status.h"

#include <string.h>

static GRegex *compile(const char *pattern)
{
	GRegex *regex = g_regex_new(pattern, G_REGEX_MULTILINE | G_REGEX_DOTALL, 0, NULL);

	g_assert(regex); /* ours, and names are C identifiers */
	return regex;
}

char *source_replace(const char *text, const char *pattern, const char *replacement)
{
	g_autoptr(GRegex) regex = compile(pattern);

	return g_regex_replace(regex, text, -1, 0, replacement, 0, NULL);
}

char *source_find(const char *text, const char *pattern, int group)
{
	g_autoptr(GRegex) regex = compile(pattern);
	g_autoptr(GMatchInfo) match = NULL;

	return g_regex_match(regex, text, 0, &match) ? g_match_info_fetch(match, group) : NULL;
}

char *source_read(const char *folder, const char *name, GError **error)
{
	g_autofree char *path = g_build_filename(folder, name, NULL);
	g_autoptr(GError) cause = NULL;
	char *text = NULL;

	if (g_file_get_contents(path, &text, NULL, &cause) && g_utf8_validate(text, -1, NULL))
		return text;
	g_set_error(error, STATUS_ERROR, STATUS_MISUSE, "cannot export '%s': %s", path,
		    cause ? cause->message : "it is not UTF-8");
	g_free(text);
	return NULL;
}

static gint by_text(gconstpointer a, gconstpointer b)
{
	return strcmp(*(const char *const *)a, *(const char *const *)b);
}

GPtrArray *source_list(const char *folder, const char *pattern)
{
	GPtrArray *names = g_ptr_array_new_with_free_func(g_free);
	g_autoptr(GDir) dir = g_dir_open(folder, 0, NULL);
	g_autoptr(GRegex) regex = compile(pattern);
	const char *name;

	while (dir && (name = g_dir_read_name(dir)))
		if (g_regex_match(regex, name, 0, NULL))
			g_ptr_array_add(names, g_strdup(name));
	g_ptr_array_sort(names, by_text);
	return names;
}

/* Applies pairs of pattern and replacement, one after the other; takes @text. */
static char *replace_all(char *text, const char *const (*pairs)[2], size_t count)
{
	for (size_t i = 0; i < count; i++) {
		char *next = source_replace(text, pairs[i][0], pairs[i][1]);

		g_free(text);
		text = next;
	}
	return text;
}

char *source_uapi(const char *abi, const char *name)
{
	g_autofree char *upper = g_ascii_strup(name, -1);
	g_autofree char *id = g_strdup_printf(
		"(^/\\*[^\\n]*\\*/\\n)?^#define[ \\t]+VIRTIO_ID_%s[ \\t][^\\n]*\\n", upper);
	g_autofree char *guard = source_find(abi, "^#ifndef (\\w+)\\n#define \\1$", 1);
	g_autofree char *old = g_strdup_printf("\\b%s\\b", guard ? guard : "(?!)");
	g_autofree char *new = g_strdup_printf("_LINUX_VIRTIO_%s_H", upper);
	g_autofree char *start = g_strdup_printf("^#define %s\\n(\\n*(?:#include[^\\n]*\\n)*)",
						 new);
	g_autofree char *includes = g_strdup_printf(
		"#define %s\n\\1\n#include <linux/virtio_ids.h>\n\n", new);
	const char *const pairs[][2] = {
		{id, ""},
		{"^_Static_assert\\([^;]*;\\n", ""}, /* Linux has none in its uapi */
		{old, new},
		{start, includes},
		{"(^#include[^\\n]*\\n)\\n+(?=#include)", "\\1"},
		{"\\n{3,}", "\n\n"},
	};

	return replace_all(g_strdup(abi), pairs, G_N_ELEMENTS(pairs));
}

char *source_standard_header(const char *uapi)
{
	static const char *const pairs[][2] = {
		{"\\b__aligned_u64\\b", "uint64_t __attribute__((aligned(8)))"},
		{"\\b__(?:u|le|be)(\\d+)\\b", "uint\\1_t"},
		{"\\b__s(\\d+)\\b", "int\\1_t"},
		{"<linux/([^>]*)>", "\"standard-headers/linux/\\1\""},
		{"__attribute__\\(\\(packed\\)\\)", "QEMU_PACKED"},
	};

	return replace_all(g_strdup(uapi), pairs, G_N_ELEMENTS(pairs));
}

void source_halves_clear(struct source_halves *halves)
{
	g_free(halves->header);
	g_free(halves->device);
}

static char *make_header(const char *declared, const char *name, const char *copyright)
{
	g_autofree char *upper = g_ascii_strup(name, -1);

	return g_strdup_printf("/*\n * virtio-%s\n *\n"
			       " * SPDX-License-Identifier: GPL-2.0-or-later\n%s */\n\n"
			       "#ifndef HW_VIRTIO_%s_H\n"
			       "#define HW_VIRTIO_%s_H\n\n"
			       "#include \"hw/virtio/virtio.h\"\n"
			       "#include \"standard-headers/linux/virtio_%s.h\"\n\n"
			       "%s\n\n#endif\n",
			       name, copyright, upper, upper, name, declared);
}

/* What stays: without the declarations. */
static char *make_device(const char *text, const char *declared, const char *name)
{
	g_autofree char *own = g_strdup_printf("#include \"hw/virtio/virtio-%s.h\"", name);
	g_autofree char *escaped = g_regex_escape_string(declared, -1);
	const char *const pairs[][2] = {
		{escaped, ""},
		{"^#include \"abi.h\"\\n", ""},
		{"^#include \"hw/virtio/virtio(-pci)?.h\"", own},
		{"\\n{3,}", "\n\n"},
	};

	return replace_all(g_strdup(text), pairs, G_N_ELEMENTS(pairs));
}

char *source_copyright(const char *text)
{
	char *copyright = source_find(text, "^ \\* Copyright[^\\n]*\\n", 0);

	return copyright ? copyright : g_strdup("");
}

bool source_split(const char *text, const char *name, struct source_halves *halves)
{
	g_autofree char *copyright = source_copyright(text);
	g_autofree char *declared = source_find(
		text, "^#include \"abi.h\"\\n\\n(.*?^struct VirtIO\\w+ \\{\\n.*?^\\};)\\n", 1);
	g_autofree char *code = declared ? source_find(declared, "^\\{", 0) : NULL;

	if (!declared || code)
		return false;
	halves->device = make_device(text, declared, name);
	halves->header = make_header(declared, name, copyright);
	return true;
}
