/* SPDX-License-Identifier: GPL-2.0-or-later */
#define _GNU_SOURCE /* O_TMPFILE, SEEK_DATA */
#include "snapshot/file.h"
#include "snapshot/about.h"
#include "base/pump.h"
#include "base/status.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>
#include <xxhash.h>

#define MAGIC "KCSAVED2"
#define BLOCK 4096
#define ABOUT_MAX (16 * 1024 * 1024)

/* At the end of the state's file; read where it was written, so in its own byte order. */
struct footer {
	char magic[8];
	guint64 len[SNAPSHOT_PARTS]; /* behind the state the description begins */
	guint64 hash[SNAPSHOT_PARTS];
	guint64 about_len; /* which ends where this begins */
	guint64 about_hash;
	guint64 footer_hash; /* of all above */
};

static char *file_name(const char *folder, const char *key, enum snapshot_part part)
{
	static const char *const suffixes[SNAPSHOT_PARTS] = {"state", "ram", "disk"};

	return g_strdup_printf("%s/%s.%s", folder, key, suffixes[part]);
}

static bool fail(const char *what, GError **error)
{
	g_set_error(error, STATUS_ERROR, STATUS_NOT_CARRIED, "%s: %s", what, g_strerror(errno));
	return false;
}

static bool is_zero(const char *block, size_t len)
{
	return block[0] == 0 && memcmp(block, block + 1, len - 1) == 0;
}

/* Blocks of zeroes count like holes: a file system may turn one into the other. */
static void hash_extent(XXH3_state_t *hash, const char *data, size_t len, guint64 at)
{
	for (size_t i = 0; i < len; i += BLOCK) {
		size_t n = MIN(BLOCK, len - i);
		guint64 place = at + i;

		if (is_zero(data + i, n))
			continue;
		XXH3_64bits_update(hash, &place, sizeof(place));
		XXH3_64bits_update(hash, data + i, n);
	}
}

static bool hash_data(XXH3_state_t *hash, int fd, guint64 from, guint64 to)
{
	g_autofree char *buffer = g_malloc(64 * BLOCK);

	while (from < to) {
		ssize_t n = pread(fd, buffer, MIN(64 * BLOCK, to - from), from);

		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0)
			return false;
		/* A short read in the middle of a block would cut it in two. */
		if (from + n < to && n % BLOCK)
			n -= n % BLOCK;
		if (n == 0)
			return false;
		hash_extent(hash, buffer, n, from);
		from += n;
	}
	return true;
}

int snapshot_file_reopen(const struct snapshot_file *file, enum snapshot_part part, int mode)
{
	g_autofree char *path = g_strdup_printf("/proc/self/fd/%d", file->fd[part]);

	return open(path, mode | O_CLOEXEC);
}

static bool hash_extents(XXH3_state_t *hash, int fd, guint64 len)
{
	guint64 at = 0;
	bool whole = true;

	while (whole && at < len) {
		off_t data = lseek(fd, at, SEEK_DATA);
		off_t hole;

		if (data < 0 || (guint64)data >= len)
			break;
		hole = lseek(fd, data, SEEK_HOLE);
		at = hole < 0 ? len : MIN((guint64)hole, len);
		whole = hash_data(hash, fd, data - data % BLOCK, at);
	}
	return whole;
}

/* QEMU reads on from where the file's own descriptor is: that one is left alone. */
static bool hash_part(const struct snapshot_file *file, enum snapshot_part part, guint64 *result)
{
	int fd = snapshot_file_reopen(file, part, O_RDONLY);
	XXH3_state_t *hash = XXH3_createState();
	bool whole;

	XXH3_64bits_reset(hash);
	whole = fd >= 0 && hash_extents(hash, fd, file->len[part]);
	*result = XXH3_64bits_digest(hash);
	XXH3_freeState(hash);
	if (fd >= 0)
		close(fd);
	return whole;
}

static int open_nameless(const char *folder)
{
	/* Read-write, as QEMU opens a disk; whoever only writes opens it anew. */
	return open(folder, O_TMPFILE | O_RDWR | O_CLOEXEC, 0644);
}

