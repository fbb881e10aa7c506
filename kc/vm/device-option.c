/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "vm/device-option.h"
#include "base/options.h"
#include "base/status.h"
#include "device/folder.h"
#include "lab/qemu-devices.h"

#include <string.h>

#define VIRTIO "virtio-"

struct device_names {
	const struct lab *lab;
	const char *qemu;
	GPtrArray *folders;
	char **types; /* QEMU's; NULL: not asked yet, or it does not say */
	bool asked;
};

struct device_names *device_names_new(const struct lab *lab, const char *qemu, GError **error)
{
	struct device_names *names;
	GPtrArray *folders = device_folders(lab, error);

	if (!folders)
		return NULL;
	names = g_new0(struct device_names, 1);
	names->lab = lab;
	names->qemu = qemu;
	names->folders = folders;
	return names;
}

void device_names_free(struct device_names *names)
{
	if (!names)
		return;
	g_ptr_array_unref(names->folders);
	g_strfreev(names->types);
	g_free(names);
}

static const char *bus_suffix(enum transport transport)
{
	return transport == TRANSPORT_PCI ? "-pci" : "-device";
}

/* "blk" of "virtio-blk-pci"; NULL: it is called otherwise. Caller frees. */
static char *stem_of(const char *type, const char *suffix)
{
	size_t around = strlen(VIRTIO) + strlen(suffix), len = strlen(type);

	if (len <= around || !g_str_has_prefix(type, VIRTIO) || !g_str_has_suffix(type, suffix))
		return NULL;
	return g_strndup(type + strlen(VIRTIO), len - around);
}

/* Whether QEMU has such a one depends on when it was built; so it is not asked. */
static bool is_ours(const struct device_names *names, enum transport transport, const char *type)
{
	for (guint i = 0; i < names->folders->len; i++) {
		const struct device_folder *folder = names->folders->pdata[i];
		g_autofree char *ours = g_strconcat(folder->type, bus_suffix(transport), NULL);

		if (g_str_equal(ours, type))
			return true;
	}
	return false;
}

/* JSON, an option's name before its value, a question: only QEMU knows what these mean. */
static bool is_qemus_own(const char *type)
{
	return strpbrk(type, "{=") || g_str_equal(type, "help") || g_str_equal(type, "?");
}

static bool qemu_has(struct device_names *names, const char *type)
{
	if (!names->asked)
		names->types = qemu_devices(names->lab, names->qemu);
	names->asked = true;
	return !names->types || g_strv_contains((const char *const *)names->types, type);
}

/* What might have been meant: folders, QEMU's types, and those without virtio's ends. */
static char *nearest(const struct device_names *names, enum transport transport, const char *type)
{
	g_autoptr(GPtrArray) known = g_ptr_array_new_with_free_func(g_free);
	const char *suffix = bus_suffix(transport);
	const char *found;
	guint whole, at = 0;

	for (guint i = 0; i < names->folders->len; i++) {
		const struct device_folder *folder = names->folders->pdata[i];

		g_ptr_array_add(known, g_strdup(folder->name));
		g_ptr_array_add(known, g_strconcat(folder->type, suffix, NULL));
	}
	for (int i = 0; names->types[i]; i++)
		g_ptr_array_add(known, g_strdup(names->types[i]));
	whole = known->len;
	for (int i = 0; names->types[i]; i++) {
		char *stem = stem_of(names->types[i], suffix);

		if (stem)
			g_ptr_array_add(known, stem);
	}
	g_ptr_array_add(known, NULL);
	found = options_nearest(type, (const char *const *)known->pdata);
	while (found && known->pdata[at] != found)
		at++;
	return found && at >= whole ? g_strconcat(VIRTIO, found, suffix, NULL) : g_strdup(found);
}

static void unknown(const struct device_names *names, enum transport transport, const char *type,
		    GError **error)
{
	g_autofree char *near = nearest(names, transport, type);
	g_autoptr(GString) ours = g_string_new(NULL);

	if (near) {
		g_set_error(error, STATUS_ERROR, STATUS_MISUSE,
			    "no such device: '%s'; did you mean '%s'?", type, near);
		return;
	}
	for (guint i = 0; i < names->folders->len; i++)
		g_string_append_printf(ours, "%s%s", i ? ", " : "",
				       ((struct device_folder *)names->folders->pdata[i])->name);
	g_set_error(error, STATUS_ERROR, STATUS_MISUSE,
		    "no such device: '%s'; the project has %s, and '%s -device help' lists QEMU's",
		    type, ours->len ? ours->str : "none", names->qemu);
}

char *device_option_resolve(struct device_names *names, enum transport transport,
			    const char *device, GError **error)
{
	const char *rest = device + strcspn(device, ",");
	g_autofree char *type = g_strndup(device, rest - device);
	const struct device_folder *folder = device_folder_find(names->folders, type);

	if (is_qemus_own(type))
		return g_strdup(device);
	if (folder)
		return g_strconcat(folder->type, bus_suffix(transport), rest, NULL);
	if (!machine_takes_device(transport, device, error))
		return NULL;
	if (is_ours(names, transport, type) || qemu_has(names, type))
		return g_strdup(device);
	unknown(names, transport, type, error);
	return NULL;
}
