/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "kernel/types.h"
#include "kernel/types-source.h"

#include <errno.h>
#include <fcntl.h>
#include <gelf.h>
#include <string.h>
#include <unistd.h>

struct kernel_types {
	int fd; /* or -1 */
	Elf *elf; /* or NULL */
	const struct types_source *by;
	void *source; /* NULL: none yet */
};

static struct kernel_types *new_types(int fd)
{
	struct kernel_types *types = g_new0(struct kernel_types, 1);

	types->fd = fd;
	return types;
}

/* Either of the two formats, or NULL. */
static void *find_source(struct kernel_types *types, const char *path, const char *const *sources)
{
	g_autofree char *unread = NULL;
	void *source = types_dwarf_new(types->elf, sources);

	types->by = source ? &types_by_dwarf : &types_by_btf;
	return source ? source : types_btf_new(path, NULL, &unread);
}

struct kernel_types *kernel_types_open(const char *path, const char *const *sources, char **why)
{
	struct kernel_types *types = new_types(open(path, O_RDONLY | O_CLOEXEC));

	if (types->fd < 0) {
		*why = g_strdup_printf("%s: %s", path, g_strerror(errno));
	} else {
		elf_version(EV_CURRENT);
		types->elf = elf_begin(types->fd, ELF_C_READ_MMAP, NULL);
		if (types->elf && elf_kind(types->elf) == ELF_K_ELF)
			types->source = find_source(types, path, sources);
		if (types->source)
			return types;
		*why = g_strdup_printf("%s has neither DWARF of %s nor BTF", path, sources[0]);
	}
	kernel_types_free(types);
	return NULL;
}

struct kernel_types *kernel_types_open_btf(const char *vmlinux, const char *module, char **why)
{
	struct kernel_types *types = new_types(-1);

	types->by = &types_by_btf;
	types->source = types_btf_new(vmlinux, module, why);
	if (types->source)
		return types;
	kernel_types_free(types);
	return NULL;
}

void kernel_types_free(struct kernel_types *types)
{
	if (!types)
		return;
	if (types->source)
		types->by->free(types->source);
	elf_end(types->elf);
	if (types->fd >= 0)
		close(types->fd);
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

static bool find_member(const struct kernel_types *types, const union types_ref *at,
			const char *names, unsigned *offset, union types_ref *type)
{
	g_auto(GStrv) each = g_strsplit(names, "|", -1);

	for (char **name = each; *name; name++)
		if (types->by->member(types->source, at, *name, offset, type))
			return true;
	return false;
}

bool kernel_types_field(const struct kernel_types *types, const char *structure, const char *path,
			struct kernel_field *field)
{
	g_auto(GStrv) names = g_strsplit(path, ".", -1);
	union types_ref at, type;

	*field = (struct kernel_field){0};
	if (!types->by->structure(types->source, structure, &at))
		return false;
	for (char **name = names; *name; name++) {
		if (!find_member(types, &at, *name, &field->offset, &type))
			return false;
		at = type;
	}
	return types->by->size(types->source, &at, &field->size);
}

unsigned kernel_types_size(const struct kernel_types *types, const char *structure)
{
	union types_ref found;
	unsigned bytes;

	if (types->by->structure(types->source, structure, &found) &&
	    types->by->size(types->source, &found, &bytes))
		return bytes;
	return 0;
}
