/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "vm/own-kernel.h"
#include "base/status.h"
#include "kernel/kernel-config.h"
#include "kernel/kernel-image.h"
#include "kernel/module-tree.h"
#include "vm/module-initrd.h"

enum need {
	NEED_ROOT = 1, /* any root of the lab's */
	NEED_PCI = 2,
	NEED_MMIO = 4,
	NEED_AGENT = 8,
	NEED_DISK = 16,
	NEED_INITRD = 32,
	NEED_SHARE = 64,
};

struct part {
	const char *option;
	const char *module; /* NULL: it cannot be one */
	enum need need; /* 0: it is only of use */
};

static const struct part parts[] = {
	{"BINFMT_ELF", NULL, NEED_ROOT},
	{"BINFMT_SCRIPT", NULL, NEED_ROOT},
	{"PROC_FS", NULL, NEED_ROOT},
	{"SYSFS", NULL, NEED_ROOT},
	{"DEVTMPFS", NULL, NEED_ROOT},
	{"BLK_DEV_INITRD", NULL, NEED_INITRD},
	{"VIRTIO_PCI", "virtio_pci", NEED_PCI},
	{"VIRTIO_MMIO", "virtio_mmio", NEED_MMIO},
	{"VIRTIO_CONSOLE", "virtio_console", NEED_AGENT},
	{"VIRTIO_BLK", "virtio_blk", NEED_DISK},
	{"CRYPTO_CRC32C", "crc32c_generic", 0}, /* which ext4 asks for by another name */
	{"EXT4_FS", "ext4", NEED_DISK},
	/* As in the lab's own kernel */
	{"HW_RANDOM_VIRTIO", "virtio_rng", 0},
	{"PVPANIC_PCI", "pvpanic_pci", 0},
	{"VIRTIO_BLK", "virtio_blk", 0},
	{"VIRTIO_NET", "virtio_net", 0},
	{"NET_9P_VIRTIO", "9pnet_virtio", NEED_SHARE},
	{"9P_FS", "9p", NEED_SHARE},
};

/* What is known of one kernel. */
struct facts {
	const struct lab *lab;
	bool root_is_its; /* the lab's initramfs has modules of this kernel */
	struct kernel_config config;
	bool configured; /* @config is known */
	struct module_tree *tree; /* NULL: no folder of modules is known */
	GString *looked; /* where none was found */
	GPtrArray *files; /* of modules to insert, in order */
	GString *lacks, *doubts;
	GString *homeless; /* options of modules, where there is no folder of these */
};

static void facts_clear(struct facts *facts)
{
	kernel_config_clear(&facts->config);
	module_tree_free(facts->tree);
	g_string_free(facts->looked, TRUE);
	g_string_free(facts->lacks, TRUE);
	g_string_free(facts->doubts, TRUE);
	g_string_free(facts->homeless, TRUE);
	g_ptr_array_unref(facts->files);
}

static bool is_folder(const char *path)
{
	return g_file_test(path, G_FILE_TEST_IS_DIR);
}

/* The user's: the modules' own folder, or one as depmod's and modules_install's. */
static char *inside_of(const char *folder, const char *release)
{
	const char *const forms[] = {"lib/modules", "."};

	for (size_t i = 0; release && i < G_N_ELEMENTS(forms); i++) {
		g_autofree char *path = g_build_filename(folder, forms[i], release, NULL);

		if (is_folder(path))
			return g_steal_pointer(&path);
	}
	return g_strdup(folder);
}

/* /boot and /lib are side by side, in a package that was unpacked, too. */
static char *find_beside(const char *image, const char *release, GString *looked)
{
	g_autofree char *folder = g_path_get_dirname(image);
	g_autofree char *full = g_canonicalize_filename(folder, NULL);
	const char *const roots[] = {"../lib/modules", "../usr/lib/modules", ".."};

	for (size_t i = 0; release && i < G_N_ELEMENTS(roots); i++) {
		g_autofree char *path = g_build_filename(full, roots[i], release, NULL);
		g_autofree char *plain = g_canonicalize_filename(path, NULL);

		if (is_folder(plain))
			return g_steal_pointer(&plain);
		if (i == 0)
			g_string_append(looked, plain);
	}
	return NULL;
}

