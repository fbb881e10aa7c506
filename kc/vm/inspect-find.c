/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The client's end: which VMs there are, by the kernel's list of sockets. */
#include "vm/inspect.h"
#include "base/status.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#define LISTENING 0x10000 /* in the column Flags: __SO_ACCEPTCON */

static void inspected_free(void *data)
{
	struct inspected *inspected = data;

	g_free(inspected->command);
	g_free(inspected->address);
	g_free(inspected);
}

static char *command_of(pid_t pid)
{
	g_autofree char *path = g_strdup_printf("/proc/%d/cmdline", pid);
	g_autofree char *text = NULL;
	gsize len;

	if (!g_file_get_contents(path, &text, &len, NULL) || len == 0)
		return g_strdup("?");
	for (gsize i = 0; i + 1 < len; i++)
		if ((guchar)text[i] < ' ')
			text[i] = ' ';
	return g_utf8_make_valid(text, -1);
}

/* Since boot, as what /proc/PID/stat says of a process' start. */
static double age_of(pid_t pid)
{
	g_autofree char *path = g_strdup_printf("/proc/%d/stat", pid);
	g_autofree char *text = NULL;
	g_autofree char *uptime = NULL;
	unsigned long long start;
	const char *rest;

	if (!g_file_get_contents(path, &text, NULL, NULL) ||
	    !g_file_get_contents("/proc/uptime", &uptime, NULL, NULL))
		return 0;
	rest = strrchr(text, ')'); /* the name in front may hold anything */
	if (!rest || sscanf(rest,
			    ") %*c %*d %*d %*d %*d %*d %*u %*u %*u %*u %*u %*u %*u %*d %*d "
			    "%*d %*d %*d %*d %llu",
			    &start) != 1)
		return 0;
	return MAX(g_ascii_strtod(uptime, NULL) - (double)start / sysconf(_SC_CLK_TCK), 0);
}

static bool is_of_this_user(pid_t pid)
{
	g_autofree char *path = g_strdup_printf("/proc/%d", pid);
	struct stat at;

	return stat(path, &at) == 0 && at.st_uid == geteuid();
}

/* "0000000000000000: 00000002 00000000 00010000 0001 01 12345 @NAME" */
static struct inspected *parse_line(const char *line)
{
	struct inspected *inspected;
	unsigned flags, number;
	int name = 0, pid;

	if (sscanf(line, "%*x: %*x %*x %x %*x %*x %*u %n", &flags, &name) != 1 || !name ||
	    !(flags & LISTENING) || !g_str_has_prefix(line + name, "@" INSPECT_PREFIX) ||
	    sscanf(line + name, "@" INSPECT_PREFIX "%d/%u/", &pid, &number) != 2 ||
	    !is_of_this_user(pid))
		return NULL;
	inspected = g_new(struct inspected, 1);
	*inspected = (struct inspected){pid, number, command_of(pid), age_of(pid),
					g_strdup(line + name + 1)};
	return inspected;
}

static gint by_age(gconstpointer a, gconstpointer b)
{
	const struct inspected *x = *(struct inspected *const *)a;
	const struct inspected *y = *(struct inspected *const *)b;

	if (x->pid != y->pid)
		return x->pid - y->pid;
	return x->number < y->number ? -1 : x->number > y->number;
}

GPtrArray *inspect_list(void)
{
	GPtrArray *list = g_ptr_array_new_with_free_func(inspected_free);
	g_autofree char *text = NULL;
	g_auto(GStrv) lines = NULL;

	if (!g_file_get_contents("/proc/net/unix", &text, NULL, NULL))
		return list;
	lines = g_strsplit(text, "\n", -1);
	for (char **line = lines; *line; line++) {
		struct inspected *inspected = parse_line(*line);

		if (inspected)
			g_ptr_array_add(list, inspected);
	}
	g_ptr_array_sort(list, by_age);
	return list;
}

static bool connect_to(int fd, const char *name)
{
	struct sockaddr_un address = {.sun_family = AF_UNIX};
	size_t len = strlen(name);

	if (len >= sizeof(address.sun_path)) {
		errno = ENAMETOOLONG;
		return false;
	}
	memcpy(address.sun_path + 1, name, len);
	return connect(fd, (struct sockaddr *)&address,
		       offsetof(struct sockaddr_un, sun_path) + 1 + len) == 0;
}

int inspect_connect(const struct inspected *inspected, GError **error)
{
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	pid_t pid;

	if (fd < 0 || !connect_to(fd, inspected->address)) {
		g_set_error(error, STATUS_ERROR, STATUS_QEMU_DIED,
			    "kc %d does not let us look into its VM: %s", inspected->pid,
			    g_strerror(errno));
	} else if (!inspect_is_ours(fd, &pid) || pid != inspected->pid) {
		g_set_error(error, STATUS_ERROR, STATUS_QEMU_DIED,
			    "who answers for kc %d is somebody else", inspected->pid);
	} else {
		return fd;
	}
	if (fd >= 0)
		close(fd);
	return -1;
}
