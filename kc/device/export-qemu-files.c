/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "device/export-qemu-files.h"
#include "device/export-pci.h"
#include "device/export-source.h"
#include "base/status.h"

#include <stdio.h>
#include <string.h>

#define TABLE "^static const qmp_virtio_feature_map_t (\\w+)\\[\\] = \\{\\n(.*?^\\};)\\n\\n?"

/* All that hw/virtio declares; caller frees. */
static char *declared_in(const struct qemu_device *device)
{
	g_autofree char *folder = g_build_filename(device->plan->qemu_tree, "include/hw/virtio",
						   NULL);
	g_autoptr(GPtrArray) headers = source_list(folder, "\\.h$");
	GString *all = g_string_new(NULL);

	for (guint i = 0; i < headers->len; i++) {
		g_autofree char *text = source_read(folder, headers->pdata[i], NULL);

		g_string_append(all, text ? text : "");
	}
	return g_string_free(all, false);
}

/* Of virtio's functions, the lab's QEMU has some that are in no other. */
static bool check_calls(const struct qemu_device *device, const char *name, const char *text,
			GError **error)
{
	g_autofree char *declared = declared_in(device);
	g_autofree char *pattern = g_strdup_printf(
		"\\b((?!virtio_%s_)(?:virtio|virtqueue)_\\w+)\\(", device->name);
	g_autoptr(GRegex) regex = g_regex_new(pattern, 0, 0, NULL);
	g_autoptr(GMatchInfo) match = NULL;

	for (g_regex_match(regex, text, 0, &match); g_match_info_matches(match);
	     g_match_info_next(match, NULL)) {
		g_autofree char *call = g_match_info_fetch(match, 1);
		g_autofree char *word = g_strdup_printf("\\b%s\\b", call);
		g_autofree char *found = source_find(declared, word, 0);

		if (found)
			continue;
		g_set_error(error, STATUS_ERROR, STATUS_MISUSE,
			    "cannot export '%s/%s': it calls %s(), which '%s' does not have; the "
			    "lab's QEMU may have it from a patch in qemu/patches, which upstream "
			    "would have to take first: do without it",
			    device->plan->folder->path, name, call, device->plan->qemu_tree);
		return false;
	}
	return true;
}

/* What the core of QEMU has in tables is no longer registered; takes @text. */
static char *unregister(struct qemu_device *device, char *text)
{
	g_autofree char *without = source_replace(text, "^    virtio_register_id\\([^;]*;\\n", "");
	g_autofree char *table = source_find(without, TABLE, 2);

	g_free(text);
	if (!table)
		return g_steal_pointer(&without);
	g_free(device->features);
	device->features = g_steal_pointer(&table);
	return source_replace(without, TABLE, "");
}

unsigned qemu_device_release(const struct qemu_device *device)
{
	g_autofree char *file = g_build_filename(device->plan->qemu_tree, "VERSION", NULL);
	g_autofree char *version = NULL;
	unsigned major = 0, minor = 0;

	if (!g_file_get_contents(file, &version, NULL, NULL) ||
	    sscanf(version, "%u.%u", &major, &minor) != 2)
		return 0;
	return major * 100 + minor;
}

const char *qemu_device_core_set(const struct qemu_device *device)
{
	return qemu_device_release(device) >= 1100 ? "system_virtio_ss" : "specific_virtio_ss";
}

/* 11.0 moved headers; the lab's QEMU has them by their old names, too. */
static char *settle_headers(unsigned release, char *text)
{
	g_autofree char *own = text;
	g_autofree char *core = NULL;
	g_autofree char *qdev = NULL;

	if (release < 1100)
		return g_steal_pointer(&own);
	core = source_replace(own, "^#include \"hw/qdev-core\\.h\"$",
			      "#include \"hw/core/qdev.h\"");
	qdev = source_replace(core, "^#include \"hw/qdev-", "#include \"hw/core/qdev-");
	return source_replace(qdev, "^#include \"block/(aio|aio-wait)\\.h\"$",
			      "#include \"qemu/\\1.h\"");
}

/* What qemu/compat.h has a word for, as the tree declares it: since 10.1 types and set_status() are otherwise. */
static char *settle(const struct qemu_device *device, const char *text)
{
	unsigned release = qemu_device_release(device);
	bool since = release >= 1001;
	g_autofree char *a = source_replace(text, "\\bClassData \\*",
					    since ? "const void *" : "void *");
	g_autofree char *b = source_replace(a, "\\bStatusResult ", since ? "int " : "void ");
	g_autofree char *c = source_replace(b, "\\n\\n    return STATUS_TAKEN;\\n\\}",
					    since ? "\n\n    return 0;\n}" : "\n}");

	return settle_headers(release, source_replace(c, "return STATUS_TAKEN;",
						      since ? "return 0;" : "return;"));
}

