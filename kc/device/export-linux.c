/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The driver: drivers/virtio/virtio_NAME.c, or, if it is in several files, the
 * folder drivers/virtio/NAME.
 */
#include "device/export-upstream.h"
#include "device/export-source.h"
#include "base/status.h"

#include <string.h>

#define IDS "include/uapi/linux/virtio_ids.h"
#define LIST "L:\tvirtualization@lists.linux.dev\n"
#define ENTRIES "^VIRTIO [A-Z][^\\n]*$"

struct driver {
	const struct export_plan *plan;
	struct series *series;
	const char *name;
	char *upper;
	char *abi; /* where the header goes */
	char *place; /* where the driver goes: a file or a folder */
	GPtrArray *files; /* of the device's folder */
};

static bool is_folder(const struct driver *driver)
{
	return driver->files->len > 1;
}

static bool check(const struct driver *driver, GError **error)
{
	const char *const paths[] = {driver->abi, driver->place, NULL};

	if (driver->files->len)
		return upstream_check_new(driver->series, paths, error);
	g_set_error(error, STATUS_ERROR, STATUS_MISUSE, "cannot export '%s': it has no driver.c",
		    driver->plan->folder->path);
	return false;
}

static bool add_abi(const struct driver *driver, GError **error)
{
	g_autofree char *abi = source_read(driver->plan->folder->path, "abi.h", error);
	g_autofree char *uapi = abi ? source_uapi(abi, driver->name) : NULL;
	g_autofree char *title = g_strdup_printf("VIRTIO %s DRIVER", driver->upper);
	g_autofree char *files = g_strdup_printf("F:\t%s\n", driver->abi);
	g_autofree char *subject = g_strdup_printf("virtio: add the id and layout of virtio-%s",
						   driver->name);
	g_autofree char *body = g_strdup_printf(
		"Add what the driver and the device of virtio-%s agree on: the device\n"
		"id, %u, and the layout of its buffers and of its configuration.",
		driver->name, driver->plan->folder->id);

	return uapi && upstream_add_id(driver->series, driver->plan, IDS, error) &&
	       series_write(driver->series, driver->abi, uapi, error) &&
	       upstream_maintain(driver->series, driver->plan, title, ENTRIES, LIST, files,
				 error) &&
	       series_commit(driver->series, subject, body, error);
}

static bool add_file(const struct driver *driver, const char *name, GError **error)
{
	g_autofree char *header = g_strdup_printf("#include <linux/virtio_%s.h>", driver->name);
	g_autofree char *text = source_read(driver->plan->folder->path, name, error);
	g_autofree char *ours = text ? source_replace(text, "^#include \"abi.h\"$", header) : NULL;
	g_autofree char *to = is_folder(driver) ? g_build_filename(driver->place, name, NULL)
						: g_strdup(driver->place);

	return text && upstream_check_includes(driver->plan->folder->path, name, text, error) &&
	       series_write(driver->series, to, ours, error);
}

static bool add_files(const struct driver *driver, GError **error)
{
	g_autofree char *path = g_build_filename(driver->place, "Makefile", NULL);
	g_autoptr(GString) make = g_string_new("# SPDX-License-Identifier: GPL-2.0-only\n");

	g_string_append_printf(make, "obj-$(CONFIG_VIRTIO_%s) += virtio_%s.o\n", driver->upper,
			       driver->name);
	for (guint i = 0; i < driver->files->len; i++) {
		const char *name = driver->files->pdata[i];

		if (!add_file(driver, name, error))
			return false;
		if (g_str_has_suffix(name, ".c"))
			g_string_append_printf(make, "virtio_%s-y += %.*s.o\n", driver->name,
					       (int)strlen(name) - 2, name);
	}
	return !is_folder(driver) || series_write(driver->series, path, make->str, error);
}

/* What it depends on besides virtio, by the headers that it includes. */
static const char *depends_of(const struct driver *driver)
{
	for (guint i = 0; i < driver->files->len; i++) {
		g_autofree char *text = source_read(driver->plan->folder->path,
						    driver->files->pdata[i], NULL);

		if (text && strstr(text, "<linux/blk-mq.h>"))
			return "\tdepends on BLOCK\n";
	}
	return "";
}

static bool add_build(const struct driver *driver, GError **error)
{
	g_autofree char *config = g_strdup_printf(
		"config VIRTIO_%s\n"
		"\ttristate \"Virtio %s driver\"\n"
		"\tdepends on VIRTIO\n%s"
		"\thelp\n"
		"\t This driver supports virtio-%s devices, as a hypervisor such\n"
		"\t as QEMU offers them to its guests. It binds to the virtio\n"
		"\t device id %u, whichever transport the device is on.\n\n"
		"\t To compile it as a module, choose M here: the module will be\n"
		"\t called virtio_%s.\n\n"
		"\t If unsure, say N.\n\n\\0",
		driver->upper, driver->name, depends_of(driver), driver->name,
		driver->plan->folder->id, driver->name);
	g_autofree char *line = g_strdup_printf("\\1obj-$(CONFIG_VIRTIO_%s) += %s%s%s\n",
						driver->upper, is_folder(driver) ? "" : "virtio_",
						driver->name, is_folder(driver) ? "/" : ".o");

	return series_edit(driver->series, "drivers/virtio/Kconfig", "^endif # VIRTIO_MENU", config,
			   error) &&
	       series_edit(driver->series, "drivers/virtio/Makefile",
			   "\\A(.*^obj-\\$\\(CONFIG_VIRTIO[^\\n]*\\n)", line, error);
}

static bool add_driver(const struct driver *driver, GError **error)
{
	g_autofree char *slash = g_strdup_printf("F:\t%s%s\n\\0", driver->place,
						 is_folder(driver) ? "/" : "");
	g_autofree char *entry = g_strdup_printf("^F:\t%s$", driver->abi);
	g_autofree char *subject = g_strdup_printf("virtio: add a driver of virtio-%s",
						   driver->name);
	g_autofree char *body = g_strdup_printf(
		"Add a driver of virtio-%s devices. What it tells and asks the device is\n"
		"described in include/uapi/linux/virtio_%s.h.",
		driver->name, driver->name);

	return add_files(driver, error) && add_build(driver, error) &&
	       series_edit(driver->series, "MAINTAINERS", entry, slash, error) &&
	       series_commit(driver->series, subject, body, error);
}

struct series *upstream_linux(const struct export_plan *plan, const char *scratch, GError **error)
{
	static const char *const touched[] = {IDS, "drivers/virtio/Kconfig",
					      "drivers/virtio/Makefile", "MAINTAINERS", NULL};
	const char *name = plan->folder->name;
	struct driver driver = {
		.plan = plan,
		.name = name,
		.upper = g_ascii_strup(name, -1),
		.abi = g_strdup_printf("include/uapi/linux/virtio_%s.h", name),
		.files = source_list(plan->folder->path, "^driver[-\\w]*\\.[ch]$"),
		.series = series_new("Linux", plan->linux_tree, touched, scratch, error),
	};
	bool done = false;

	driver.place = is_folder(&driver) ? g_strdup_printf("drivers/virtio/%s", name)
					  : g_strdup_printf("drivers/virtio/virtio_%s.c", name);
	if (driver.series) {
		series_set_author(driver.series, plan->author, plan->signoff);
		done = check(&driver, error) && add_abi(&driver, error) &&
		       add_driver(&driver, error);
	}
	if (!done)
		g_clear_pointer(&driver.series, series_free);
	g_free(driver.upper);
	g_free(driver.abi);
	g_free(driver.place);
	g_ptr_array_unref(driver.files);
	return driver.series;
}