struct snapshot_file *snapshot_file_new(const char *folder, guint64 ram, bool with_disk,
					GError **error)
{
	struct snapshot_file *file = g_new0(struct snapshot_file, 1);
	int parts = with_disk ? SNAPSHOT_PARTS : SNAPSHOT_DISK;
	int failed = 0;

	for (int i = 0; i < parts && !failed; i++) {
		file->fd[i] = open_nameless(folder);
		failed = file->fd[i] < 0 ? errno : 0;
	}
	if (!failed)
		failed = posix_fallocate(file->fd[SNAPSHOT_RAM], 0, ram);
	if (!failed)
		return file;
	errno = failed;
	fail(folder, error);
	snapshot_file_free(file);
	return NULL;
}

/* What was set aside and not used, and blocks of zeroes. Failing costs room, no more. */
static void punch(int fd, off_t from, off_t to)
{
	if (from < to)
		(void)!fallocate(fd, FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE, from, to - from);
}

static void dig_holes(int fd, off_t len)
{
	const char *data = mmap(NULL, len, PROT_READ, MAP_SHARED, fd, 0);
	off_t used = 0; /* up to here it is needed */

	for (off_t at = 0; data != MAP_FAILED && at < len;) {
		off_t next = lseek(fd, at, SEEK_DATA);

		at = next < 0 ? len : next;
		if (at < len && is_zero(data + at, MIN(BLOCK, len - at))) {
			at += BLOCK;
			continue;
		}
		punch(fd, used, at);
		at += BLOCK;
		used = at;
	}
	if (data != MAP_FAILED)
		munmap((void *)data, len);
}

static bool write_footer(struct snapshot_file *file, GError **error)
{
	g_autoptr(GBytes) about = snapshot_about_write(&file->about);
	size_t len = g_bytes_get_size(about);
	int fd = file->fd[SNAPSHOT_STATE];
	struct footer footer = {
		.about_len = len,
		.about_hash = XXH3_64bits(g_bytes_get_data(about, NULL), len),
	};

	memcpy(footer.len, file->len, sizeof(footer.len));
	memcpy(footer.hash, file->hash, sizeof(footer.hash));
	memcpy(footer.magic, MAGIC, sizeof(footer.magic));
	footer.footer_hash = XXH3_64bits(&footer, offsetof(struct footer, footer_hash));
	if (lseek(fd, file->len[SNAPSHOT_STATE], SEEK_SET) < 0 ||
	    !pump_write_all(fd, g_bytes_get_data(about, NULL), len) ||
	    !pump_write_all(fd, &footer, sizeof(footer)))
		return fail("the saved machine", error);
	return true;
}

/* The lock of the key is ours: nobody else puts anything there meanwhile. */
static bool put_in_place(const struct snapshot_file *file, enum snapshot_part part,
			 const char *folder, const char *key, GError **error)
{
	g_autofree char *name = file_name(folder, key, part);
	char source[64];

	if (!file->len[part])
		return true;
	snprintf(source, sizeof(source), "/proc/self/fd/%d", file->fd[part]);
	unlink(name);
	return linkat(AT_FDCWD, source, AT_FDCWD, name, AT_SYMLINK_FOLLOW) == 0 ||
	       fail(name, error);
}

static bool measure(struct snapshot_file *file, enum snapshot_part part)
{
	struct stat st;

	if (!file->fd[part])
		return true;
	if (fstat(file->fd[part], &st) < 0)
		return false;
	file->len[part] = st.st_size;
	if (part == SNAPSHOT_RAM)
		dig_holes(file->fd[part], st.st_size);
	return hash_part(file, part, &file->hash[part]);
}

bool snapshot_file_commit(struct snapshot_file *file, const char *folder, const char *key,
			  struct snapshot_about *about, GError **error)
{
	file->about = *about;
	*about = (struct snapshot_about){0};
	for (int part = 0; part < SNAPSHOT_PARTS; part++)
		if (!measure(file, part))
			return fail("the saved machine", error);
	/* The state is what counts: without it the others are nobody's. */
	return write_footer(file, error) && put_in_place(file, SNAPSHOT_RAM, folder, key, error) &&
	       put_in_place(file, SNAPSHOT_DISK, folder, key, error) &&
	       put_in_place(file, SNAPSHOT_STATE, folder, key, error);
}

