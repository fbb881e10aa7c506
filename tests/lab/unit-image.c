/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What a file is, by what is in it: taken for what it is, or refused by that name. */
#include "base/status.h"
#include "lab/image.h"
#include "../unit.h"

#include <elf.h>
#include <string.h>
#include <unistd.h>

static char *folder;

static int make_folder(void **state)
{
	int failed = unit_folder(state);

	folder = *state;
	return failed;
}

static char *path_of(const char *name)
{
	return g_build_filename(folder, name, NULL);
}

/* @size bytes of zero with @head at @at. */
static char *write_image(const char *name, size_t size, size_t at, const void *head, size_t len)
{
	g_autofree char *bytes = g_malloc0(size + 1);
	char *path = path_of(name);

	memcpy(bytes + at, head, len);
	assert_true(g_file_set_contents(path, bytes, size, NULL));
	return path;
}

static char *pack(char *path, const char *tool)
{
	char *packed = g_strconcat(path, ".", tool, NULL);
	g_autofree char *line = g_strdup_printf("%s -c '%s' >'%s'", tool, path, packed);
	const char *argv[] = {"sh", "-c", line, NULL};
	int status;

	assert_true(g_spawn_sync(NULL, (char **)argv, NULL,
				 G_SPAWN_SEARCH_PATH | G_SPAWN_STDERR_TO_DEV_NULL, NULL, NULL, NULL,
				 NULL, &status, NULL));
	assert_int_equal(status, 0);
	g_free(path);
	return packed;
}

static void take_kernel(char *path)
{
	GError *error = NULL;

	if (!image_is_kernel(path, &error))
		fail_msg("%s", error->message);
	g_free(path);
}

static void refuse_kernel(char *path, const char *words)
{
	GError *error = NULL;

	assert_false(image_is_kernel(path, &error));
	assert_refused(error, STATUS_MISUSE, words);
	g_free(path);
}

static void take_root(char *path, enum image_root wanted)
{
	GError *error = NULL;
	enum image_root kind;

	if (!image_root_kind(path, &kind, &error))
		fail_msg("%s", error->message);
	assert_int_equal(kind, wanted);
	g_free(path);
}

static void refuse_root(char *path, const char *words)
{
	enum image_root kind;
	GError *error = NULL;

	assert_false(image_root_kind(path, &kind, &error));
	assert_refused(error, STATUS_MISUSE, words);
	g_free(path);
}

/* Setup of two sectors, then @paragraphs: 3072 bytes with 96. */
static char *write_bzimage(const char *name, guint32 paragraphs, guint16 version, guint8 flags,
			   size_t size)
{
	guint8 head[0x400] = {0};

	head[0x1f1] = 2;
	memcpy(head + 0x1f4, &paragraphs, sizeof(paragraphs));
	head[0x1fe] = 0x55;
	head[0x1ff] = 0xaa;
	memcpy(head + 0x202, "HdrS", 4);
	memcpy(head + 0x206, &version, sizeof(version));
	head[0x236] = flags;
	return write_image(name, size, 0, head, MIN(sizeof(head), size));
}

static void a_bzimage_is_whole_or_refused(void **state)
{
	(void)state;
	take_kernel(write_bzimage("whole", 96, 0x20f, 1, 3072));
	take_kernel(write_bzimage("signed", 96, 0x20f, 1, 5000));
	take_kernel(write_bzimage("older", 96, 0x20a, 0, 3072));
	refuse_kernel(write_bzimage("cut", 96, 0x20f, 1, 3071), "3071 of 3072 bytes");
	refuse_kernel(write_bzimage("setup", 96, 0x20f, 1, 0x300), "cut short");
	refuse_kernel(write_bzimage("32", 96, 0x20f, 0, 3072), "built for 32-bit x86");
}

struct vmlinux {
	Elf64_Ehdr elf;
	Elf64_Phdr load, notes;
	Elf64_Nhdr note;
	char owner[4];
	guint32 entry;
	char text[64];
};

static struct vmlinux vmlinux_of(void)
{
	struct vmlinux v = {
		.elf = {.e_ident = {0x7f, 'E', 'L', 'F', ELFCLASS64, ELFDATA2LSB, EV_CURRENT},
			.e_type = ET_EXEC,
			.e_machine = EM_X86_64,
			.e_phoff = offsetof(struct vmlinux, load),
			.e_phentsize = sizeof(Elf64_Phdr),
			.e_phnum = 2},
		.load = {.p_type = PT_LOAD,
			 .p_vaddr = 0xffffffff81000000,
			 .p_offset = offsetof(struct vmlinux, text),
			 .p_filesz = 64},
		.notes = {.p_type = PT_NOTE,
			  .p_offset = offsetof(struct vmlinux, note),
			  .p_filesz = sizeof(Elf64_Nhdr) + 8},
		.note = {4, 4, 18},
		.owner = "Xen",
	};

	return v;
}

static char *write_vmlinux(const char *name, const struct vmlinux *v, size_t size)
{
	return write_image(name, size, 0, v, MIN(size, sizeof(*v)));
}