/* A kernel of a lab's, or a copy of one: its modules are in the lab. */
static char *find_in_lab(const struct lab *lab, const char *image, const char *release)
{
	g_autofree char *beside = g_path_get_dirname(image);
	g_autofree char *ours = g_path_get_dirname(lab->parts[LAB_RELEASE]);
	const char *const folders[] = {beside, ours};

	for (size_t i = 0; release && i < G_N_ELEMENTS(folders); i++) {
		g_autofree char *file = g_build_filename(folders[i], "kernel.release", NULL);
		g_autofree char *path = g_build_filename(folders[i], "modules", NULL);
		g_autofree char *text = NULL;

		if (g_file_get_contents(file, &text, NULL, NULL) &&
		    g_str_equal(g_strchomp(text), release) && is_folder(path))
			return g_steal_pointer(&path);
	}
	return NULL;
}

static char *find_folder(struct facts *facts, const struct own_kernel *kernel, const char *release)
{
	char *folder;

	if (kernel->modules)
		return inside_of(kernel->modules, release);
	folder = find_beside(kernel->image, release, facts->looked);
	return folder ? folder : find_in_lab(facts->lab, kernel->image, release);
}

static bool find_modules(struct facts *facts, const struct own_kernel *kernel, const char *release,
			 GError **error)
{
	g_autofree char *folder = find_folder(facts, kernel, release);

	if (!folder)
		return true;
	facts->tree = module_tree_open(folder, release, kernel->modules ? error : NULL);
	if (facts->tree || !kernel->modules)
		return true;
	g_prefix_error(error, "--modules: ");
	return false;
}

G_GNUC_PRINTF(2, 3) static void say(GString *list, const char *format, ...)
{
	va_list values;

	if (list->len)
		g_string_append(list, "; ");
	va_start(values, format);
	g_string_append_vprintf(list, format, values);
	va_end(values);
}

static const char *remedy(const struct part *part)
{
	return part->module ? "it has to be =y, or =m with its modules" : "it has to be =y";
}

/* A module that is not there to be inserted */
static void lack_module(struct facts *facts, const struct part *part)
{
	if (facts->tree)
		say(facts->lacks, "CONFIG_%s=m, and %s has no %s.ko", part->option,
		    module_tree_folder(facts->tree), part->module);
	else
		g_string_append_printf(facts->homeless, "%sCONFIG_%s=m",
				       facts->homeless->len ? ", " : "", part->option);
}

static void judge_configured(struct facts *facts, const struct part *part)
{
	char value = kernel_config_value(&facts->config, part->option);

	if (value == 'm' && part->module)
		lack_module(facts, part);
	else if (value == 'n')
		say(facts->lacks, "CONFIG_%s is not set (%s): %s", part->option,
		    facts->config.where, remedy(part));
}

static bool root_has(const struct facts *facts, const struct part *part)
{
	g_autofree char *file = part->module ? lab_module(facts->lab, part->module) : NULL;

	return facts->root_is_its && file && g_file_test(file, G_FILE_TEST_EXISTS);
}

/* Is it, or can it be made, part of this kernel? Where nothing tells, that is a doubt. */
static bool judge(struct facts *facts, const struct part *part, bool needed, GError **error)
{
	bool file = facts->tree && part->module && module_tree_file(facts->tree, part->module);

	if (root_has(facts, part) ||
	    (part->module && facts->tree && module_tree_is_built_in(facts->tree, part->module)))
		return true;
	if (file &&
	    !(facts->configured && kernel_config_value(&facts->config, part->option) == 'y'))
		return module_tree_add(facts->tree, part->module, facts->files, error);
	if (!needed)
		return true;
	if (facts->configured)
		judge_configured(facts, part);
	else if (part->module && facts->tree && module_tree_knows_built_in(facts->tree))
		say(facts->lacks, "CONFIG_%s is not set (%s tells of no %s): %s", part->option,
		    module_tree_folder(facts->tree), part->module, remedy(part));
	else if (part->module)
		g_string_append_printf(facts->doubts, "%sCONFIG_%s", facts->doubts->len ? ", " : "",
				       part->option);
	return true;
}

