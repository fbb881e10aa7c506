/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The device: hw/virtio/virtio-NAME.c and virtio-NAME-pci.c, their headers, and
 * what QEMU keeps in tables: its id's name and its feature bits.
 */
#include "device/export-upstream.h"
#include "device/export-qemu-files.h"
#include "device/export-source.h"
#include "base/status.h"

#include <string.h>

#define IDS "include/standard-headers/linux/virtio_ids.h"
#define CORE "hw/virtio/virtio.c"
#define QMP "hw/virtio/virtio-qmp.c"
#define BUILD "hw/virtio/meson.build"
#define CONFIG "hw/virtio/Kconfig"
#define TRACE "hw/virtio/trace-events"
#define DOCUMENTS "docs/system/devices"
#define ENTRIES "^virtio-[a-z0-9]+$"

static bool check(const struct qemu_device *device, GError **error)
{
	g_autofree char *source = g_strdup_printf("hw/virtio/virtio-%s.c", device->name);
	g_autofree char *header = g_strdup_printf("include/hw/virtio/virtio-%s.h", device->name);
	const char *const paths[] = {source, header, device->abi, NULL};

	if (device->files->len)
		return upstream_check_new(device->series, paths, error);
	g_set_error(error, STATUS_ERROR, STATUS_MISUSE, "cannot export '%s': it has no device.c",
		    device->plan->folder->path);
	return false;
}

/* Nothing else may be in the patch that does what update-linux-headers.sh does. */
static bool add_abi(const struct qemu_device *device, GError **error)
{
	g_autofree char *abi = source_read(device->plan->folder->path, "abi.h", error);
	g_autofree char *uapi = abi ? source_uapi(abi, device->name) : NULL;
	g_autofree char *header = uapi ? source_standard_header(uapi) : NULL;
	g_autofree char *subject = g_strdup_printf("standard-headers: import virtio-%s",
						   device->name);
	g_autofree char *body = g_strdup_printf(
		"Import the header of virtio-%s and its id, as they are in Linux once its\n"
		"driver is there, by the rules of scripts/update-linux-headers.sh.",
		device->name);

	return header && upstream_add_id(device->series, device->plan, IDS, error) &&
	       series_write(device->series, device->abi, header, error) &&
	       series_commit(device->series, subject, body, error);
}

static bool add_name(const struct qemu_device *device, GError **error)
{
	g_autofree char *name = g_strdup_printf("\\1,\n    [VIRTIO_ID_%s] = \"virtio-%s\"\n};",
						device->upper, device->name);

	return series_edit(device->series, CORE,
			   "^(    \\[VIRTIO_ID_\\w+\\] = \"[^\"\\n]*\"),?\\n\\};", name, error);
}

/* QMP knows each device's feature bits by a table, and asserts on an id without. */
static bool add_features(const struct qemu_device *device, GError **error)
{
	g_autofree char *include = g_strdup_printf(
		"\\1#include \"standard-headers/linux/virtio_%s.h\"\n", device->name);
	g_autofree char *table = g_strdup_printf(
		"static const qmp_virtio_feature_map_t virtio_%s_feature_map[] = {\n%s\n\n\\0",
		device->name, device->features ? device->features : "");
	g_autofree char *decode = g_strdup_printf(
		"    case VIRTIO_ID_%s:\n"
		"        features->dev_features =\n"
		"            CONVERT_FEATURES(strList, virtio_%s_feature_map, 0, bitmap);\n"
		"        break;\n\\0",
		device->upper, device->name);
	g_autofree char *pass = g_strdup_printf("    case VIRTIO_ID_%s:\n        break;\n\\0",
						device->upper);
	const char *place = "^    default:\\n        g_assert_not_reached\\(\\);";

	if (!device->features)
		return series_edit(device->series, QMP, place, pass, error);
	return series_edit(device->series, QMP,
			   "\\A(.*^#include \"standard-headers/linux/virtio_[^\\n]*\\n)", include,
			   error) &&
	       series_edit(device->series, QMP, "^#define CONVERT_FEATURES\\(", table, error) &&
	       series_edit(device->series, QMP, place, decode, error);
}

static bool add_build(const struct qemu_device *device, GError **error)
{
	g_autofree char *text = series_read(device->series, CONFIG, error);
	g_autofree char *place = g_strdup_printf("\\A(.*^%s\\.add\\(when: [^\\n]*\\n)",
						 qemu_device_core_set(device));
	g_autofree char *config = g_strdup_printf(
		"%s\nconfig VIRTIO_%s\n    bool\n    default y\n    depends on VIRTIO\n",
		text ? text : "", device->upper);

	return text && series_write(device->series, CONFIG, config, error) &&
	       (!device->core->len ||
		series_edit(device->series, BUILD, place, device->core->str, error)) &&
	       (!device->pci->len ||
		series_edit(device->series, BUILD, "\\A(.*^virtio_pci_ss\\.add\\([^\\n]*\\n)",
			    device->pci->str, error));
}

