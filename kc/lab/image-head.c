/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "lab/image-head.h"
#include "base/status.h"
#include "base/unpack.h"

#include <elf.h>
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define MAGIC(at, text) at, text, sizeof(text) - 1

/* The first that fits counts. */
static const struct {
	size_t at;
	const char *magic;
	size_t len;
	const char *name;
	enum image_use use;
} kinds[] = {
	/* Linux x86 boot protocol: a kernel that is an EFI program, too, begins with "MZ". */
	{MAGIC(0x202, "HdrS"), "a Linux kernel (bzImage)", IMAGE_KERNEL},
	{MAGIC(0, "070701"), "an initramfs (cpio)", IMAGE_INITRD},
	{MAGIC(0, "070702"), "an initramfs (cpio)", IMAGE_INITRD},
	{MAGIC(0, "QFI\xfb"), "a qcow2 disk image", IMAGE_QCOW2},
	{MAGIC(0, "KDMV"), "a VMDK disk image", IMAGE_NOTHING},
	{MAGIC(0, "cone"
		  "ctix"),
	 "a VHD disk image", IMAGE_NOTHING},
	{MAGIC(0, "vhdxfile"), "a VHDX disk image", IMAGE_NOTHING},
	{MAGIC(0x40, "\x7f\x10\xda\xbe"), "a VDI disk image", IMAGE_NOTHING},
	{MAGIC(0, "\x27\x05\x19\x56"), "a uImage, which is for U-Boot", IMAGE_NOTHING},
	{MAGIC(0, "\xd0\x0d\xfe\xed"), "a device tree or a FIT image", IMAGE_NOTHING},
	{MAGIC(0x38, "ARM\x64"), "a Linux kernel for arm64 (Image)", IMAGE_NOTHING},
	{MAGIC(0x38, "RSC\x05"), "a Linux kernel for RISC-V (Image)", IMAGE_NOTHING},
	{MAGIC(0x24, "\x18\x28\x6f\x01"), "a Linux kernel for 32-bit ARM (zImage)", IMAGE_NOTHING},
	{MAGIC(0x04, "zimg"), "a Linux kernel in an EFI program (zboot)", IMAGE_NOTHING},
	{MAGIC(0, "MZ"), "an EFI or Windows program", IMAGE_NOTHING},
	{MAGIC(0, "PK\3\4"), "a zip archive", IMAGE_NOTHING},
	{MAGIC(0, "!<arch>\n"), "a package (deb) or a static library", IMAGE_NOTHING},
	{MAGIC(0, "#!"), "a script", IMAGE_NOTHING},
	{MAGIC(0x101, "ustar"), "a tar archive", IMAGE_NOTHING},
	{MAGIC(0x438, "\x53\xef"), "an ext file system", IMAGE_DISK},
	{MAGIC(0, "hsqs"), "a squashfs file system", IMAGE_DISK},
	{MAGIC(0, "XFSB"), "an XFS file system", IMAGE_DISK},
	{MAGIC(0x1fe, "\x55\xaa"), "a disk image", IMAGE_DISK},
};

bool image_head_read(const char *path, struct image_head *head, GError **error)
{
	struct stat st = {0};
	int fd, saved;

	memset(head, 0, sizeof(*head));
	errno = 0;
	fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
	if (fd >= 0 && fstat(fd, &st) == 0 && (S_ISREG(st.st_mode) || S_ISBLK(st.st_mode)))
		head->len = pread(fd, head->bytes, sizeof(head->bytes), 0);
	else
		head->len = -1;
	saved = errno;
	head->size = S_ISBLK(st.st_mode) ? lseek(fd, 0, SEEK_END) : st.st_size;
	if (fd >= 0)
		close(fd);
	if (head->len >= 0)
		return true;
	g_set_error(error, STATUS_ERROR, STATUS_MISUSE, "cannot read '%s': %s", path,
		    saved ? g_strerror(saved) : "it is not a file");
	return false;
}

ssize_t image_head_unpack(const char *path, struct image_head *head)
{
	memset(head, 0, sizeof(*head));
	head->size = -1;
	head->len = unpack_head(path, head->bytes, sizeof(head->bytes), NULL);
	return head->len;
}

bool image_head_has(const struct image_head *head, size_t at, const void *magic, size_t len)
{
	return at + len <= (size_t)MAX(head->len, 0) && memcmp(head->bytes + at, magic, len) == 0;
}

guint32 image_head_u32(const struct image_head *head, size_t at)
{
	guint32 value;

	memcpy(&value, head->bytes + at, sizeof(value));
	return GUINT32_FROM_LE(value);
}

static const char *elf_machine(unsigned machine)
{
	switch (machine) {
	case EM_X86_64:
		return "x86-64";
	case EM_386:
		return "32-bit x86";
	case EM_AARCH64:
		return "arm64";
	case EM_ARM:
		return "32-bit ARM";
	case EM_RISCV:
		return "RISC-V";
	default:
		return "another processor";
	}
}

static const char *elf_type(unsigned type)
{
	switch (type) {
	case ET_REL:
		return "an ELF object file or module";
	case ET_EXEC:
		return "an ELF program or kernel";
	case ET_DYN:
		return "an ELF program or library";
	default:
		return "an ELF file";
	}
}

static char *describe_elf(const struct image_head *head, enum image_use *use)
{
	Elf64_Ehdr elf;

	/* Up to the version both classes are laid out alike. */
	memcpy(&elf, head->bytes, sizeof(elf));
	if (head->len >= (ssize_t)sizeof(elf) && elf.e_ident[EI_CLASS] == ELFCLASS64 &&
	    elf.e_machine == EM_X86_64 && elf.e_type == ET_EXEC)
		*use = IMAGE_KERNEL;
	return g_strdup_printf("%s for %s", elf_type(elf.e_type), elf_machine(elf.e_machine));
}

char *image_head_describe(const struct image_head *head, enum image_use *use)
{
	*use = IMAGE_NOTHING;
	if (head->len == 0)
		return g_strdup("an empty file");
	if (image_head_has(head, 0, ELFMAG, SELFMAG))
		return describe_elf(head, use);
	for (size_t i = 0; i < G_N_ELEMENTS(kinds); i++) {
		if (!image_head_has(head, kinds[i].at, kinds[i].magic, kinds[i].len))
			continue;
		*use = kinds[i].use;
		return g_strdup(kinds[i].name);
	}
	return NULL;
}

char *image_describe(const char *path, const struct image_head *head, enum image_use *use)
{
	const char *tool = unpack_tool(head->bytes, MAX(head->len, 0));
	struct image_head inside;
	g_autofree char *what = NULL;

	if (!tool)
		return image_head_describe(head, use);
	*use = IMAGE_INITRD;
	/* Without the tool it is for the kernel to say. */
	if (image_head_unpack(path, &inside) < 0)
		return g_strdup_printf("a file packed by %s", tool);
	what = inside.len ? image_head_describe(&inside, use) : g_strdup("nothing, or damaged");
	if (!inside.len || *use != IMAGE_INITRD)
		*use = IMAGE_NOTHING;
	return g_strdup_printf("%s, packed by %s", what ? what : "of no kind that kc knows", tool);
}
