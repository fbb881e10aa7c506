/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "lab/lab.h"
#include "base/status.h"

#include <string.h>
#include <sys/stat.h>

static const struct {
	const char *file, *name, *verb;
	bool by_kernel; /* there is one for each kernel */
	bool counts; /* there is one that counts what of it is run */
} parts[LAB_PARTS] = {
	[LAB_VMLINUX] = {"vmlinux", "kernel", "make linux", true},
	[LAB_VMLINUX_DEBUG] = {"vmlinux.debug", "kernel's symbols", "make linux", true},
	[LAB_BZIMAGE] = {"bzImage", "kernel (bzImage)", "make linux", true},
	[LAB_RELEASE] = {"kernel.release", "kernel's release", "make linux", true},
	[LAB_INITRAMFS] = {"initramfs.cpio", "root file system (initramfs)", "make rootfs", true},
	[LAB_DISK] = {"disk.ext4", "root file system (disk)", "make rootfs", true},
	[LAB_QEMU] = {"qemu-system-x86_64", "QEMU", "make qemu", .counts = true},
	[LAB_FIRMWARE] = {"firmware", "QEMU's firmware", "make qemu"},
	[LAB_MODULES] = {"modules", "modules", "make all", true},
	[LAB_DRIVERS] = {"drivers.cpio", "stock drivers", "make linux", true},
	[LAB_INIT] = {"kc-init", "initramfs' first program", "make linux"},
	[LAB_TRACER] = {"tracer", "guest's tracer", "make rootfs"},
	[LAB_BUILDROOT_INITRAMFS] = {"buildroot/initramfs.cpio", "Buildroot system (initramfs)",
				     "make rootfs-buildroot BUILDROOT_SRC=DIR"},
	[LAB_BUILDROOT_DISK] = {"buildroot/disk.ext4", "Buildroot system (disk)",
				"make rootfs-buildroot BUILDROOT_SRC=DIR"},
};

static bool has_folder(const char *folder, const char *name)
{
	g_autofree char *path = g_build_filename(folder, name, NULL);

	return g_file_test(path, G_FILE_TEST_IS_DIR);
}

static bool is_project(const char *folder)
{
	return (has_folder(folder, "devices") && has_folder(folder, "kc")) ||
	       has_folder(folder, "build/lab");
}

char *lab_search_upward(const char *start)
{
	char *folder = g_canonicalize_filename(start, NULL);

	while (!is_project(folder)) {
		char *parent = g_path_get_dirname(folder);
		bool at_top = g_str_equal(parent, folder);

		g_free(folder);
		folder = parent;
		if (at_top) {
			g_free(folder);
			return NULL;
		}
	}
	return folder;
}

static char *find_root(GError **error)
{
	const char *wish = g_getenv("KC_ROOT");
	g_autofree char *self = g_file_read_link("/proc/self/exe", NULL);
	g_autofree char *here = g_get_current_dir();
	char *root;

	if (wish && *wish) {
		if (is_project(wish))
			return g_canonicalize_filename(wish, NULL);
		g_set_error(error, STATUS_ERROR, STATUS_HOST_NOT_READY,
			    "KC_ROOT is '%s', which holds neither devices/ and kc/ nor build/lab; "
			    "set it to the KernelCraft folder, or unset it",
			    wish);
		return NULL;
	}
	root = self ? lab_search_upward(self) : NULL;
	if (!root)
		root = lab_search_upward(here);
	if (!root)
		g_set_error(error, STATUS_ERROR, STATUS_HOST_NOT_READY,
			    "no KernelCraft folder above '%s'; go there, or set KC_ROOT to it",
			    here);
	return root;
}

static const struct {
	const char *folder, *verb;
} variants[] = {
	[LAB_NORMAL] = {"", NULL},
	[LAB_DEBUG] = {"debug", "make linux-debug"},
	[LAB_COVERAGE] = {"coverage", "make coverage"},
};

static bool varies(const struct lab *lab, int part)
{
	return (lab->variant != LAB_NORMAL && parts[part].by_kernel) ||
	       (lab->variant == LAB_COVERAGE && parts[part].counts);
}

static char *part_file(const struct lab *lab, int part)
{
	const char *folder = varies(lab, part) ? variants[lab->variant].folder : "";

	return g_build_filename(lab->root, "build", "lab", folder, parts[part].file, NULL);
}

