// SPDX-License-Identifier: GPL-2.0-or-later
/* The kernel's ring buffer, handed over page by page. */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <unistd.h>
#include "tracer.h"

static void dump_file(enum kc_dump_kind kind, int cpu, const char *path)
{
	static char data[KC_DUMP_MAX];
	ssize_t n = slurp(path, data, sizeof(data));

	if (n < 0)
		fail(path);
	put_block(kind, cpu, data, n);
}

static void dump_formats(const char *group)
{
	char path[512];
	struct dirent *entry;
	DIR *dir;

	snprintf(path, sizeof(path), TRACEFS "/events/%s", group);
	dir = opendir(path);
	if (!dir)
		fail(path);
	while ((entry = readdir(dir))) {
		snprintf(path, sizeof(path), TRACEFS "/events/%s/%s/format", group, entry->d_name);
		if (entry->d_name[0] != '.' && access(path, R_OK) == 0)
			dump_file(KC_DUMP_FORMAT, 0, path);
	}
	closedir(dir);
}

/*
 * Nothing is written any more: what is there is all. Only a CPU that never was
 * up has no buffer; that of one that is down stays as it was.
 */
static void dump_pages(const char *folder, int cpu)
{
	static char page[KC_DUMP_MAX];
	char path[512];
	ssize_t n;
	int fd;

	snprintf(path, sizeof(path), "%s/per_cpu/cpu%d/trace_pipe_raw", folder, cpu);
	fd = open(path, O_RDONLY | O_NONBLOCK | O_CLOEXEC);
	if (fd < 0)
		fail(path);
	while ((n = read(fd, page, sizeof(page))) > 0)
		put_block(KC_DUMP_PAGE, cpu, page, n);
	if (n < 0 && errno != EAGAIN && errno != ENODEV)
		fail(path);
	close(fd);
}

static void dump_cpu(const char *folder, int cpu)
{
	char path[512];

	snprintf(path, sizeof(path), "%s/per_cpu/cpu%d/stats", folder, cpu);
	dump_file(KC_DUMP_STATS, cpu, path);
	dump_pages(folder, cpu);
}

void dump(const char *group, const char *instance)
{
	char folder[256];

	dump_file(KC_DUMP_PAGE_HEADER, 0, TRACEFS "/events/header_page");
	dump_formats(group);
	tell_lines(TRACEFS "/kprobe_profile", "profile", group);
	snprintf(folder, sizeof(folder), TRACEFS "/instances/%s", instance);
	for_each_cpu(folder, dump_cpu);
}
