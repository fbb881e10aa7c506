/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "kernel/debug-file.h"

#include <dwarf.h>
#include <elfutils/libdw.h>
#include <elfutils/libdwfl.h>
#include <errno.h>
#include <string.h>
#include <unistd.h>

#define INLINED_MAX 8 /* depth that is shown */

struct symbol {
	const char *name; /* the file's */
	guint64 address;
	guint64 size;
};

struct debug_file {
	Dwfl *dwfl;
	Dwfl_Module *module;
	GArray *symbols; /* functions, by address */
	GHashTable *names; /* name to the first index + 1 of such as have it */
	guint *next; /* of each symbol: the next index + 1 with its name; 0: none */
};

/* Separate files are not looked for, least of all on the network. */
static int no_debuginfo(Dwfl_Module *module, void **data, const char *name, Dwarf_Addr base,
			const char *file, const char *link, GElf_Word crc, char **found)
{
	(void)module, (void)data, (void)name, (void)base, (void)file, (void)link, (void)crc;
	*found = NULL;
	return -1;
}

static const Dwfl_Callbacks callbacks = {
	.find_elf = dwfl_build_id_find_elf,
	.find_debuginfo = no_debuginfo,
	.section_address = dwfl_offline_section_address,
};

static gint by_address(gconstpointer a, gconstpointer b)
{
	const struct symbol *x = a, *y = b;

	return x->address < y->address ? -1 : x->address > y->address;
}

static void read_symbols(struct debug_file *file)
{
	int count = dwfl_module_getsymtab(file->module);

	for (int i = 1; i < count; i++) {
		GElf_Sym sym;
		GElf_Addr address;
		GElf_Word section;
		const char *name = dwfl_module_getsym_info(file->module, i, &sym, &address,
							   &section, NULL, NULL);
		int type = GELF_ST_TYPE(sym.st_info);

		/* Functions in assembly may have no type. */
		if (name && *name && section != SHN_UNDEF && section != SHN_ABS &&
		    (type == STT_FUNC || type == STT_NOTYPE))
			g_array_append_vals(file->symbols,
					    &(struct symbol){name, address, sym.st_size}, 1);
	}
	g_array_sort(file->symbols, by_address);
}

static void index_names(struct debug_file *file)
{
	file->next = g_new0(guint, file->symbols->len);
	for (guint i = file->symbols->len; i-- > 0;) {
		gpointer name = (gpointer)g_array_index(file->symbols, struct symbol, i).name;

		file->next[i] = GPOINTER_TO_UINT(g_hash_table_lookup(file->names, name));
		g_hash_table_insert(file->names, name, GUINT_TO_POINTER(i + 1));
	}
}

static bool report(struct debug_file *file, const char *path)
{
	file->dwfl = dwfl_begin(&callbacks);
	if (!file->dwfl)
		return false;
	dwfl_report_begin(file->dwfl);
	file->module = dwfl_report_offline(file->dwfl, path, path, -1);
	return dwfl_report_end(file->dwfl, NULL, NULL) == 0 && file->module;
}

struct debug_file *debug_file_open(const char *path, char **why)
{
	struct debug_file *file;

	*why = NULL;
	if (access(path, R_OK) != 0) {
		*why = g_strdup_printf("'%s': %s", path, g_strerror(errno));
		return NULL;
	}
	file = g_new0(struct debug_file, 1);
	file->symbols = g_array_new(FALSE, FALSE, sizeof(struct symbol));
	file->names = g_hash_table_new(g_str_hash, g_str_equal);
	if (!report(file, path))
		*why = g_strdup_printf("'%s': %s", path, dwfl_errmsg(-1));
	else
		read_symbols(file);
	if (!*why && file->symbols->len == 0)
		*why = g_strdup_printf("'%s' has no symbols", path);
	if (*why)
		g_clear_pointer(&file, debug_file_free);
	else
		index_names(file);
	return file;
}

void debug_file_free(struct debug_file *file)
{
	if (!file)
		return;
	g_array_unref(file->symbols);
	g_hash_table_unref(file->names);
	g_free(file->next);
	if (file->dwfl)
		dwfl_end(file->dwfl);
	g_free(file);
}

