// SPDX-License-Identifier: GPL-2.0-or-later
/* What the tracer says to kc, and how it reads what the kernel says. */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <unistd.h>
#include "tracer.h"

void fail(const char *what)
{
	fprintf(stderr, "tracer: %s: %s\n", what, strerror(errno));
	exit(1);
}

static void put(const void *data, size_t len)
{
	if (fwrite(data, 1, len, stdout) != len)
		fail("standard output");
}

void put_block(enum kc_dump_kind kind, int cpu, const void *data, size_t len)
{
	struct kc_dump head = {KC_DUMP_MAGIC, kind, cpu, len};

	put(&head, sizeof(head));
	put(data, len);
}

void fact(const char *format, ...)
{
	char line[1024];
	va_list values;

	va_start(values, format);
	vsnprintf(line, sizeof(line), format, values);
	va_end(values);
	put_block(KC_DUMP_FACT, 0, line, strlen(line));
}

/* The whole of a small file; returns its length, or -1. */
ssize_t slurp(const char *path, char *data, size_t room)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	size_t len = 0;
	ssize_t n = 0;

	if (fd < 0)
		return -1;
	while (len < room - 1 && (n = read(fd, data + len, room - 1 - len)) > 0)
		len += n;
	close(fd);
	data[len] = '\0';
	return n < 0 ? -1 : (ssize_t)len;
}

/* A file's first line, without its end; "" where there is none. */
void first_line(const char *path, char *line, size_t room)
{
	if (slurp(path, line, room) < 0)
		line[0] = '\0';
	line[strcspn(line, "\n")] = '\0';
}

/* Kernels without tracefs of its own have it in debugfs; both mount it on demand. */
void mount_tracefs(void)
{
	if (access(TRACEFS "/trace_clock", F_OK) == 0)
		return;
	if (mount("tracefs", TRACEFS, "tracefs", 0, NULL))
		fail("cannot mount tracefs, without which this kernel cannot be traced");
}

void for_each_entry(const char *folder, void (*tell)(const char *))
{
	DIR *dir = opendir(folder);
	struct dirent *entry;

	while (dir && (entry = readdir(dir)))
		if (entry->d_name[0] != '.')
			tell(entry->d_name);
	if (dir)
		closedir(dir);
}

/*
 * The kernel keeps a folder for each CPU that it may ever run on, online or
 * not. A count would not do: libc's is that of the CPUs that this process may
 * use, and numbers may have holes.
 */
int for_each_cpu(const char *folder, void (*take)(const char *folder, int cpu))
{
	char path[512];
	struct dirent *entry;
	int cpu, n = 0;
	DIR *dir;

	snprintf(path, sizeof(path), "%s/per_cpu", folder);
	dir = opendir(path);
	if (!dir)
		fail(path);
	while ((entry = readdir(dir))) {
		if (sscanf(entry->d_name, "cpu%d", &cpu) != 1)
			continue;
		if (take)
			take(folder, cpu);
		n++;
	}
	closedir(dir);
	return n;
}

/* Lines of a table of the kernel's, such as /proc/interrupts, that name a virtio device. */
void tell_lines(const char *path, const char *what, const char *pattern)
{
	FILE *file = fopen(path, "re");
	char line[4096];

	while (file && fgets(line, sizeof(line), file)) {
		line[strcspn(line, "\n")] = '\0';
		if (strstr(line, pattern))
			fact("%s %s", what, line);
	}
	if (file)
		fclose(file);
}