static bool read_footer(int fd, gint64 size, struct footer *footer)
{
	gint64 at = size - (gint64)sizeof(*footer);

	return at >= 0 && pread(fd, footer, sizeof(*footer), at) == sizeof(*footer) &&
	       memcmp(footer->magic, MAGIC, sizeof(footer->magic)) == 0 &&
	       footer->footer_hash == XXH3_64bits(footer, offsetof(struct footer, footer_hash)) &&
	       footer->about_len <= ABOUT_MAX && footer->about_len <= (guint64)at &&
	       footer->len[SNAPSHOT_STATE] == at - footer->about_len;
}

static bool read_about(int fd, const struct footer *footer, struct snapshot_about *about)
{
	g_autofree char *text = g_malloc(footer->about_len + 1);

	if (pread(fd, text, footer->about_len, footer->len[SNAPSHOT_STATE]) !=
		    (ssize_t)footer->about_len ||
	    XXH3_64bits(text, footer->about_len) != footer->about_hash)
		return false;
	return snapshot_about_read(about, text, footer->about_len);
}

static bool open_part(struct snapshot_file *file, enum snapshot_part part, const char *folder,
		      const char *key)
{
	g_autofree char *name = file_name(folder, key, part);
	struct stat st;

	if (!file->len[part])
		return true;
	file->fd[part] = open(name, O_RDONLY | O_CLOEXEC);
	if (file->fd[part] < 0 || fstat(file->fd[part], &st) < 0)
		return false;
	file->about.size += st.st_blocks * 512;
	return (guint64)st.st_size == file->len[part];
}

static bool fill(struct snapshot_file *file, const char *folder, const char *key)
{
	int fd = file->fd[SNAPSHOT_STATE];
	struct footer footer;
	struct stat st;

	if (fstat(fd, &st) < 0 || !read_footer(fd, st.st_size, &footer) ||
	    !read_about(fd, &footer, &file->about))
		return false;
	file->about.size = st.st_blocks * 512;
	file->about.used = st.st_mtime;
	memcpy(file->len, footer.len, sizeof(file->len));
	memcpy(file->hash, footer.hash, sizeof(file->hash));
	return open_part(file, SNAPSHOT_RAM, folder, key) &&
	       open_part(file, SNAPSHOT_DISK, folder, key);
}

struct snapshot_file *snapshot_file_open(const char *folder, const char *key, GError **error)
{
	g_autofree char *name = file_name(folder, key, SNAPSHOT_STATE);
	int fd = open(name, O_RDONLY | O_CLOEXEC);
	struct snapshot_file *file;

	if (fd < 0) {
		if (errno != ENOENT)
			fail(name, error);
		return NULL;
	}
	file = g_new0(struct snapshot_file, 1);
	file->fd[SNAPSHOT_STATE] = fd;
	if (fill(file, folder, key))
		return file;
	g_set_error(error, STATUS_ERROR, STATUS_NOT_CARRIED, "'%s' is damaged", name);
	snapshot_file_free(file);
	return NULL;
}

bool snapshot_file_check(const struct snapshot_file *file)
{
	for (int part = 0; part < SNAPSHOT_PARTS; part++) {
		guint64 hash;

		if (file->len[part] && (!hash_part(file, part, &hash) || hash != file->hash[part]))
			return false;
	}
	return true;
}

void snapshot_file_touch(const struct snapshot_file *file)
{
	futimens(file->fd[SNAPSHOT_STATE], NULL);
}

void snapshot_file_free(struct snapshot_file *file)
{
	if (!file)
		return;
	for (int part = 0; part < SNAPSHOT_PARTS; part++)
		if (file->fd[part] > 0)
			close(file->fd[part]);
	snapshot_about_clear(&file->about);
	g_free(file);
}

void snapshot_file_remove(const char *folder, const char *key)
{
	for (int part = 0; part < SNAPSHOT_PARTS; part++) {
		g_autofree char *name = file_name(folder, key, part);

		unlink(name);
	}
}