/* To the next symbol behind it, as the kernel counts; its own where it is the last. */
static guint64 span(const struct debug_file *file, guint at)
{
	const struct symbol *symbol = &g_array_index(file->symbols, struct symbol, at);

	for (guint i = at + 1; i < file->symbols->len; i++) {
		guint64 next = g_array_index(file->symbols, struct symbol, i).address;

		if (next > symbol->address)
			return next - symbol->address;
	}
	return symbol->size;
}

bool debug_file_find(const struct debug_file *file, const char *name, guint64 size,
		     guint64 *address)
{
	guint at = GPOINTER_TO_UINT(g_hash_table_lookup(file->names, name));
	guint64 best = G_MAXUINT64;

	for (; at; at = file->next[at - 1]) {
		const struct symbol *symbol = &g_array_index(file->symbols, struct symbol, at - 1);
		guint64 spans = span(file, at - 1);
		guint64 off = MIN(MAX(spans, size) - MIN(spans, size),
				  MAX(symbol->size, size) - MIN(symbol->size, size));

		if (off < best) {
			best = off;
			*address = symbol->address;
		}
	}
	return best != G_MAXUINT64;
}

const char *debug_file_function(const struct debug_file *file, guint64 address, guint64 *offset,
				guint64 *size)
{
	GElf_Sym sym;
	const char *name = dwfl_module_addrinfo(file->module, address, offset, &sym, NULL, NULL,
						NULL);

	if (name)
		*size = sym.st_size;
	return name && *offset < MAX(sym.st_size, 1) ? name : NULL;
}

bool debug_file_has_lines(struct debug_file *file)
{
	Dwarf_Addr bias;

	return dwfl_module_getdwarf(file->module, &bias);
}

static char *absolute(const char *path, Dwarf_Die *unit)
{
	Dwarf_Attribute attribute;
	const char *folder = dwarf_formstring(dwarf_attr(unit, DW_AT_comp_dir, &attribute));

	return g_canonicalize_filename(path, folder ? folder : "/");
}

static bool line_place(Dwfl_Module *module, guint64 address, Dwarf_Die *unit, char **place)
{
	Dwfl_Line *line = dwfl_module_getsrc(module, address);
	int number = 0;
	const char *path = line ? dwfl_lineinfo(line, NULL, &number, NULL, NULL, NULL) : NULL;
	g_autofree char *whole = path ? absolute(path, unit) : NULL;

	if (!whole)
		return false;
	*place = g_strdup_printf("%s:%d", whole, number);
	return true;
}

/* Where the compiler put the body of a function into another. */
static char *call_place(Dwarf_Die *scope, Dwarf_Die *unit)
{
	Dwarf_Attribute attribute;
	Dwarf_Word file, line;
	Dwarf_Files *files;
	size_t count;
	const char *path;
	g_autofree char *whole = NULL;

	if (dwarf_tag(scope) != DW_TAG_inlined_subroutine ||
	    dwarf_formudata(dwarf_attr(scope, DW_AT_call_file, &attribute), &file) != 0 ||
	    dwarf_formudata(dwarf_attr(scope, DW_AT_call_line, &attribute), &line) != 0 ||
	    dwarf_getsrcfiles(unit, &files, &count) != 0 || file >= count)
		return NULL;
	path = dwarf_filesrc(files, file, NULL, NULL);
	if (!path)
		return NULL;
	whole = absolute(path, unit);
	return g_strdup_printf("%s:%u", whole, (unsigned)line);
}

static void add_calls(GPtrArray *places, Dwarf_Die *unit, guint64 address)
{
	Dwarf_Die *scopes = NULL;
	int count = dwarf_getscopes(unit, address, &scopes);

	for (int i = 0; i < count && places->len < INLINED_MAX; i++) {
		char *place = call_place(&scopes[i], unit);

		if (place)
			g_ptr_array_add(places, place);
	}
	free(scopes);
}

char **debug_file_places(struct debug_file *file, guint64 address)
{
	Dwarf_Addr bias = 0;
	Dwarf_Die *unit = dwfl_module_addrdie(file->module, address, &bias);
	GPtrArray *places;
	char *place;

	if (!unit || !line_place(file->module, address, unit, &place))
		return NULL;
	places = g_ptr_array_new();
	g_ptr_array_add(places, place);
	add_calls(places, unit, address - bias);
	g_ptr_array_add(places, NULL);
	return (char **)g_ptr_array_free(places, FALSE);
}
