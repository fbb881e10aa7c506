/* SPDX-License-Identifier: GPL-2.0-or-later */
#define _GNU_SOURCE /* memmem(), memfd_create() */
#include "kernel/kernel-image.h"
#include "base/pump.h"
#include "base/unpack.h"

#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

/* Linux Documentation/arch/x86/boot.rst */
#define SETUP_SECTS 0x1f1
#define MAGIC_AT 0x202
#define KERNEL_VERSION 0x20e
#define PAYLOAD_OFFSET 0x248
#define PAYLOAD_LENGTH 0x24c
#define HEADER_END 0x250
#define SECTOR 512

#define CONFIG_BEGIN "IKCFG_ST" /* of kernel/configs.c; a gzip file is behind it */
#define CONFIG_END "IKCFG_ED"
#define BANNER "Linux version "
#define RELEASE_MAX 64 /* __NEW_UTS_LEN */

static guint32 u32_at(const char *bytes, size_t at)
{
	guint32 value;

	memcpy(&value, bytes + at, sizeof(value));
	return GUINT32_FROM_LE(value);
}

static bool is_bzimage(const char *bytes, gsize len)
{
	return len >= HEADER_END && memcmp(bytes + MAGIC_AT, "HdrS", 4) == 0;
}

/* Up to the first blank, where that is near enough. */
static char *first_word(const char *bytes, gsize at, gsize len)
{
	gsize end = at;

	while (end < len && end - at <= RELEASE_MAX && g_ascii_isgraph(bytes[end]))
		end++;
	return end > at && end - at <= RELEASE_MAX ? g_strndup(bytes + at, end - at) : NULL;
}

/* A format string of the same words is not it. */
static char *find_banner(const char *bytes, gsize len)
{
	const char *end = bytes + len, *at = bytes;

	while ((at = memmem(at, end - at, BANNER, strlen(BANNER)))) {
		at += strlen(BANNER);
		if (at < end && g_ascii_isdigit(*at))
			return first_word(bytes, at - bytes, len);
	}
	return NULL;
}

char *kernel_image_release(const char *path)
{
	g_autoptr(GMappedFile) file = g_mapped_file_new(path, FALSE, NULL);
	const char *bytes = file ? g_mapped_file_get_contents(file) : NULL;
	gsize len = bytes ? g_mapped_file_get_length(file) : 0;

	if (!is_bzimage(bytes, len))
		return find_banner(bytes, len);
	return first_word(bytes, (u32_at(bytes, KERNEL_VERSION) & 0xffff) + SECTOR, len);
}

/* What @bytes unpack to, mapped; NULL: nothing. */
static GMappedFile *unpack(const char *bytes, gsize len)
{
	int packed = memfd_create("kc-packed", MFD_CLOEXEC);
	g_autofree char *path = g_strdup_printf("/proc/self/fd/%d", packed);
	int fd = packed >= 0 && pump_write_all(packed, bytes, len) ? unpack_file(path, NULL) : -1;
	GMappedFile *file = fd < 0 ? NULL : g_mapped_file_new_from_fd(fd, FALSE, NULL);

	if (packed >= 0)
		close(packed);
	if (fd >= 0)
		close(fd);
	return file;
}

/* The vmlinux in a bzImage. Behind all but gzip's the build appends four bytes, its size. */
static GMappedFile *unpack_payload(const char *bytes, gsize len)
{
	guint8 sectors = bytes[SETUP_SECTS];
	gsize at = ((gsize)sectors + 1) * SECTOR + u32_at(bytes, PAYLOAD_OFFSET);
	gsize size = u32_at(bytes, PAYLOAD_LENGTH);
	const char *tool;

	if (at >= len || size > len - at)
		return NULL;
	tool = unpack_tool(bytes + at, size);
	if (tool && !g_str_equal(tool, "gzip") && size > sizeof(guint32))
		size -= sizeof(guint32);
	return tool ? unpack(bytes + at, size) : NULL;
}

static char *find_config(const char *bytes, gsize len)
{
	const char *begin = memmem(bytes, len, CONFIG_BEGIN, strlen(CONFIG_BEGIN));
	const char *from = begin ? begin + strlen(CONFIG_BEGIN) : NULL;
	const char *end = from ? memmem(from, bytes + len - from, CONFIG_END, strlen(CONFIG_END))
			       : NULL;
	g_autoptr(GMappedFile) text = end ? unpack(from, end - from) : NULL;

	return text ? g_strndup(g_mapped_file_get_contents(text), g_mapped_file_get_length(text))
		    : NULL;
}

char *kernel_image_config(const char *path)
{
	g_autoptr(GMappedFile) file = g_mapped_file_new(path, FALSE, NULL);
	g_autoptr(GMappedFile) inside = NULL;
	const char *bytes = file ? g_mapped_file_get_contents(file) : NULL;

	if (!bytes)
		return NULL;
	if (!is_bzimage(bytes, g_mapped_file_get_length(file)))
		return find_config(bytes, g_mapped_file_get_length(file));
	inside = unpack_payload(bytes, g_mapped_file_get_length(file));
	bytes = inside ? g_mapped_file_get_contents(inside) : NULL;
	return bytes ? find_config(bytes, g_mapped_file_get_length(inside)) : NULL;
}