static bool add_traces(const struct qemu_device *device, GError **error)
{
	g_autofree char *ours = source_read(device->plan->folder->path, "trace-events", NULL);
	g_autofree char *events = ours ? source_replace(ours, "^#[^\\n]*\\n|^\\n", "") : NULL;
	g_autofree char *text = series_read(device->series, TRACE, error);
	g_autofree char *all = g_strdup_printf("%s\n# virtio-%s*.c\n%s", text ? text : "",
					       device->name, events ? events : "");

	return text && (!events || series_write(device->series, TRACE, all, error));
}

static bool add_document(const struct qemu_device *device, GError **error)
{
	const struct qemu_documents *where = device->documents;
	g_autofree char *path = g_strdup_printf("%s/virtio-%s.rst", where->folder, device->name);
	g_autofree char *line = g_strdup_printf("\\1   %svirtio-%s.rst\n", where->entry,
						device->name);
	g_autofree char *place = g_strdup_printf("\\A(.*^   %svirtio-[^\\n]*\\n)", where->entry);
	g_autofree char *title = g_strdup_printf("virtio %s", device->name);
	g_autofree char *rule = g_strnfill(strlen(title), '=');
	g_autofree char *option = device->pci->len || !device->core->len
					  ? g_strdup_printf("-device virtio-%s-pci", device->name)
					  : g_strdup_printf("-M microvm -device virtio-%s-device",
							    device->name);
	g_autofree char *text = g_strdup_printf(
		".. SPDX-License-Identifier: GPL-2.0-or-later\n\n%s\n%s\n\n"
		"The device has the virtio device id %u. Its queues, the buffers on them and its\n"
		"configuration are described in\n"
		"``include/standard-headers/linux/virtio_%s.h``.\n\n"
		"Usage\n-----\n\n.. parsed-literal::\n\n   |qemu_system| %s\n\n"
		"A Linux guest needs a kernel with ``CONFIG_VIRTIO_%s``. ``-device\n"
		"virtio-%s-%s,help`` lists the properties.\n",
		title, rule, device->plan->folder->id, device->name, option, device->upper,
		device->name, strstr(option, "-pci") ? "pci" : "device");

	return series_write(device->series, path, text, error) &&
	       series_edit(device->series, where->index, place, line, error);
}

static bool add_maintainer(const struct qemu_device *device, GError **error)
{
	const char *name = device->name;
	g_autofree char *title = g_strdup_printf("virtio-%s", name);
	g_autofree char *header = g_strdup_printf("F: include/hw/virtio/virtio-%s*.h\n", name);
	g_autofree char *files = g_strdup_printf(
		"F: %s/virtio-%s.rst\nF: hw/virtio/virtio-%s*.c\n%s", device->documents->folder,
		name, name, device->header ? header : "");

	return upstream_maintain(device->series, device->plan, title, ENTRIES, "", files, error);
}

static bool add_device(struct qemu_device *device, GError **error)
{
	g_autofree char *subject = g_strdup_printf("hw/virtio: add virtio-%s", device->name);
	g_autofree char *body = g_strdup_printf(
		"Add the device virtio-%s, of id %u, with its name and feature bits for\n"
		"QMP and a page of documentation. Its driver is proposed for Linux.",
		device->name, device->plan->folder->id);

	return qemu_device_add_files(device, error) && add_name(device, error) &&
	       add_features(device, error) && add_build(device, error) &&
	       add_traces(device, error) && add_document(device, error) &&
	       add_maintainer(device, error) && series_commit(device->series, subject, body, error);
}

/* QEMU 10.2 gave the pages about virtio an index of their own. */
static const struct qemu_documents *find_documents(const char *tree)
{
	static const struct qemu_documents all = {DOCUMENTS, "docs/system/device-emulation.rst",
						  "devices/"};
	static const struct qemu_documents virtio = {DOCUMENTS "/virtio",
						     DOCUMENTS "/virtio/index.rst", ""};
	g_autofree char *index = g_build_filename(tree, virtio.index, NULL);

	return g_file_test(index, G_FILE_TEST_EXISTS) ? &virtio : &all;
}

struct series *upstream_qemu(const struct export_plan *plan, const char *scratch, GError **error)
{
	const struct qemu_documents *documents = find_documents(plan->qemu_tree);
	const char *const touched[] = {
		IDS, CORE, QMP, BUILD, CONFIG, TRACE, documents->index, "MAINTAINERS", NULL};
	const char *name = plan->folder->name;
	struct qemu_device device = {
		.plan = plan,
		.name = name,
		.upper = g_ascii_strup(name, -1),
		.documents = documents,
		.abi = g_strdup_printf("include/standard-headers/linux/virtio_%s.h", name),
		.files = source_list(plan->folder->path, "^device[-\\w]*\\.[ch]$"),
		.core = g_string_new(NULL),
		.pci = g_string_new(NULL),
		.series = series_new("QEMU", plan->qemu_tree, touched, scratch, error),
	};
	bool done = false;

	if (device.series) {
		series_set_author(device.series, plan->author, plan->signoff);
		done = check(&device, error) && add_abi(&device, error) &&
		       add_device(&device, error);
	}
	if (!done)
		g_clear_pointer(&device.series, series_free);
	g_free(device.upper);
	g_free(device.abi);
	g_free(device.features);
	g_ptr_array_unref(device.files);
	g_string_free(device.core, true);
	g_string_free(device.pci, true);
	return device.series;
}
