/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "kernel-types.h"

#include <dwarf.h>
#include <elfutils/libdw.h>
#include <errno.h>
#include <fcntl.h>
#include <gelf.h>
#include <string.h>
#include <unistd.h>

#define DEPTH_MAX 8 /* of typedefs and members */

struct kernel_types {
	int fd;
	Dwarf *dwarf;
	Elf *elf;
	GArray *units; /* of Dwarf_Die */
};

static bool is_wanted(const char *name, const char *const *sources)
{
	for (int i = 0; name && sources[i]; i++)
		if (g_str_has_suffix(name, sources[i]))
			return true;
	return false;
}

static void find_units(struct kernel_types *types, const char *const *sources)
{
	Dwarf_CU *unit = NULL;
	Dwarf_Die die;

	while (dwarf_get_units(types->dwarf, unit, &unit, NULL, NULL, &die, NULL) == 0)
		if (is_wanted(dwarf_diename(&die), sources))
			g_array_append_val(types->units, die);
}

struct kernel_types *kernel_types_open(const char *path, const char *const *sources, char **why)
{
	struct kernel_types *types = g_new0(struct kernel_types, 1);

	types->units = g_array_new(FALSE, FALSE, sizeof(Dwarf_Die));
	types->fd = open(path, O_RDONLY | O_CLOEXEC);
	if (types->fd < 0) {
		*why = g_strdup_printf("%s: %s", path, g_strerror(errno));
	} else {
		types->dwarf = dwarf_begin(types->fd, DWARF_C_READ);
		if (!types->dwarf)
			*why = g_strdup_printf("%s: %s", path, dwarf_errmsg(-1));
	}
	if (types->dwarf) {
		types->elf = dwarf_getelf(types->dwarf);
		find_units(types, sources);
		if (types->units->len)
			return types;
		*why = g_strdup_printf("%s: it says nothing of %s", path, sources[0]);
	}
	kernel_types_free(types);
	return NULL;
}

void kernel_types_free(struct kernel_types *types)
{
	if (!types)
		return;
	if (types->dwarf)
		dwarf_end(types->dwarf);
	if (types->fd >= 0)
		close(types->fd);
	g_array_unref(types->units);
	g_free(types);
}

static bool find_in_table(Elf *elf, Elf_Scn *section, const GElf_Shdr *header, const char *name,
			  guint64 *address)
{
	Elf_Data *data = elf_getdata(section, NULL);
	size_t count = header->sh_entsize ? header->sh_size / header->sh_entsize : 0;

	for (size_t i = 0; data && i < count; i++) {
		GElf_Sym sym;
		const char *is = gelf_getsym(data, i, &sym)
					 ? elf_strptr(elf, header->sh_link, sym.st_name)
					 : NULL;

		if (is && sym.st_shndx != SHN_UNDEF && strcmp(is, name) == 0) {
			*address = sym.st_value;
			return true;
		}
	}
	return false;
}

bool kernel_types_symbol(const struct kernel_types *types, const char *name, guint64 *address)
{
	Elf_Scn *section = NULL;

	while ((section = elf_nextscn(types->elf, section))) {
		GElf_Shdr header;

		if (gelf_getshdr(section, &header) && header.sh_type == SHT_SYMTAB &&
		    find_in_table(types->elf, section, &header, name, address))
			return true;
	}
	return false;
}

GBytes *kernel_types_notes(const struct kernel_types *types, guint64 *address)
{
	Elf_Scn *section = NULL;

	while ((section = elf_nextscn(types->elf, section))) {
		GElf_Shdr header;
		Elf_Data *data;

		if (!gelf_getshdr(section, &header) || header.sh_type != SHT_NOTE ||
		    !(header.sh_flags & SHF_ALLOC))
			continue;
		data = elf_rawdata(section, NULL);
		*address = header.sh_addr;
		return data && data->d_buf ? g_bytes_new(data->d_buf, data->d_size) : NULL;
	}
	return NULL;
}

/* What a member's or typedef's type comes down to. */
static bool real_type(Dwarf_Die *die, Dwarf_Die *type)
{
	Dwarf_Attribute attribute;

	if (!dwarf_attr_integrate(die, DW_AT_type, &attribute) ||
	    !dwarf_formref_die(&attribute, type))
		return false;
	for (int i = 0; i < DEPTH_MAX; i++) {
		int tag = dwarf_tag(type);

		if (tag != DW_TAG_typedef && tag != DW_TAG_const_type &&
		    tag != DW_TAG_volatile_type)
			return true;
		if (!dwarf_attr_integrate(type, DW_AT_type, &attribute) ||
		    !dwarf_formref_die(&attribute, type))
			return false;
	}
	return false;
}

static bool find_structure(const struct kernel_types *types, const char *name, Dwarf_Die *found)
{
	for (guint i = 0; i < types->units->len; i++) {
		Dwarf_Die child;

		if (dwarf_child(&g_array_index(types->units, Dwarf_Die, i), &child) != 0)
			continue;
		do {
			if (dwarf_tag(&child) == DW_TAG_structure_type &&
			    g_strcmp0(dwarf_diename(&child), name) == 0 &&
			    dwarf_bytesize(&child) > 0) {
				*found = child;
				return true;
			}
		} while (dwarf_siblingof(&child, &child) == 0);
	}
	return false;
}

static bool find_member(Dwarf_Die *structure, const char *name, struct kernel_field *field,
			Dwarf_Die *type, int depth)
{
	Dwarf_Die member;

	if (depth > DEPTH_MAX || dwarf_child(structure, &member) != 0)
		return false;
	do {
		const char *is = dwarf_diename(&member);
		Dwarf_Attribute attribute;
		Dwarf_Word offset = 0;
		Dwarf_Die inner;

		if (dwarf_tag(&member) != DW_TAG_member || !real_type(&member, &inner))
			continue;
		if (dwarf_attr(&member, DW_AT_data_member_location, &attribute))
			dwarf_formudata(&attribute, &offset);
		if (is ? strcmp(is, name) != 0 : !find_member(&inner, name, field, type, depth + 1))
			continue;
		field->offset += offset;
		if (is)
			*type = inner;
		return true;
	} while (dwarf_siblingof(&member, &member) == 0);
	return false;
}

bool kernel_types_field(const struct kernel_types *types, const char *structure, const char *path,
			struct kernel_field *field)
{
	g_auto(GStrv) names = g_strsplit(path, ".", -1);
	Dwarf_Die at, type;
	Dwarf_Word size;

	*field = (struct kernel_field){0};
	if (!find_structure(types, structure, &at))
		return false;
	for (char **name = names; *name; name++) {
		if (!find_member(&at, *name, field, &type, 0))
			return false;
		at = type;
	}
	if (dwarf_aggregate_size(&at, &size) != 0)
		return false;
	field->size = size;
	return true;
}

unsigned kernel_types_size(const struct kernel_types *types, const char *structure)
{
	Dwarf_Die found;

	return find_structure(types, structure, &found) ? dwarf_bytesize(&found) : 0;
}
