/* SPDX-License-Identifier: GPL-2.0-or-later */
#define _GNU_SOURCE /* memfd_create() */
#include "base/unpack.h"
#include "base/spawn.h"
#include "base/status.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#define MAGIC_BYTES 6

/* Those that Linux packs its images and modules with. */
static const struct {
	const char *tool, *package;
	const char *magic;
	size_t len;
} packers[] = {
	{"gzip", "gzip", "\x1f\x8b", 2},
	{"xz", "xz-utils",
	 "\xfd"
	 "7zXZ",
	 5},
	{"xz", "xz-utils", "\x5d\x00\x00", 3}, /* lzma */
	{"zstd", "zstd", "\x28\xb5\x2f\xfd", 4},
	{"bzip2", "bzip2", "BZh", 3},
	{"lz4", "lz4", "\x02\x21\x4c\x18", 4},
	{"lz4", "lz4", "\x04\x22\x4d\x18", 4},
	{"lzop", "lzop", "\x89LZO", 4},
};

static int find_packer(const void *head, size_t len)
{
	for (size_t i = 0; i < G_N_ELEMENTS(packers); i++)
		if (packers[i].len <= len && memcmp(head, packers[i].magic, packers[i].len) == 0)
			return i;
	return -1;
}

const char *unpack_tool(const void *head, size_t len)
{
	int packer = find_packer(head, len);

	return packer < 0 ? NULL : packers[packer].tool;
}

const char *unpack_tool_of(const char *path)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	char head[MAGIC_BYTES];
	ssize_t len = fd < 0 ? 0 : pread(fd, head, sizeof(head), 0);

	if (fd >= 0)
		close(fd);
	return unpack_tool(head, MAX(len, 0));
}

static GSubprocess *start_tool(int packer, const char *path, int in, int out, GError **error)
{
	g_autofree char *tool = g_find_program_in_path(packers[packer].tool);
	const char *argv[] = {packers[packer].tool, "-dc", NULL};

	if (tool)
		return spawn_filter(argv, in, out, error);
	g_set_error(error, STATUS_ERROR, STATUS_HOST_NOT_READY,
		    "'%s' is packed by %s, which is missing here: 'apt install %s' installs it",
		    path, packers[packer].tool, packers[packer].package);
	close(in);
	if (out >= 0)
		close(out);
	return NULL;
}

/* Takes @out, which is -1 for a pipe. */
static GSubprocess *start(const char *path, int out, GError **error)
{
	int in = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
	char head[MAGIC_BYTES];
	ssize_t len = in < 0 ? -1 : pread(in, head, sizeof(head), 0);
	int packer = len < 0 ? -1 : find_packer(head, len);

	if (packer >= 0)
		return start_tool(packer, path, in, out, error);
	g_set_error(error, STATUS_ERROR, STATUS_MISUSE, "cannot unpack '%s': %s", path,
		    len < 0 ? g_strerror(errno) : "it is not packed");
	if (in >= 0)
		close(in);
	if (out >= 0)
		close(out);
	return NULL;
}

gssize unpack_head(const char *path, void *to, size_t max, GError **error)
{
	g_autoptr(GSubprocess) child = start(path, -1, error);
	gsize len = 0;

	if (!child)
		return -1;
	g_input_stream_read_all(g_subprocess_get_stdout_pipe(child), to, max, &len, NULL, NULL);
	g_subprocess_force_exit(child);
	g_subprocess_wait(child, NULL, NULL);
	return len;
}

int unpack_file(const char *path, GError **error)
{
	int fd = memfd_create("kc-unpacked", MFD_CLOEXEC);
	int out = fcntl(fd, F_DUPFD_CLOEXEC, 0);
	g_autoptr(GSubprocess) child = NULL;
	g_autofree char *said = NULL;

	if (out < 0) {
		g_set_error(error, STATUS_ERROR, STATUS_HOST_NOT_READY,
			    "no memory file to unpack '%s' into: %s", path, g_strerror(errno));
		return -1;
	}
	child = start(path, out, error);
	if (child && g_subprocess_communicate_utf8(child, NULL, NULL, NULL, &said, NULL) &&
	    g_subprocess_get_successful(child))
		return fd;
	if (child)
		g_set_error(error, STATUS_ERROR, STATUS_MISUSE, "%s cannot unpack '%s': %s",
			    unpack_tool_of(path), path,
			    said && *g_strstrip(said) ? said : "it is damaged");
	close(fd);
	return -1;
}
