// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Loaded before QEMU's libraries: makes of /dev/zero a disk of 64 KiB that can
 * erase securely, which few hosts have, and says in $ERASED what was erased.
 */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <linux/fs.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#define SIZE 65536

int ioctl(int fd, unsigned long request, ...)
{
	static int (*next)(int, unsigned long, ...);
	const uint64_t *range;
	va_list args;
	void *arg;
	FILE *log;

	va_start(args, request);
	arg = va_arg(args, void *);
	va_end(args);
	if (!next)
		next = (int (*)(int, unsigned long, ...))dlsym(RTLD_NEXT, "ioctl");
	if (request != BLKSECDISCARD)
		return next(fd, request, arg);
	range = arg;
	if ((range[0] | range[1]) % 512) {
		errno = EINVAL;
		return -1;
	}
	log = fopen(getenv("ERASED"), "a");
	fprintf(log, "%ju %ju\n", (uintmax_t)range[0], (uintmax_t)range[1]);
	return fclose(log);
}

/* A character device has no end. */
off64_t lseek64(int fd, off64_t offset, int whence)
{
	static off64_t (*next)(int, off64_t, int);
	off64_t at;

	if (!next)
		next = (off64_t(*)(int, off64_t, int))dlsym(RTLD_NEXT, "lseek64");
	at = next(fd, offset, whence);
	return whence == SEEK_END && at == 0 ? SIZE : at;
}
