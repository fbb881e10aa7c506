/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * QEMU reads what lies behind the end of a qcow2 file as zeros, without a word:
 * a copy that was cut short has to be found here. (QEMU docs/interop/qcow2.rst)
 */
#include "lab/image-head.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define VERSION_AT 4
#define CLUSTER_BITS_AT 20
#define L1_SIZE_AT 36
#define L1_TABLE_AT 40
#define REFCOUNTS_AT 48
#define INCOMPATIBLE_AT 72
#define HEADER_2_BYTES 72
#define HEADER_3_BYTES 104

#define EXTERNAL_DATA (1 << 2)
#define EXTENDED_L2 (1 << 4)
#define OFFSET_MASK 0x00fffffffffffe00ULL
#define COMPRESSED (1ULL << 62)
#define L1_MAX (1 << 22) /* QEMU's own limit, in entries */

struct qcow2 {
	int fd;
	guint64 size, beyond; /* the file's; the furthest that it refers to */
	unsigned cluster_bits;
	guint64 incompatible;
};

static guint64 be64(const guint8 *bytes)
{
	guint64 value;

	memcpy(&value, bytes, sizeof(value));
	return GUINT64_FROM_BE(value);
}

/* What begins behind the end is not there; only the last may end earlier than its cluster. */
static void refers_to(struct qcow2 *image, guint64 offset)
{
	if (offset >= image->size)
		image->beyond = MAX(image->beyond, offset + 1);
}

static void check_l2(struct qcow2 *image, guint64 table)
{
	size_t len = (size_t)1 << image->cluster_bits;
	size_t step = image->incompatible & EXTENDED_L2 ? 16 : 8;
	g_autofree guint8 *entries = g_malloc(len);
	ssize_t got = pread(image->fd, entries, len, table);

	if (got < (ssize_t)len) {
		image->beyond = MAX(image->beyond, table + len);
		return;
	}
	for (size_t at = 0; at < len; at += step) {
		guint64 entry = be64(entries + at);
		guint64 mask = entry & COMPRESSED ? (1ULL << (62 - (image->cluster_bits - 8))) - 1
						  : OFFSET_MASK;

		if (entry & mask && !(image->incompatible & EXTERNAL_DATA))
			refers_to(image, entry & mask);
	}
}

static void check_l1(struct qcow2 *image, guint64 table, unsigned count)
{
	for (unsigned i = 0; i < count && !image->beyond; i++) {
		guint64 at = table + (guint64)i * sizeof(guint64);
		guint8 entry[sizeof(guint64)];

		if (pread(image->fd, entry, sizeof(entry), at) != sizeof(entry))
			image->beyond = at + sizeof(entry);
		else if (be64(entry) & OFFSET_MASK)
			check_l2(image, be64(entry) & OFFSET_MASK);
	}
}

static char *check(struct qcow2 *image)
{
	guint8 header[HEADER_3_BYTES] = {0};
	ssize_t len = pread(image->fd, header, sizeof(header), 0);
	unsigned version = be64(header + VERSION_AT) >> 32;
	unsigned l1_size = be64(header + L1_SIZE_AT) >> 32;

	image->cluster_bits = be64(header + CLUSTER_BITS_AT) >> 32;
	if (len < (version < 3 ? HEADER_2_BYTES : HEADER_3_BYTES))
		return g_strdup("it is cut short in its header");
	if (version < 2 || version > 3 || image->cluster_bits < 9 || image->cluster_bits > 21 ||
	    l1_size > L1_MAX)
		return g_strdup("its header is damaged");
	if (version == 3)
		image->incompatible = be64(header + INCOMPATIBLE_AT);
	refers_to(image, be64(header + REFCOUNTS_AT));
	check_l1(image, be64(header + L1_TABLE_AT), l1_size);
	return image->beyond ? g_strdup_printf("it is cut short: it has %" G_GUINT64_FORMAT
					       " bytes and refers to what lies behind them",
					       image->size)
			     : NULL;
}

char *image_qcow2_fault(const char *path)
{
	struct qcow2 image = {.fd = open(path, O_RDONLY | O_CLOEXEC)};
	struct stat st = {0};
	char *fault;

	if (image.fd < 0)
		return g_strdup(g_strerror(errno));
	fstat(image.fd, &st);
	image.size = S_ISBLK(st.st_mode) ? (guint64)lseek(image.fd, 0, SEEK_END)
					 : (guint64)st.st_size;
	fault = check(&image);
	close(image.fd);
	return fault;
}
