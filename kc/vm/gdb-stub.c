/* SPDX-License-Identifier: GPL-2.0-or-later */
#define _GNU_SOURCE /* O_PATH */
#include "vm/gdb-stub.h"
#include "base/quote.h"
#include "base/status.h"

#include <errno.h>
#include <fcntl.h>
#include <glib/gstdio.h>
#include <unistd.h>

struct gdb_stub {
	int fd; /* of the socket's inode */
	char *path;
};

static bool listen_at(struct qmp *qmp, const char *socket, GError **error)
{
	g_autofree char *quoted = quote_qemu(socket);
	g_autofree char *line = g_strdup_printf("gdbserver unix:%s,server=on,wait=off", quoted);
	g_autofree char *answer = qmp_monitor(qmp, line, error);

	return answer;
}

/*
 * The socket's name is gone again before anybody is told of it: an inode that
 * one has open can also be reached, and connected to, through /proc.
 */
static int open_socket(struct qmp *qmp, const char *folder, GError **error)
{
	g_autofree char *socket = g_build_filename(folder, "gdb", NULL);
	int fd;

	if (!listen_at(qmp, socket, error))
		return -1;
	fd = open(socket, O_PATH | O_CLOEXEC);
	if (fd < 0)
		g_set_error(error, STATUS_ERROR, STATUS_QEMU_DIED,
			    "QEMU opened no socket for gdb in '%s': %s", folder, g_strerror(errno));
	unlink(socket);
	return fd;
}

struct gdb_stub *gdb_stub_open(struct qmp *qmp, GError **error)
{
	g_autoptr(GError) cause = NULL;
	g_autofree char *folder = g_dir_make_tmp("kc-gdb-XXXXXX", &cause);
	struct gdb_stub *stub;
	int fd;

	if (!folder) {
		g_set_error_literal(error, STATUS_ERROR, STATUS_HOST_NOT_READY, cause->message);
		return NULL;
	}
	fd = open_socket(qmp, folder, error);
	g_rmdir(folder);
	if (fd < 0)
		return NULL;
	stub = g_new0(struct gdb_stub, 1);
	stub->fd = fd;
	stub->path = g_strdup_printf("/proc/%d/fd/%d", getpid(), fd);
	return stub;
}

void gdb_stub_close(struct gdb_stub *stub)
{
	if (!stub)
		return;
	close(stub->fd);
	g_free(stub->path);
	g_free(stub);
}

const char *gdb_stub_path(const struct gdb_stub *stub)
{
	return stub->path;
}
