// SPDX-License-Identifier: GPL-2.0-or-later
#include "root.h"
#include "words.h"

#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <unistd.h>

#define FOLDER "/kc-root"
#define TYPE_MAX 32
#define POLL_MICROSECONDS 10000
#define POLLS_MAX 500 /* a disk shows up a moment behind its driver */

static bool has_word(const char *wanted)
{
	const char *word;
	char *at = NULL;

	while ((word = words_next(&at)))
		if (!strcmp(word, wanted))
			return true;
	return false;
}

/* The later of "ro" and "rw" counts. */
static unsigned long mount_flags(void)
{
	unsigned long flags = MS_RDONLY;
	const char *word;
	char *at = NULL;

	while ((word = words_next(&at))) {
		if (!strcmp(word, "ro"))
			flags = MS_RDONLY;
		else if (!strcmp(word, "rw"))
			flags = 0;
	}
	return flags | MS_SILENT;
}

static bool wait_for(const char *device)
{
	const char *delay = words_value("rootdelay");
	bool for_ever = has_word("rootwait");
	struct stat st;

	if (delay)
		sleep(atoi(delay));
	for (int polls = 0; for_ever || polls < POLLS_MAX; polls++) {
		if (!stat(device, &st) && S_ISBLK(st.st_mode))
			return true;
		usleep(POLL_MICROSECONDS);
	}
	fprintf(stderr, "kc-init: no block device root=%s: a name below /dev is needed\n", device);
	return false;
}

static bool mount_as(const char *device, const char *type, size_t len, unsigned long flags)
{
	char name[TYPE_MAX];

	snprintf(name, sizeof(name), "%.*s", (int)len, type);
	return !mount(device, FOLDER, name, flags, words_value("rootflags"));
}

/* Each in turn of rootfstype=, "ext4,ext2" */
static bool mount_named(const char *device, const char *types, unsigned long flags)
{
	while (*types) {
		size_t len = strcspn(types, ",");

		if (mount_as(device, types, len, flags))
			return true;
		types += len + (types[len] == ',');
	}
	return false;
}

/* Each that the kernel knows and that is for a disk: "\text4", but not "nodev\tproc" */
static bool mount_known(const char *device, unsigned long flags)
{
	FILE *list = mount("proc", "/proc", "proc", 0, NULL) ? NULL
							     : fopen("/proc/filesystems", "re");
	char line[TYPE_MAX * 2];
	bool done = false;

	while (list && !done && fgets(line, sizeof(line), list))
		done = *line == '\t' && mount_as(device, line + 1, strcspn(line + 1, "\n"), flags);
	if (list)
		fclose(list);
	umount("/proc");
	return done;
}

/* A disk that cannot be written to has its root all the same, as the kernel's own does. */
static bool mount_root(const char *device, unsigned long flags)
{
	const char *types = words_value("rootfstype");
	bool done = types ? mount_named(device, types, flags) : mount_known(device, flags);

	if (!done && !(flags & MS_RDONLY))
		return mount_root(device, flags | MS_RDONLY);
	if (!done)
		fprintf(stderr,
			"kc-init: no file system of this kernel's can be mounted on root=%s\n",
			device);
	return done;
}

static bool enter(void)
{
	return !chdir(FOLDER) && !mount(".", "/", NULL, MS_MOVE, NULL) && !chroot(".") &&
	       !chdir("/");
}

bool root_change(const char *own)
{
	const char *device = words_value("root");

	if (!device) {
		fprintf(stderr, "kc-init: this initramfs has no init, and there is no root=\n");
		return false;
	}
	mkdir("/dev", 0755);
	mkdir(FOLDER, 0700);
	mount("devtmpfs", "/dev", "devtmpfs", 0, NULL);
	if (!wait_for(device) || !mount_root(device, mount_flags()))
		return false;
	/* A root without the folder gets none, as of the kernel. */
	if (mount("/dev", FOLDER "/dev", NULL, MS_MOVE, NULL))
		umount("/dev");
	unlink(own);
	if (enter())
		return true;
	fprintf(stderr, "kc-init: cannot enter root=%s: %s\n", device, strerror(errno));
	return false;
}

void root_run_init(char **argv)
{
	static char *const known[] = {"/sbin/init", "/etc/init", "/bin/init", "/bin/sh"};
	const char *wanted = words_value("init");

	if (wanted) {
		argv[0] = (char *)wanted;
		execv(wanted, argv);
		fprintf(stderr, "kc-init: cannot run init=%s: %s\n", wanted, strerror(errno));
		return;
	}
	for (size_t i = 0; i < sizeof(known) / sizeof(known[0]); i++) {
		argv[0] = known[i];
		execv(known[i], argv);
	}
	fprintf(stderr, "kc-init: no init in the root file system: init= names another\n");
}