/* A person at the console needs no channel of ours to the guest. */
static unsigned needs_of(const struct own_kernel *kernel, const struct machine *machine)
{
	unsigned needs = NEED_ROOT | (machine->disk ? NEED_DISK : NEED_INITRD);

	if (!kernel->for_person)
		needs |= NEED_AGENT;
	if (machine->shares && machine->shares->len)
		needs |= NEED_SHARE;
	if (!kernel->for_person || machine->disk)
		needs |= machine->transport == TRANSPORT_PCI ? NEED_PCI : NEED_MMIO;
	return needs;
}

static bool judge_all(struct facts *facts, const struct own_kernel *kernel,
		      const struct machine *machine, GError **error)
{
	static const struct part initrd = {"BLK_DEV_INITRD", NULL, NEED_INITRD};
	static const struct part loader = {"MODULES", NULL, NEED_ROOT};
	unsigned needs = needs_of(kernel, machine);

	for (size_t i = 0; i < G_N_ELEMENTS(parts); i++)
		if (!judge(facts, &parts[i], parts[i].need & needs, error))
			return false;
	if (!facts->files->len)
		return true;
	return judge(facts, &loader, true, error) &&
	       judge(facts, &initrd, !(needs & NEED_INITRD), error);
}

static bool check(struct own_kernel *kernel, const struct facts *facts, GError **error)
{
	if (facts->homeless->len)
		say(facts->lacks,
		    "%s (%s), and there are no modules at %s: --modules FOLDER says where they are",
		    facts->homeless->str, facts->config.where,
		    facts->looked->len ? facts->looked->str : "any known place");
	if (facts->lacks->len) {
		g_set_error(error, STATUS_ERROR, STATUS_MISUSE,
			    "the kernel '%s' cannot bring up this root: %s", kernel->image,
			    facts->lacks->str);
		return false;
	}
	if (facts->doubts->len)
		kernel->doubt = g_strdup_printf(
			"it needs %s, built in or as modules with --modules FOLDER, and nothing "
			"tells whether '%s' has these: there is no config-RELEASE beside it and "
			"no CONFIG_IKCONFIG in it",
			facts->doubts->str, kernel->image);
	return true;
}

static bool is_lab_root(const struct own_kernel *kernel, const struct machine *machine,
			const struct lab *lab, const char *release)
{
	g_autofree char *ours = lab_part_version(lab, LAB_RELEASE);

	return !kernel->modules && g_strcmp0(machine->initrd, lab->parts[LAB_INITRAMFS]) == 0 &&
	       release && g_strcmp0(release, ours) == 0;
}

bool own_kernel_prepare(struct own_kernel *kernel, struct machine *machine, const struct lab *lab,
			GError **error)
{
	g_autofree char *release = kernel_image_release(kernel->image);
	struct facts facts = {
		.lab = lab,
		.root_is_its = is_lab_root(kernel, machine, lab, release),
		.looked = g_string_new(NULL),
		.files = g_ptr_array_new_with_free_func(g_free),
		.lacks = g_string_new(NULL),
		.doubts = g_string_new(NULL),
		.homeless = g_string_new(NULL),
	};
	bool ok;

	facts.configured = kernel_config_find(&facts.config, kernel->image, release);
	ok = find_modules(&facts, kernel, release, error) &&
	     judge_all(&facts, kernel, machine, error) && check(kernel, &facts, error);
	if (ok && facts.files->len) {
		kernel->initrd = module_initrd(machine->initrd, lab, facts.files, error);
		ok = kernel->initrd;
	}
	if (ok && kernel->initrd) {
		machine->initrd = kernel->initrd;
		machine->rdinit = MODULE_INITRD_INIT;
	}
	facts_clear(&facts);
	return ok;
}

void own_kernel_clear(struct own_kernel *kernel)
{
	g_free(kernel->initrd);
	g_free(kernel->doubt);
}

void own_kernel_explain(const struct own_kernel *kernel, GError **error)
{
	if (kernel->doubt && error && *error &&
	    (g_error_matches(*error, STATUS_ERROR, STATUS_NEVER_BOOTED) ||
	     g_error_matches(*error, STATUS_ERROR, STATUS_PANIC))) {
		g_autofree char *said = g_steal_pointer(&(*error)->message);

		(*error)->message = g_strdup_printf("%s; %s", said, kernel->doubt);
	}
}
