/* SPDX-License-Identifier: GPL-2.0-or-later */
#define _GNU_SOURCE /* O_TMPFILE */
#include "base/host-file.h"
#include "base/pump.h"
#include "base/status.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

struct host_file {
	char *path;
	int fd;
	bool whole_only; /* gets its name only when it is committed */
	char *passing; /* until then, where there are no nameless files; or NULL */
};

static bool fail(const struct host_file *file, GError **error)
{
	g_set_error(error, STATUS_ERROR, STATUS_NOT_CARRIED, "cannot write '%s': %s", file->path,
		    g_strerror(errno));
	return false;
}

static char *passing_name(const struct host_file *file)
{
	return g_strdup_printf("%s.kc-%d-%08x", file->path, getpid(), g_random_int());
}

struct host_file *host_file_new(const char *path, GError **error)
{
	struct host_file *file = g_new0(struct host_file, 1);
	g_autofree char *folder = NULL;

	/* A link stays, what it leads to is replaced. */
	file->path = realpath(path, NULL);
	if (!file->path)
		file->path = strdup(path);
	folder = g_path_get_dirname(file->path);
	/* Else a device or a pipe. */
	file->whole_only = !g_file_test(path, G_FILE_TEST_EXISTS) ||
			   g_file_test(path, G_FILE_TEST_IS_REGULAR);
	if (!file->whole_only)
		file->fd = open(path, O_TRUNC | O_WRONLY | O_CLOEXEC);
	else
		file->fd = open(folder, O_TMPFILE | O_WRONLY | O_CLOEXEC, 0666);
	/* Some file systems have no nameless files. */
	if (file->fd < 0 && file->whole_only && (errno == EOPNOTSUPP || errno == EISDIR)) {
		file->passing = passing_name(file);
		file->fd = open(file->passing, O_CREAT | O_EXCL | O_WRONLY | O_CLOEXEC, 0666);
	}
	if (file->fd >= 0)
		return file;
	fail(file, error);
	host_file_free(file);
	return NULL;
}

bool host_file_write(struct host_file *file, const void *data, size_t len, GError **error)
{
	return pump_write_all(file->fd, data, len) || fail(file, error);
}

static bool link_as(int fd, const char *path)
{
	char source[64];

	snprintf(source, sizeof(source), "/proc/self/fd/%d", fd);
	return linkat(AT_FDCWD, source, AT_FDCWD, path, AT_SYMLINK_FOLLOW) == 0;
}

bool host_file_commit(struct host_file *file, GError **error)
{
	if (!file->whole_only)
		return true;
	/* A link cannot replace a file, a rename can. */
	if (!file->passing) {
		if (link_as(file->fd, file->path))
			return true;
		if (errno != EEXIST)
			return fail(file, error);
		file->passing = passing_name(file);
		if (!link_as(file->fd, file->passing))
			return fail(file, error);
	}
	if (rename(file->passing, file->path) < 0)
		return fail(file, error);
	g_clear_pointer(&file->passing, g_free);
	return true;
}

void host_file_free(struct host_file *file)
{
	if (!file)
		return;
	if (file->passing)
		unlink(file->passing);
	if (file->fd >= 0)
		close(file->fd);
	g_free(file->passing);
	free(file->path);
	g_free(file);
}
