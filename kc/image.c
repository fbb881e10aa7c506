/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "image.h"
#include "status.h"

#include <elf.h>
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define HEAD_BYTES 2048
#define SECTOR_BYTES 512

/* Linux x86 boot protocol: the header's magic and, for a bzImage, "loaded high". */
#define BZIMAGE_MAGIC_AT 0x202
#define EXT_MAGIC_AT 0x438

struct head {
	guint8 bytes[HEAD_BYTES];
	ssize_t len;
	gint64 size;
};

static bool has(const struct head *head, size_t at, const char *magic, size_t len)
{
	return at + len <= (size_t)head->len && memcmp(head->bytes + at, magic, len) == 0;
}

static bool read_head(const char *path, struct head *head, GError **error)
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
	head->size = st.st_size;
	if (fd >= 0)
		close(fd);
	if (head->len >= 0)
		return true;
	g_set_error(error, STATUS_ERROR, STATUS_MISUSE, "cannot read '%s': %s", path,
		    saved ? g_strerror(saved) : "it is not a file");
	return false;
}

/* Names what people give by mistake. */
static const char *describe(const struct head *head)
{
	if (head->len == 0)
		return "it is empty";
	if (has(head, 0, ELFMAG, SELFMAG))
		return "it is an ELF file, but not an x86-64 vmlinux";
	if (has(head, 0, "070701", 6) || has(head, 0, "\x1f\x8b", 2))
		return "it looks like an initramfs";
	if (has(head, EXT_MAGIC_AT, "\x53\xef", 2))
		return "it is an ext file system";
	if (has(head, 0, "#!", 2))
		return "it is a script";
	return "it has neither a bzImage's nor a vmlinux's header";
}

static bool is_vmlinux(const struct head *head)
{
	Elf64_Ehdr elf;

	if (head->len < (ssize_t)sizeof(elf))
		return false;
	memcpy(&elf, head->bytes, sizeof(elf));
	return memcmp(elf.e_ident, ELFMAG, SELFMAG) == 0 && elf.e_ident[EI_CLASS] == ELFCLASS64 &&
	       elf.e_type == ET_EXEC && elf.e_machine == EM_X86_64;
}

bool image_is_kernel(const char *path, GError **error)
{
	struct head head;

	if (!read_head(path, &head, error))
		return false;
	if (has(&head, BZIMAGE_MAGIC_AT, "HdrS", 4) || is_vmlinux(&head))
		return true;
	g_set_error(error, STATUS_ERROR, STATUS_MISUSE,
		    "'%s' is not a Linux kernel: %s; give a bzImage or a vmlinux for x86-64", path,
		    describe(&head));
	return false;
}

/* The kernel unpacks any of these, alone or one behind the other. */
static bool is_initrd(const struct head *head)
{
	static const struct {
		const char *magic;
		size_t len;
	} magics[] = {
		{"070701", 6},
		{"070702", 6},
		{"\x1f\x8b", 2},
		{"\xfd"
		 "7zXZ",
		 5},
		{"\x28\xb5\x2f\xfd", 4},
		{"BZh", 3},
		{"\x02\x21\x4c\x18", 4},
		{"\x5d\x00\x00", 3},
		{"\x89LZO", 4},
	};

	for (size_t i = 0; i < G_N_ELEMENTS(magics); i++)
		if (has(head, 0, magics[i].magic, magics[i].len))
			return true;
	return false;
}

bool image_root_kind(const char *path, enum image_root *kind, GError **error)
{
	struct head head;

	if (!read_head(path, &head, error))
		return false;
	if (is_initrd(&head)) {
		*kind = ROOT_INITRD;
	} else if (has(&head, 0, "QFI\xfb", 4)) {
		*kind = ROOT_QCOW2;
	} else if (head.len < HEAD_BYTES || head.size % SECTOR_BYTES != 0 ||
		   has(&head, 0, ELFMAG, SELFMAG)) {
		g_set_error(error, STATUS_ERROR, STATUS_MISUSE,
			    "'%s' is no root file system: neither a cpio archive (plain or "
			    "compressed) nor an image of whole %d-byte sectors",
			    path, SECTOR_BYTES);
		return false;
	} else {
		*kind = ROOT_RAW;
	}
	return true;
}
