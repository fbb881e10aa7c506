/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "lab/image-head.h"

#include <elf.h>
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

/* Linux Documentation/arch/x86/boot.rst */
#define SETUP_SECTS 0x1f1
#define SYSSIZE 0x1f4
#define VERSION 0x206
#define XLOADFLAGS 0x236
#define XLF_KERNEL_64 1
#define VERSION_XLOADFLAGS 0x20c
#define SECTOR 512
#define PARAGRAPH 16

/* Of Xen's start-of-day protocol: where PVH enters. QEMU looks for no other way in. */
#define NOTE_OWNER "Xen"
#define NOTE_PHYS32_ENTRY 18

#define SEGMENTS_MAX 64
#define NOTES_MAX (1 << 16)

static char *cut_short(gint64 size, guint64 whole)
{
	if (whole > G_MAXINT64)
		return g_strdup("its ELF header is damaged");
	return g_strdup_printf("it is cut short: %" G_GINT64_FORMAT " of %" G_GUINT64_FORMAT
			       " bytes are there",
			       size, whole);
}

static char *bzimage_fault(const struct image_head *head)
{
	unsigned version = image_head_u32(head, VERSION) & 0xffff;
	/* 0 is for kernels older than the field. */
	unsigned sectors = head->bytes[SETUP_SECTS] ? head->bytes[SETUP_SECTS] : 4;
	guint64 whole = (guint64)(sectors + 1) * SECTOR +
			(guint64)image_head_u32(head, SYSSIZE) * PARAGRAPH;

	if (head->size >= 0 && (guint64)head->size < whole)
		return cut_short(head->size, whole);
	if (version >= VERSION_XLOADFLAGS && !(image_head_u32(head, XLOADFLAGS) & XLF_KERNEL_64))
		return g_strdup("it is built for 32-bit x86");
	return NULL;
}

static bool holds_entry(const guint8 *notes, size_t len)
{
	Elf64_Nhdr note;
	size_t at = 0;

	while (at + sizeof(note) <= len) {
		const guint8 *name = notes + at + sizeof(note);

		memcpy(&note, notes + at, sizeof(note));
		if (note.n_type == NOTE_PHYS32_ENTRY && note.n_namesz == sizeof(NOTE_OWNER) &&
		    name + sizeof(NOTE_OWNER) <= notes + len &&
		    memcmp(name, NOTE_OWNER, sizeof(NOTE_OWNER)) == 0)
			return true;
		at += sizeof(note) + (((guint64)note.n_namesz + 3) & ~3ULL) +
		      (((guint64)note.n_descsz + 3) & ~3ULL);
	}
	return false;
}

static bool segment_has_entry(int fd, const Elf64_Phdr *segment)
{
	size_t len = MIN(segment->p_filesz, NOTES_MAX);
	g_autofree guint8 *notes = g_malloc0(len + 1);

	return segment->p_type == PT_NOTE &&
	       pread(fd, notes, len, segment->p_offset) == (ssize_t)len && holds_entry(notes, len);
}

/* Where a part of the file ends; nowhere if that cannot be. */
static guint64 end_of(guint64 offset, guint64 len)
{
	return offset > G_MAXINT64 || len > G_MAXINT64 ? G_MAXUINT64 : offset + len;
}

static char *segments_fault(int fd, const Elf64_Phdr *segments, unsigned count, gint64 size)
{
	bool entry = false, kernel = false;

	for (unsigned i = 0; i < count; i++) {
		const Elf64_Phdr *segment = &segments[i];

		guint64 end = end_of(segment->p_offset, segment->p_filesz);

		if (end > (guint64)size)
			return cut_short(size, end);
		/* The kernel lives in the upper half of the address space, programs do not. */
		kernel |= segment->p_type == PT_LOAD && segment->p_vaddr >> 63;
		entry |= segment_has_entry(fd, segment);
	}
	if (!kernel)
		return g_strdup("it is a program, not a kernel");
	if (!entry)
		return g_strdup("it is a vmlinux without PVH's note, by which QEMU enters one: "
				"that needs CONFIG_PVH=y, or give its bzImage "
				"(arch/x86/boot/bzImage)");
	return NULL;
}

static char *vmlinux_fault(int fd, const struct image_head *head)
{
	Elf64_Phdr segments[SEGMENTS_MAX];
	Elf64_Ehdr elf;
	size_t len;

	memcpy(&elf, head->bytes, sizeof(elf));
	len = elf.e_phnum * sizeof(*segments);
	if (elf.e_phnum == 0 || elf.e_phnum > SEGMENTS_MAX || elf.e_phentsize != sizeof(*segments))
		return g_strdup("its ELF header has no segments that can be loaded");
	if (pread(fd, segments, len, elf.e_phoff) != (ssize_t)len)
		return cut_short(head->size, end_of(elf.e_phoff, len));
	return segments_fault(fd, segments, elf.e_phnum, head->size);
}

char *image_kernel_fault(const char *path, const struct image_head *head)
{
	char *fault;
	int fd;

	if (!image_head_has(head, 0, ELFMAG, SELFMAG))
		return bzimage_fault(head);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return g_strdup(g_strerror(errno));
	fault = vmlinux_fault(fd, head);
	close(fd);
	return fault;
}