static void a_vmlinux_has_a_way_in_for_qemu(void **state)
{
	struct vmlinux v = vmlinux_of();

	(void)state;
	take_kernel(write_vmlinux("vmlinux", &v, sizeof(v)));
	refuse_kernel(write_vmlinux("cut", &v, offsetof(struct vmlinux, text) + 63), "cut short");
	refuse_kernel(write_vmlinux("cut-more", &v, 100), "cut short");
	v.note.n_type = 17;
	refuse_kernel(write_vmlinux("no-pvh", &v, sizeof(v)), "CONFIG_PVH=y, or give its bzImage");
	v = vmlinux_of();
	memcpy(v.owner, "GNU", 4);
	refuse_kernel(write_vmlinux("gnu", &v, sizeof(v)), "CONFIG_PVH=y");
	v = vmlinux_of();
	v.note.n_namesz = G_MAXUINT32;
	refuse_kernel(write_vmlinux("hostile", &v, sizeof(v)), "CONFIG_PVH=y");
	v = vmlinux_of();
	v.load.p_vaddr = 0x400000;
	refuse_kernel(write_vmlinux("program", &v, sizeof(v)), "it is a program, not a kernel");
	v = vmlinux_of();
	v.elf.e_machine = EM_AARCH64;
	refuse_kernel(write_vmlinux("arm64", &v, sizeof(v)), "for arm64");
	v.elf.e_machine = EM_386;
	v.elf.e_ident[EI_CLASS] = ELFCLASS32;
	refuse_kernel(write_vmlinux("32", &v, sizeof(v)), "for 32-bit x86");
	v = vmlinux_of();
	v.elf.e_type = ET_REL;
	refuse_kernel(write_vmlinux("object", &v, sizeof(v)), "object file or module");
	v.elf.e_type = ET_DYN;
	refuse_kernel(write_vmlinux("library", &v, sizeof(v)), "program or library for x86-64");
	v = vmlinux_of();
	v.elf.e_phnum = 0xffff;
	refuse_kernel(write_vmlinux("many", &v, sizeof(v)), "no segments that can be loaded");
	v = vmlinux_of();
	v.elf.e_phoff = G_MAXUINT64 - 8;
	refuse_kernel(write_vmlinux("far", &v, sizeof(v)), "damaged");
	v = vmlinux_of();
	v.load.p_offset = G_MAXUINT64 - 8;
	refuse_kernel(write_vmlinux("wrapped", &v, sizeof(v)), "damaged");
}

static void what_is_no_kernel_is_named(void **state)
{
	(void)state;
	refuse_kernel(path_of("absent"), "No such file");
	refuse_kernel(g_strdup(folder), "not a file");
	refuse_kernel(g_strdup("/dev/null"), "not a file");
	refuse_kernel(write_image("empty", 0, 0, "", 0), "it is an empty file");
	refuse_kernel(write_image("script", 10, 0, "#!/bin/sh", 9), "a script");
	refuse_kernel(write_image("cpio", 2000, 0, "070701", 6), "an initramfs");
	refuse_kernel(write_image("short", 0x204, 0x202, "Hd", 2), "match no format that kc knows");
	refuse_kernel(write_image("uImage", 4096, 0, "\x27\x05\x19\x56", 4), "a uImage");
	refuse_kernel(write_image("Image", 4096, 0x38, "ARM\x64", 4), "for arm64 (Image)");
	refuse_kernel(write_image("zboot", 4096, 0, "MZ\0\0zimg", 8), "zboot");
	refuse_kernel(write_image("x.efi", 4096, 0, "MZ", 2), "an EFI or Windows program");
	refuse_kernel(write_image("x.ext4", 4096, 0x438, "\x53\xef", 2), "an ext file system");
	refuse_kernel(write_image("x.qcow2", 4096, 0, "QFI\xfb", 4), "a qcow2 disk image");
	refuse_kernel(write_image("x.deb", 4096, 0, "!<arch>\n", 8), "a package");
}

static void what_is_packed_is_looked_into(void **state)
{
	struct vmlinux v = vmlinux_of();

	(void)state;
	refuse_kernel(pack(write_bzimage("bz", 96, 0x20f, 1, 3072), "gzip"),
		      "a Linux kernel (bzImage), packed by gzip; unpack it first");
	refuse_kernel(pack(write_vmlinux("vm", &v, sizeof(v)), "xz"), "packed by xz; unpack it");
	refuse_kernel(pack(write_image("cpio", 2000, 0, "070701", 6), "gzip"),
		      "an initramfs (cpio), packed by gzip; give");
	refuse_root(pack(write_bzimage("bz", 96, 0x20f, 1, 3072), "xz"),
		    "a Linux kernel (bzImage), packed by xz");
	refuse_root(pack(write_image("ext4", 4096, 0x438, "\x53\xef", 2), "gzip"),
		    "an ext file system, packed by gzip");
	refuse_root(write_image("cut.gz", 600, 0, "\x1f\x8b", 2), "damaged, packed by gzip");
	take_root(pack(write_image("root", 2000, 0, "070701", 6), "gzip"), ROOT_INITRD);
	take_root(pack(write_image("root", 2000, 0, "070701", 6), "xz"), ROOT_INITRD);
}

