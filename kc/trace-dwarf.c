/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The kernel's own description of its types, in DWARF. */
#include "status.h"
#include "trace-kernel.h"

#include <dwarf.h>
#include <elfutils/libdw.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

/* Through typedefs and the like to what has members. */
static bool find_type(Dwarf_Die *member, Dwarf_Die *type)
{
	Dwarf_Attribute attribute;

	return dwarf_attr(member, DW_AT_type, &attribute) && dwarf_formref_die(&attribute, type) &&
	       dwarf_peel_type(type, type) == 0;
}

static guint64 member_offset(Dwarf_Die *member)
{
	Dwarf_Attribute attribute;
	Dwarf_Word offset = 0;

	if (dwarf_attr(member, DW_AT_data_member_location, &attribute))
		dwarf_formudata(&attribute, &offset);
	return offset * 8;
}

/* @types keeps each type that was handed out. */
static bool find_member(void *types, const void *outer, const char *name, guint64 *offset,
			const void **type)
{
	Dwarf_Die die = *(const Dwarf_Die *)outer, inner;

	if (dwarf_child(&die, &die) != 0)
		return false;
	do {
		const char *found = dwarf_diename(&die);

		if (dwarf_tag(&die) != DW_TAG_member || !find_type(&die, &inner))
			continue;
		*offset = member_offset(&die);
		if (found && strcmp(found, name) == 0) {
			*type = g_memdup2(&inner, sizeof(inner));
			g_ptr_array_add(types, (void *)*type);
			return true;
		}
		if (!found) {
			guint64 within;

			if (!find_member(types, &inner, name, &within, type))
				continue;
			*offset += within;
			return true;
		}
	} while (dwarf_siblingof(&die, &die) == 0);
	return false;
}

static bool find_struct(Dwarf_Die *unit, const char *name, Dwarf_Die *found)
{
	if (dwarf_child(unit, found) != 0)
		return false;
	do {
		const char *it = dwarf_diename(found);

		if (dwarf_tag(found) == DW_TAG_structure_type && it && strcmp(it, name) == 0 &&
		    !dwarf_hasattr(found, DW_AT_declaration))
			return true;
	} while (dwarf_siblingof(found, found) == 0);
	return false;
}

/* The one source file that has both. */
static bool find_unit(Dwarf *dwarf, Dwarf_Die *unit)
{
	Dwarf_CU *cu = NULL;

	while (dwarf_get_units(dwarf, cu, &cu, NULL, NULL, unit, NULL) == 0) {
		const char *name = dwarf_diename(unit);

		if (name && g_str_has_suffix(name, "drivers/virtio/virtio_ring.c"))
			return true;
	}
	return false;
}

static bool describe(Dwarf *dwarf, struct kernel_layout *layout, GError **error)
{
	g_autoptr(GPtrArray) types = g_ptr_array_new_with_free_func(g_free);
	Dwarf_Die unit, virtqueue, vring_virtqueue;

	return find_unit(dwarf, &unit) && find_struct(&unit, "virtqueue", &virtqueue) &&
	       find_struct(&unit, "vring_virtqueue", &vring_virtqueue) &&
	       kernel_layout_describe(layout, find_member, types, &virtqueue, &vring_virtqueue,
				      error);
}

bool kernel_layout_by_dwarf(struct kernel_layout *layout, const char *file, GError **error)
{
	int fd = open(file, O_RDONLY | O_CLOEXEC);
	Dwarf *dwarf = fd < 0 ? NULL : dwarf_begin(fd, DWARF_C_READ);
	bool described = dwarf && describe(dwarf, layout, error);

	if (dwarf)
		dwarf_end(dwarf);
	if (fd >= 0)
		close(fd);
	return described;
}
