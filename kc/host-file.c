/* SPDX-License-Identifier: GPL-2.0-or-later */
#define _GNU_SOURCE /* O_TMPFILE */
#include "host-file.h"
#include "status.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <unistd.h>

struct host_file {
	char *path;
	int fd;
	bool nameless; /* has no name until it is committed */
};

static bool fail(const struct host_file *file, GError **error)
{
	g_set_error(error, STATUS_ERROR, STATUS_NOT_CARRIED, "cannot write '%s': %s", file->path,
		    g_strerror(errno));
	return false;
}

struct host_file *host_file_new(const char *path, GError **error)
{
	g_autofree char *folder = g_path_get_dirname(path);
	struct host_file *file = g_new0(struct host_file, 1);

	file->path = g_strdup(path);
	file->nameless = !g_file_test(path, G_FILE_TEST_EXISTS) ||
			 g_file_test(path, G_FILE_TEST_IS_REGULAR);
	file->fd = -1;
	if (file->nameless)
		file->fd = open(folder, O_TMPFILE | O_WRONLY | O_CLOEXEC, 0666);
	/* A device or a pipe; or a file system that has no nameless files. */
	if (file->fd < 0 && (!file->nameless || errno == EOPNOTSUPP || errno == EISDIR)) {
		file->nameless = false;
		file->fd = open(path, O_CREAT | O_TRUNC | O_WRONLY | O_CLOEXEC, 0666);
	}
	if (file->fd >= 0)
		return file;
	fail(file, error);
	host_file_free(file);
	return NULL;
}

bool host_file_write(struct host_file *file, const void *data, size_t len, GError **error)
{
	const char *at = data;

	while (len > 0) {
		ssize_t n = write(file->fd, at, len);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return fail(file, error);
		at += n;
		len -= n;
	}
	return true;
}

static bool link_as(int fd, const char *path)
{
	char source[64];

	snprintf(source, sizeof(source), "/proc/self/fd/%d", fd);
	return linkat(AT_FDCWD, source, AT_FDCWD, path, AT_SYMLINK_FOLLOW) == 0;
}

bool host_file_commit(struct host_file *file, GError **error)
{
	g_autofree char *passing = NULL;

	if (!file->nameless || link_as(file->fd, file->path))
		return true;
	if (errno != EEXIST)
		return fail(file, error);
	/* A link cannot replace a file, a rename can. */
	passing = g_strdup_printf("%s.kc-%d", file->path, getpid());
	if (!link_as(file->fd, passing))
		return fail(file, error);
	if (rename(passing, file->path) == 0)
		return true;
	fail(file, error);
	unlink(passing);
	return false;
}

void host_file_free(struct host_file *file)
{
	if (!file)
		return;
	if (file->fd >= 0)
		close(file->fd);
	g_free(file->path);
	g_free(file);
}