/* What is built holds paths of the clone that it was built in: a copy must not use the other's. */
static bool was_built_here(const char *root, GError **error)
{
	g_autofree char *file = g_build_filename(root, "build", ".clone", NULL);
	g_autofree char *made = NULL;
	struct stat here, there;

	if (!g_file_get_contents(file, &made, NULL, NULL))
		return true;
	g_strchomp(made);
	if (stat(root, &here) == 0 && stat(made, &there) == 0 && here.st_dev == there.st_dev &&
	    here.st_ino == there.st_ino)
		return true;
	g_set_error(error, STATUS_ERROR, STATUS_HOST_NOT_READY,
		    "the lab in '%s' was built in '%s' and names that place throughout; build it "
		    "here ('make clean', then 'make all'), or put it back there",
		    root, made);
	return false;
}

/* kc of one clone, called in another: whose devices are meant? */
static bool is_called_at_home(const char *root, GError **error)
{
	const char *wish = g_getenv("KC_ROOT");
	g_autofree char *here = g_get_current_dir();
	g_autofree char *around = wish && *wish ? NULL : lab_search_upward(here);
	struct stat one, other;

	if (!around || stat(root, &one) < 0 || stat(around, &other) < 0 ||
	    (one.st_dev == other.st_dev && one.st_ino == other.st_ino))
		return true;
	g_set_error(error, STATUS_ERROR, STATUS_HOST_NOT_READY,
		    "this kc is the one of '%s', the current folder is in '%s'; call "
		    "'%s/build/bin/kc' ('make kc' builds it), or set KC_ROOT to the one you mean",
		    root, around, around);
	return false;
}

struct lab *lab_find(GError **error)
{
	char *root = find_root(error);
	struct lab *lab;

	if (!root)
		return NULL;
	if (!was_built_here(root, error) || !is_called_at_home(root, error)) {
		g_free(root);
		return NULL;
	}
	lab = g_new0(struct lab, 1);
	lab->root = root;
	for (int i = 0; i < LAB_PARTS; i++)
		lab->parts[i] = part_file(lab, i);
	return lab;
}

void lab_use(struct lab *lab, enum lab_variant variant)
{
	lab->variant = variant;
	for (int i = 0; i < LAB_PARTS; i++) {
		g_free(lab->parts[i]);
		lab->parts[i] = part_file(lab, i);
	}
}

void lab_free(struct lab *lab)
{
	if (!lab)
		return;
	for (int i = 0; i < LAB_PARTS; i++)
		g_free(lab->parts[i]);
	g_free(lab->root);
	g_free(lab);
}

bool lab_has(const struct lab *lab, enum lab_part part)
{
	return g_file_test(lab->parts[part], G_FILE_TEST_EXISTS);
}

static const char *verb(const struct lab *lab, enum lab_part part)
{
	return varies(lab, part) ? variants[lab->variant].verb : parts[part].verb;
}

bool lab_require(const struct lab *lab, enum lab_part part, GError **error)
{
	if (lab_has(lab, part))
		return true;
	g_set_error(error, STATUS_ERROR, STATUS_HOST_NOT_READY,
		    "the lab's %s is missing: no '%s'; '%s' in %s makes it", parts[part].name,
		    lab->parts[part], verb(lab, part), lab->root);
	return false;
}

const char *lab_part_name(enum lab_part part)
{
	return parts[part].name;
}

const char *lab_part_verb(enum lab_part part)
{
	return parts[part].verb;
}

char *lab_qemu_version(const char *qemu)
{
	const char *argv[] = {qemu, "--version", NULL};
	char *said = NULL;

	if (!g_spawn_sync(NULL, (char **)argv, NULL, G_SPAWN_STDERR_TO_DEV_NULL, NULL, NULL, &said,
			  NULL, NULL, NULL))
		return NULL;
	/* "QEMU emulator version 10.0.13", then a copyright */
	said[strcspn(said, "\n")] = '\0';
	return said;
}

char *lab_part_version(const struct lab *lab, enum lab_part part)
{
	char *text = NULL;

	if (part == LAB_QEMU)
		return lab_qemu_version(lab->parts[part]);
	if (g_file_get_contents(lab->parts[part], &text, NULL, NULL))
		g_strstrip(text);
	return text;
}

char *lab_module(const struct lab *lab, const char *name)
{
	return g_strdup_printf("%s/%s.ko", lab->parts[LAB_MODULES], name);
}

char *lab_build_of(const char *program)
{
	struct stat st;

	if (stat(program, &st) < 0)
		return NULL;
	return g_strdup_printf("%ld.%09ld %ld %s", (long)st.st_mtim.tv_sec, st.st_mtim.tv_nsec,
			       (long)st.st_size, program);
}
