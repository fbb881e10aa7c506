/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The kernel's own description of its types, in BTF. */
#include "status.h"
#include "trace-kernel.h"

#include <bpf/btf.h>
#include <errno.h>
#include <string.h>

/* To what has members, as a type's number. */
static const struct btf_type *peel(const struct btf *btf, guint32 id, guint32 *peeled)
{
	const struct btf_type *type = btf__type_by_id(btf, id);

	/* A type that is made of itself would go on for ever. */
	for (int i = 0; i < 32 && type && (btf_is_mod(type) || btf_is_typedef(type)); i++) {
		id = type->type;
		type = btf__type_by_id(btf, id);
	}
	*peeled = id;
	return type;
}

static bool find_member_to(const struct btf *btf, guint32 outer, const char *name, int depth,
			   guint64 *offset, const void **type)
{
	guint32 id;
	const struct btf_type *it = peel(btf, outer, &id);

	if (!it || !btf_is_composite(it) || depth > 8)
		return false;
	for (int i = 0; i < btf_vlen(it); i++) {
		const struct btf_member *member = btf_members(it) + i;
		const char *found = btf__name_by_offset(btf, member->name_off);
		guint64 within = 0;
		bool named = found && *found;

		if (named ? strcmp(found, name) != 0
			  : !find_member_to(btf, member->type, name, depth + 1, &within, type))
			continue;
		if (named)
			*type = GUINT_TO_POINTER(member->type);
		*offset = btf_member_bit_offset(it, i) + within;
		return true;
	}
	return false;
}

static bool find_member(void *btf, const void *outer, const char *name, guint64 *offset,
			const void **type)
{
	return find_member_to(btf, GPOINTER_TO_UINT(outer), name, 0, offset, type);
}

static bool describe(struct btf *btf, struct kernel_layout *layout, GError **error)
{
	int virtqueue = btf__find_by_name_kind(btf, "virtqueue", BTF_KIND_STRUCT);
	int vring_virtqueue = btf__find_by_name_kind(btf, "vring_virtqueue", BTF_KIND_STRUCT);

	if (virtqueue > 0 && vring_virtqueue > 0)
		return kernel_layout_describe(layout, find_member, btf, GINT_TO_POINTER(virtqueue),
					      GINT_TO_POINTER(vring_virtqueue), error);
	g_set_error(error, STATUS_ERROR, STATUS_NOT_CARRIED,
		    "the BTF of the guest's kernel does not describe struct vring_virtqueue");
	return false;
}

static struct btf *read_btf(const char *file, struct btf *base, GError **error)
{
	struct btf *btf = base ? btf__parse_split(file, base) : btf__parse(file, NULL);

	if (!btf)
		g_set_error(error, STATUS_ERROR, STATUS_NOT_CARRIED,
			    "the BTF of the guest's kernel cannot be read: %s", g_strerror(errno));
	return btf;
}

bool kernel_layout_by_btf(struct kernel_layout *layout, const char *vmlinux, const char *module,
			  GError **error)
{
	struct btf *base = read_btf(vmlinux, NULL, error);
	struct btf *btf = base && module ? read_btf(module, base, error) : base;
	bool described = btf && describe(btf, layout, error);

	if (btf != base)
		btf__free(btf);
	btf__free(base);
	return described;
}
