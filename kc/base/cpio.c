/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "base/cpio.h"

#include <string.h>
#include <sys/stat.h>

#define ALIGNMENT 4

void cpio_align(GByteArray *archive)
{
	static const guint8 zeros[ALIGNMENT];

	g_byte_array_append(archive, zeros, -archive->len % ALIGNMENT);
}

static void add(GByteArray *archive, const char *name, unsigned mode, const void *data, gsize len)
{
	/* magic, inode, mode, user, group, links, time, size, 4 of devices, name's size, sum */
	g_autofree char *header = g_strdup_printf("070701%08x%08x%08x%08x%08x%08x%08x%08x%08x%08x"
						  "%08x%08x%08x",
						  0, mode, 0, 0, 1, 0, (unsigned)len, 0, 0, 0, 0,
						  (unsigned)strlen(name) + 1, 0);

	g_byte_array_append(archive, (const guint8 *)header, strlen(header));
	g_byte_array_append(archive, (const guint8 *)name, strlen(name) + 1);
	cpio_align(archive);
	g_byte_array_append(archive, data, len);
	cpio_align(archive);
}

void cpio_add_folder(GByteArray *archive, const char *name)
{
	add(archive, name, S_IFDIR | 0755, NULL, 0);
}

void cpio_add_file(GByteArray *archive, const char *name, unsigned mode, const void *data,
		   gsize len)
{
	add(archive, name, S_IFREG | mode, data, len);
}

void cpio_end(GByteArray *archive)
{
	add(archive, "TRAILER!!!", 0, NULL, 0);
}
