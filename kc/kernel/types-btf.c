/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "kernel/types-source.h"

#include <bpf/btf.h>
#include <bpf/libbpf.h>
#include <errno.h>
#include <string.h>

struct btf_types {
	struct btf *base; /* of vmlinux */
	struct btf *btf; /* of the module, or the same */
};

static void free_types(void *source)
{
	struct btf_types *types = source;

	if (types->btf != types->base)
		btf__free(types->btf);
	btf__free(types->base);
	g_free(types);
}

static struct btf *parse(const char *file, struct btf *base, char **why)
{
	struct btf *btf;

	/* It would say in its own words what is said here. */
	libbpf_set_print(NULL);
	btf = base ? btf__parse_split(file, base) : btf__parse(file, NULL);
	if (!btf)
		*why = g_strdup_printf("%s: its BTF cannot be read: %s", file, g_strerror(errno));
	return btf;
}

void *types_btf_new(const char *vmlinux, const char *module, char **why)
{
	struct btf *base = parse(vmlinux, NULL, why);
	struct btf *btf = base && module ? parse(module, base, why) : base;
	struct btf_types *types;

	if (!btf) {
		btf__free(base);
		return NULL;
	}
	types = g_new(struct btf_types, 1);
	*types = (struct btf_types){base, btf};
	return types;
}

/* What a member's or typedef's type comes down to; NULL: nothing that can be looked into. */
static const struct btf_type *real_type(const struct btf *btf, guint32 id, guint32 *real)
{
	const struct btf_type *type = btf__type_by_id(btf, id);

	for (int i = 0; i < TYPES_DEPTH_MAX && type && (btf_is_mod(type) || btf_is_typedef(type));
	     i++) {
		id = type->type;
		type = btf__type_by_id(btf, id);
	}
	*real = id;
	return type;
}

static bool find_structure(const void *source, const char *name, union types_ref *found)
{
	const struct btf_types *types = source;
	int id = btf__find_by_name_kind(types->btf, name, BTF_KIND_STRUCT);

	if (id <= 0)
		return false;
	found->id = id;
	return true;
}

/* The whole of it must lie within whatever holds it. */
static bool lies_within(const struct btf_type *structure, int i, const struct btf *btf)
{
	__s64 size = btf__resolve_size(btf, btf_members(structure)[i].type);

	return size >= 0 && btf_member_bit_offset(structure, i) / 8 + size <= structure->size;
}

static bool find_member_to(const struct btf *btf, guint32 outer, const char *name, unsigned *offset,
			   guint32 *type, int depth)
{
	const struct btf_type *it = btf__type_by_id(btf, outer);

	if (!it || !btf_is_composite(it) || depth > TYPES_DEPTH_MAX)
		return false;
	for (int i = 0; i < btf_vlen(it); i++) {
		const char *found = btf__name_by_offset(btf, btf_members(it)[i].name_off);
		bool named = found && *found;
		guint32 bits = btf_member_bit_offset(it, i), inner;

		real_type(btf, btf_members(it)[i].type, &inner);
		if (named ? strcmp(found, name) != 0
			  : !find_member_to(btf, inner, name, offset, type, depth + 1))
			continue;
		if (bits % 8 || btf_member_bitfield_size(it, i) || !lies_within(it, i, btf))
			return false;
		*offset += bits / 8;
		if (named)
			*type = inner;
		return true;
	}
	return false;
}

static bool find_member(const void *source, const union types_ref *structure, const char *name,
			unsigned *offset, union types_ref *type)
{
	const struct btf_types *types = source;

	return find_member_to(types->btf, structure->id, name, offset, &type->id, 0);
}

static bool find_size(const void *source, const union types_ref *type, unsigned *bytes)
{
	const struct btf_types *types = source;
	__s64 size = btf__resolve_size(types->btf, type->id);

	*bytes = size;
	return size >= 0 && size <= G_MAXUINT;
}

const struct types_source types_by_btf = {
	.free = free_types,
	.structure = find_structure,
	.member = find_member,
	.size = find_size,
};