/* "device-pci.c" is hw/virtio/virtio-NAME-pci.c, "device.h" include/hw/virtio/virtio-NAME.h. */
static char *place_of(const struct qemu_device *device, const char *file)
{
	return g_strdup_printf("%shw/virtio/virtio-%s%s",
			       g_str_has_suffix(file, ".h") ? "include/" : "", device->name,
			       file + strlen("device"));
}

/* Lines of meson.build for a source @path. */
static void build(struct qemu_device *device, const char *path, bool needs_pci)
{
	g_autofree char *base = g_path_get_basename(path);
	bool pci = needs_pci || g_str_has_suffix(base, "-pci.c");
	GString *lines = pci ? device->pci : device->core;

	if (!lines->len)
		g_string_append(lines, "\\1");
	g_string_append_printf(lines, "%s.add(when: 'CONFIG_VIRTIO_%s', if_true: files('%s'))\n",
			       pci ? "virtio_pci_ss" : qemu_device_core_set(device), device->upper,
			       base);
}

static char *include_ours(const struct qemu_device *device, const char *text)
{
	g_autofree char *abi = g_strdup_printf("#include \"standard-headers/linux/virtio_%s.h\"",
					       device->name);
	g_autofree char *header = g_strdup_printf("#include \"hw/virtio/virtio-%s\\1.h\"",
						  device->name);
	g_autofree char *a = source_replace(text, "^#include \"abi.h\"$", abi);
	g_autofree char *b = source_replace(a, "^#include \"device([-\\w]*)\\.h\"$", header);

	return source_replace(b, "^#include \"trace/trace-hw_virtio_kernelcraft_\\w+\\.h\"$",
			      "#include \"trace.h\"");
}

static bool write_one(struct qemu_device *device, const char *file, const char *text,
		      GError **error)
{
	g_autofree char *path = place_of(device, file);
	g_autofree char *settled = settle(device, text);
	g_autofree char *ours = include_ours(device, settled);
	bool source = g_str_has_suffix(file, ".c");
	bool both = source && strstr(text, "VirtioPCIDeviceTypeInfo") &&
		    !g_str_has_suffix(file, "-pci.c");

	device->header |= !source;
	if (source)
		build(device, path, both);
	return series_write(device->series, path, ours, error);
}

/* Its structure must be in a header that the proxy's source can include. */
static bool add_proxy(struct qemu_device *device, const char *text, GError **error)
{
	const char *folder = device->plan->folder->path;
	g_autoptr(GString) all = g_string_new(NULL);
	g_autofree char *pci = NULL;

	for (guint i = 0; i < device->files->len; i++) {
		g_autofree char *one = source_read(folder, device->files->pdata[i], error);

		if (!one)
			return false;
		g_string_append(all, one);
	}
	pci = pci_written_out(device->name, text, all->str, error);
	return pci && write_one(device, "device-pci.c", pci, error);
}

/* The only source has its structure in it, which the proxy's needs, too. */
static bool write_split(struct qemu_device *device, const char *file, const char *text,
			GError **error)
{
	struct source_halves halves = {NULL};
	bool split = source_split(text, device->name, &halves);
	bool done = split && write_one(device, "device.h", halves.header, error) &&
		    write_one(device, "device.c", halves.device, error);

	source_halves_clear(&halves);
	if (!split)
		g_set_error(error, STATUS_ERROR, STATUS_MISUSE,
			    "cannot export '%s/%s': it does not begin with its structure, right "
			    "behind its #includes and before any function",
			    device->plan->folder->path, file);
	return done;
}

static bool check_header(const struct qemu_device *device, GError **error)
{
	g_autofree char *header = source_read(device->plan->folder->path, "device.h", error);
	g_autofree char *found = header ? source_find(header, "^struct VirtIO\\w+ \\{", 0) : NULL;

	if (header && !found)
		g_set_error(error, STATUS_ERROR, STATUS_MISUSE,
			    "cannot export '%s': its device.h does not have the structure, which "
			    "its source for PCI needs: move it there",
			    device->plan->folder->path);
	return found;
}

static bool write_with_proxy(struct qemu_device *device, const char *file, const char *text,
			     GError **error)
{
	g_autofree char *without = pci_without(text);

	if (device->files->len == 1)
		return write_split(device, file, without, error) && add_proxy(device, text, error);
	return check_header(device, error) && write_one(device, file, without, error) &&
	       add_proxy(device, text, error);
}

static bool add_file(struct qemu_device *device, const char *file, GError **error)
{
	const char *folder = device->plan->folder->path;
	char *given = source_read(folder, file, error);
	g_autofree char *text = given ? unregister(device, given) : NULL;

	if (!text || !upstream_check_includes(folder, file, text, error) ||
	    !check_calls(device, file, text, error))
		return false;
	return pci_is_asked_for(text) ? write_with_proxy(device, file, text, error)
				      : write_one(device, file, text, error);
}

bool qemu_device_add_files(struct qemu_device *device, GError **error)
{
	for (guint i = 0; i < device->files->len; i++)
		if (!add_file(device, device->files->pdata[i], error))
			return false;
	return true;
}
