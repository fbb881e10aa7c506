/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "kernel/types-source.h"

#include <dwarf.h>
#include <string.h>

struct dwarf_types {
	Dwarf *dwarf;
	GArray *units; /* of Dwarf_Die */
};

static void free_types(void *source)
{
	struct dwarf_types *types = source;

	dwarf_end(types->dwarf);
	g_array_unref(types->units);
	g_free(types);
}

static bool is_wanted(const char *name, const char *const *sources)
{
	for (int i = 0; name && sources[i]; i++)
		if (g_str_has_suffix(name, sources[i]))
			return true;
	return false;
}

void *types_dwarf_new(Elf *elf, const char *const *sources)
{
	Dwarf *dwarf = dwarf_begin_elf(elf, DWARF_C_READ, NULL);
	struct dwarf_types *types;
	Dwarf_CU *unit = NULL;
	Dwarf_Die die;

	if (!dwarf)
		return NULL;
	types = g_new0(struct dwarf_types, 1);
	types->dwarf = dwarf;
	types->units = g_array_new(FALSE, FALSE, sizeof(Dwarf_Die));
	while (dwarf_get_units(dwarf, unit, &unit, NULL, NULL, &die, NULL) == 0)
		if (is_wanted(dwarf_diename(&die), sources))
			g_array_append_val(types->units, die);
	if (types->units->len)
		return types;
	free_types(types);
	return NULL;
}

/* What a member's or typedef's type comes down to. */
static bool real_type(Dwarf_Die *die, Dwarf_Die *type)
{
	Dwarf_Attribute attribute;

	if (!dwarf_attr_integrate(die, DW_AT_type, &attribute) ||
	    !dwarf_formref_die(&attribute, type))
		return false;
	for (int i = 0; i < TYPES_DEPTH_MAX; i++) {
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

static bool find_structure(const void *source, const char *name, union types_ref *found)
{
	const struct dwarf_types *types = source;

	for (guint i = 0; i < types->units->len; i++) {
		Dwarf_Die child;

		if (dwarf_child(&g_array_index(types->units, Dwarf_Die, i), &child) != 0)
			continue;
		do {
			if (dwarf_tag(&child) == DW_TAG_structure_type &&
			    g_strcmp0(dwarf_diename(&child), name) == 0 &&
			    dwarf_bytesize(&child) > 0) {
				found->die = child;
				return true;
			}
		} while (dwarf_siblingof(&child, &child) == 0);
	}
	return false;
}

static bool is_bit_field(Dwarf_Die *member)
{
	return dwarf_hasattr(member, DW_AT_bit_size) ||
	       dwarf_hasattr(member, DW_AT_data_bit_offset);
}

static bool find_member_to(Dwarf_Die *structure, const char *name, unsigned *offset,
			   Dwarf_Die *type, int depth)
{
	Dwarf_Die member;

	if (depth > TYPES_DEPTH_MAX || dwarf_child(structure, &member) != 0)
		return false;
	do {
		const char *is = dwarf_diename(&member);
		Dwarf_Attribute attribute;
		Dwarf_Word at = 0;
		Dwarf_Die inner;

		if (dwarf_tag(&member) != DW_TAG_member || !real_type(&member, &inner))
			continue;
		if (dwarf_attr(&member, DW_AT_data_member_location, &attribute))
			dwarf_formudata(&attribute, &at);
		if (is ? strcmp(is, name) != 0
		       : !find_member_to(&inner, name, offset, type, depth + 1))
			continue;
		if (is_bit_field(&member))
			return false;
		*offset += at;
		if (is)
			*type = inner;
		return true;
	} while (dwarf_siblingof(&member, &member) == 0);
	return false;
}

static bool find_member(const void *source, const union types_ref *structure, const char *name,
			unsigned *offset, union types_ref *type)
{
	Dwarf_Die die = structure->die;

	(void)source;
	return find_member_to(&die, name, offset, &type->die, 0);
}

static bool find_size(const void *source, const union types_ref *type, unsigned *bytes)
{
	Dwarf_Die die = type->die;
	Dwarf_Word size;

	(void)source;
	if (dwarf_aggregate_size(&die, &size) != 0)
		return false;
	*bytes = size;
	return true;
}

const struct types_source types_by_dwarf = {
	.free = free_types,
	.structure = find_structure,
	.member = find_member,
	.size = find_size,
};
