/* SPDX-License-Identifier: GPL-2.0-or-later */
/* kc export: a device's halves as patches for Linux and QEMU. */
#include "cli/command.h"
#include "base/loop.h"
#include "base/status.h"
#include "device/export.h"
#include "device/name.h"
#include "lab/lab.h"

#include <stdio.h>

struct export_options {
	const char *linux_tree, *qemu_tree;
	const char *out;
	const char *signoff;
};

static const struct export_options export_defaults = {NULL};

#define FIELD(name) offsetof(struct export_options, name)

static const struct option_row export_rows[] = {
	{"linux", 0, "DIR", "a clean source tree of Linux; it is only read", option_string,
	 FIELD(linux_tree)},
	{"qemu", 0, "DIR", "a clean source tree of QEMU; it is only read", option_string,
	 FIELD(qemu_tree)},
	{"out", 0, "DIR", "the folder to make (default: NAME-patches)", option_string, FIELD(out)},
	{"signoff", 0, "PERSON",
	 "'NAME <ADDRESS>' of the person who signs the patches off, and is their author",
	 option_string, FIELD(signoff)},
	DEVICE_FOLDER_ROW,
	{.name = NULL},
};

static char *git_config(const char *key)
{
	const char *argv[] = {"git", "config", "--get", key, NULL};
	char *said = NULL;

	g_spawn_sync(NULL, (char **)argv, NULL, G_SPAWN_SEARCH_PATH | G_SPAWN_STDERR_TO_DEV_NULL,
		     NULL, NULL, &said, NULL, NULL, NULL);
	return said ? g_strstrip(said) : NULL;
}

/* Caller frees. NULL with STATUS_MISUSE: nobody's name is made up. */
static char *find_author(const char *signoff, GError **error)
{
	g_autofree char *name = signoff ? NULL : git_config("user.name");
	g_autofree char *address = signoff ? NULL : git_config("user.email");

	if (!signoff && name && *name && address && *address)
		return g_strdup_printf("%s <%s>", name, address);
	if (!signoff)
		g_set_error(error, STATUS_ERROR, STATUS_MISUSE,
			    "git knows no author for the patches: set its user.name and "
			    "user.email, or say --signoff 'NAME <ADDRESS>'");
	else if (g_regex_match_simple("^[^<>\\s][^<>\\n]* <[^<>\\s@]+@[^<>\\s@]+>$", signoff, 0, 0))
		return g_strdup(signoff);
	else
		g_set_error(error, STATUS_ERROR, STATUS_MISUSE,
			    "--signoff '%s': expected 'NAME <ADDRESS>'", signoff);
	return NULL;
}

static bool check_folder(const struct device_folder *folder, const char *name, GError **error)
{
	if (!folder)
		g_set_error(error, STATUS_ERROR, STATUS_MISUSE,
			    "no such device: '%s' (it is neither in devices/ nor among those "
			    "outside; --devices DIR names one)",
			    name);
	else if (!folder->id)
		g_set_error(error, STATUS_ERROR, STATUS_MISUSE,
			    "cannot export '%s': its abi.h has no '#define VIRTIO_ID_...'",
			    folder->path);
	else if (folder->id < DEVICE_ID_FIRST)
		g_set_error(error, STATUS_ERROR, STATUS_MISUSE,
			    "cannot export '%s': virtio id %u is the specification's, and Linux "
			    "and QEMU have a driver and a device for it already; only a device "
			    "with an id of its own, from %d to %d, can be exported",
			    folder->path, folder->id, DEVICE_ID_FIRST, DEVICE_ID_LAST);
	else if (device_name_check(folder->name, error))
		return true;
	else
		g_prefix_error(error, "cannot export '%s': ", folder->path);
	return false;
}

static void print_made(const struct export_plan *plan)
{
	printf("%s is there. In a clean tree of each:\n", plan->out);
	if (plan->linux_tree)
		printf("    git am %s/linux/*.patch\n", plan->out);
	if (plan->qemu_tree)
		printf("    git am %s/qemu/*.patch\n", plan->out);
	if (plan->signoff)
		printf("Each is signed off by %s.\n", plan->author);
	else
		printf("None is signed off: that is for the person who sends them "
		       "(--signoff), who then is in MAINTAINERS, too.\n");
	if (plan->qemu_tree)
		printf("QEMU's checkpatch warns twice of qemu/0001, as of each patch that brings a "
		       "new header of Linux: no other file may be in it, so not MAINTAINERS "
		       "either, which has that folder.\n");
	printf("The specification has to give the device its id, which now is %u.\n",
	       plan->folder->id);
}

/* Not to be interrupted before the folder has its name. */
static bool export_whole(const struct export_plan *plan, GError **error)
{
	bool done;

	loop_hold_signals();
	done = device_export(plan, error);
	loop_release_signals();
	return done;
}

static bool export_named(const struct export_options *options, const struct lab *lab,
			 const char *name, GError **error)
{
	g_autoptr(GPtrArray) folders = device_folders(lab, error);
	const struct device_folder *folder = folders ? device_folder_find(folders, name) : NULL;
	g_autofree char *author = NULL;
	g_autofree char *default_out = NULL;
	g_autofree char *out = NULL;
	struct export_plan plan = {
		.folder = folder,
		.linux_tree = options->linux_tree,
		.qemu_tree = options->qemu_tree,
		.signoff = options->signoff,
	};

	if (!folders || !check_folder(folder, name, error))
		return false;
	plan.author = author = find_author(options->signoff, error);
	default_out = g_strdup_printf("%s-patches", name);
	plan.out = out = g_canonicalize_filename(options->out ? options->out : default_out, NULL);
	if (!author || !export_whole(&plan, error))
		return false;
	print_made(&plan);
	return true;
}

static int export_run(const void *fields, char **operands, GError **error)
{
	const struct export_options *options = fields;
	struct lab *lab = NULL;

	if (!*operands)
		g_set_error(error, STATUS_ERROR, STATUS_MISUSE, "a device's name is needed");
	else if (!options->linux_tree && !options->qemu_tree)
		g_set_error(error, STATUS_ERROR, STATUS_MISUSE,
			    "a tree is needed: --linux DIR, --qemu DIR or both");
	else if ((lab = lab_find(error)))
		export_named(options, lab, *operands, error);
	lab_free(lab);
	return 0;
}

static const struct option_row *const export_tables[] = {export_rows, NULL};

const struct command command_export = {
	.name = "export",
	.operands = "NAME",
	.operands_max = 1,
	.summary = "make patches for Linux and QEMU of a device",
	.text = "Lays both halves of a device out as upstream wants them, as two series of "
		"patches for 'git am': the driver in drivers/virtio with its header, Kconfig and "
		"Makefile lines; the device and its PCI half in hw/virtio with headers, "
		"meson.build and Kconfig lines, the names that QMP shows, and a page of "
		"documentation; an entry of MAINTAINERS in each.\n\n"
		"The trees are only read, and must be clean. A device that calls what only the "
		"lab's QEMU has is refused.",
	.options = export_tables,
	.fields_size = sizeof(struct export_options),
	.defaults = &export_defaults,
	.run = export_run,
};
