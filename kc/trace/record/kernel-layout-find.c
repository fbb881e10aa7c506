/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "trace/record/kernel-layout-find.h"
#include "vm/guest.h"
#include "base/status.h"

#include <unistd.h>

#define BTF "/sys/kernel/btf/" /* in the guest */

/* A file of the guest's, until it is given back; NULL: it cannot be had. */
static char *borrow(const struct layout_search *search, const char *guest, GError **error)
{
	char *name = NULL;
	int fd = g_file_open_tmp("kc-trace-XXXXXX", &name, error);

	if (fd < 0)
		return NULL;
	close(fd);
	if (guest_get(search->vm, guest, name, search->deadline, error))
		return name;
	unlink(name);
	g_free(name);
	return NULL;
}

static void give_back(char *borrowed)
{
	if (borrowed)
		unlink(borrowed);
	g_free(borrowed);
}

static struct kernel_types *types_of_guest(const struct layout_search *search, char **why)
{
	g_autoptr(GError) error = NULL;
	struct kernel_types *types = NULL;
	char *vmlinux = borrow(search, BTF "vmlinux", &error);
	char *module = NULL;

	if (vmlinux && search->facts->btf_module)
		module = borrow(search, BTF "virtio_ring", &error);
	if (error)
		*why = g_strdup(error->message);
	else
		types = kernel_types_open_btf(vmlinux, module, why);
	give_back(vmlinux);
	give_back(module);
	return types;
}

/* NULL: the file says nothing of virtqueues. */
static struct kernel_types *types_of_file(const char *file, char **why)
{
	static const char *const sources[] = {"drivers/virtio/virtio_ring.c", NULL};
	struct kernel_types *types = kernel_types_open(file, sources, why);

	if (!types || kernel_types_size(types, "vring_virtqueue"))
		return types;
	*why = g_strdup_printf("%s describes no struct vring_virtqueue", file);
	kernel_types_free(types);
	return NULL;
}

static bool layout_unknown(const struct layout_search *search, const char *file_why,
			   const char *guest_why, GError **error)
{
	g_set_error(
		error, STATUS_ERROR, STATUS_NOT_CARRIED,
		"where the guest's kernel %s keeps what in a virtqueue is not known. Looked for "
		"were types in its file (%s) and in the guest (%s), and its release among those "
		"that kc knows (" KERNEL_RELEASES "). Give the vmlinux it was built as, with "
		"DWARF or BTF, as --kernel, or build it with CONFIG_DEBUG_INFO_BTF",
		search->facts->release, file_why ? file_why : "none was given",
		guest_why ? guest_why : "it has no " BTF "vmlinux");
	return false;
}

/* The kernel's own words first; a table only for those that have none. */
bool kernel_layout_find(struct kernel_layout *layout, struct layout_search *search, GError **error)
{
	g_autofree char *file_why = NULL, *guest_why = NULL;
	struct kernel_types *types = NULL;
	bool described;

	search->from = search->symbols;
	if (search->symbols)
		types = types_of_file(search->symbols, &file_why);
	if (!types && search->facts->btf) {
		types = types_of_guest(search, &guest_why);
		search->from = "the guest's " BTF;
	}
	if (!types) {
		search->from = "a table of releases";
		return kernel_layout_by_release(layout, search->facts->release) ||
		       layout_unknown(search, file_why, guest_why, error);
	}
	described = kernel_layout_describe(layout, types, error);
	kernel_types_free(types);
	return described;
}