static void roots_are_told_apart(void **state)
{
	g_autofree char *known = path_of("a.cpio");
	GError *error = NULL;

	(void)state;
	take_root(write_image("a.cpio", 600, 0, "070701", 6), ROOT_INITRD);
	take_root(write_image("a.ext4", 4096, 0x438, "\x53\xef", 2), ROOT_RAW);
	take_root(write_image("unknown", 4096, 100, "my own", 6), ROOT_RAW);
	take_root(write_image("disk", 4096, 0x1fe, "\x55\xaa", 2), ROOT_RAW);
	assert_true(image_is_initrd(known, &error));
}

static void what_is_no_root_is_refused(void **state)
{
	(void)state;
	refuse_root(path_of("absent"), "No such file");
	refuse_root(write_image("empty", 0, 0, "", 0), "an empty file");
	refuse_root(write_image("odd", 4097, 0x438, "\x53\xef", 2), "whole 512-byte sectors");
	refuse_root(write_image("elf", 4096, 0, ELFMAG, SELFMAG), "an ELF");
	refuse_root(write_bzimage("kernel", 96, 0x20f, 1, 4096), "a Linux kernel (bzImage)");
	refuse_root(write_image("x.vmdk", 4096, 0, "KDMV", 4), "a VMDK");
	refuse_root(write_image("x.vdi", 4096, 0x40, "\x7f\x10\xda\xbe", 4), "a VDI");
	refuse_root(write_image("x.tar", 4096, 0x101, "ustar", 5), "a tar archive");
}

static void an_initrd_is_an_initramfs(void **state)
{
	g_autofree char *disk = write_image("a.ext4", 4096, 0x438, "\x53\xef", 2);
	g_autofree char *kernel = write_bzimage("kernel", 96, 0x20f, 1, 4096);
	GError *error = NULL;

	(void)state;
	assert_false(image_is_initrd(disk, &error));
	assert_refused(error, STATUS_MISUSE, "is not an initramfs: it is an ext file system");
	assert_false(image_is_initrd(kernel, &error));
	assert_refused(error, STATUS_MISUSE, "a Linux kernel (bzImage)");
}

/* Version 3, clusters of 512 bytes: header, refcounts, L1, L2, then data. */
static char *write_qcow2(const char *name, guint64 data, size_t size)
{
	guint8 image[5 * 512] = {'Q', 'F', 'I', 0xfb};
	const struct {
		size_t at, len;
		guint64 value;
	} fields[] = {
		{4, 4, 3},
		{20, 4, 9},
		{24, 8, 65536},
		{36, 4, 2},
		{40, 8, 1024},
		{48, 8, 512},
		{56, 4, 1},
		{96, 4, 4},
		{100, 4, 104},
		{1024, 8, 1ULL << 63 | 1536},
		{1536 + 8, 8, 1ULL << 63 | data},
	};

	for (size_t i = 0; i < G_N_ELEMENTS(fields); i++) {
		guint64 value = GUINT64_TO_BE(fields[i].value);

		memcpy(image + fields[i].at, (guint8 *)&value + 8 - fields[i].len, fields[i].len);
	}
	return write_image(name, size, 0, image, MIN(size, sizeof(image)));
}

static void a_qcow2_is_whole_or_refused(void **state)
{
	(void)state;
	take_root(write_qcow2("whole", 2048, 2560), ROOT_QCOW2);
	take_root(write_qcow2("last-part", 2048, 2100), ROOT_QCOW2);
	take_root(write_qcow2("compressed", 1ULL << 62 | 2100, 2560), ROOT_QCOW2);
	refuse_root(write_qcow2("cut", 2048, 2048), "cut short: it has 2048 bytes");
	refuse_root(write_qcow2("cut-packed", 1ULL << 62 | 2100, 2100), "cut short");
	refuse_root(write_qcow2("l2", 2048, 1800), "cut short");
	refuse_root(write_qcow2("l1", 2048, 1026), "cut short");
	refuse_root(write_qcow2("refcounts", 2048, 300), "cut short");
	refuse_root(write_qcow2("header", 2048, 90), "in its header");
	refuse_root(write_image("damaged", 4096, 0, "QFI\xfb", 4), "its header is damaged");
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, make_folder, unit_folder_drop)

static const struct CMUnitTest tests[] = {
	TEST(a_bzimage_is_whole_or_refused), TEST(a_vmlinux_has_a_way_in_for_qemu),
	TEST(what_is_no_kernel_is_named),    TEST(what_is_packed_is_looked_into),
	TEST(roots_are_told_apart),	     TEST(what_is_no_root_is_refused),
	TEST(an_initrd_is_an_initramfs),     TEST(a_qcow2_is_whole_or_refused),
};

UNIT_MAIN(tests)
