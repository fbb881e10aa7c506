// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Runs in a guest that will be killed: says of each block of a disk when it is
 * on stable storage, and looks first for those of which it said so before.
 *
 *   blk-writer DISK FLUSHED fsync|dsync|nothing|look
 *
 * With "look" it only looks. As the first process of a guest, with no others, it
 * speaks on the serial line.
 *
 * Block n is full of n + 1. "flushed N." are the blocks below N; "lost N." is
 * one that was and is not there.
 */
#define _GNU_SOURCE
#include <fcntl.h>
#include <pthread.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <unistd.h>

#define BLOCK 4096
#define WORDS (BLOCK / sizeof(uint64_t))
#define THREADS 4
#define TRIES 3000 /* a minute */

static int disk;
static uint64_t first; /* of those that the threads write */

static void *new_block(void)
{
	void *block = aligned_alloc(BLOCK, BLOCK);

	if (!block)
		exit(3);
	return block;
}

static void *write_one(void *thread)
{
	uint64_t n = first + (uintptr_t)thread;
	uint64_t *block = new_block();

	for (size_t i = 0; i < WORDS; i++)
		block[i] = n + 1;
	if (pwrite(disk, block, BLOCK, n * BLOCK) != BLOCK) {
		perror("write");
		exit(3);
	}
	free(block);
	return NULL;
}

static void write_some(void)
{
	pthread_t threads[THREADS];

	for (uintptr_t i = 0; i < THREADS; i++)
		if (pthread_create(&threads[i], NULL, write_one, (void *)i))
			exit(3);
	for (size_t i = 0; i < THREADS; i++)
		pthread_join(threads[i], NULL);
}

static int look_for(uint64_t count)
{
	uint64_t *block = new_block();
	int lost = 0;

	for (uint64_t n = 0; n < count; n++) {
		size_t i = 0;

		if (pread(disk, block, BLOCK, n * BLOCK) != BLOCK)
			exit(3);
		while (i < WORDS && block[i] == n + 1)
			i++;
		if (i < WORDS) {
			printf("lost %ju.\n", (uintmax_t)n);
			lost = 1;
		}
	}
	free(block);
	return lost;
}

static void open_disk(const char *name, int flags)
{
	for (int try = 0; (disk = open(name, flags)) < 0; try++) {
		if (try == TRIES) {
			perror(name);
			exit(2);
		}
		usleep(20000);
	}
}

static void become_init(void)
{
	int serial;

	mount("devtmpfs", "/dev", "devtmpfs", 0, NULL);
	serial = open("/dev/ttyS0", O_RDWR);
	dup2(serial, 1);
	dup2(serial, 2);
}

int main(int argc, char **argv)
{
	const char *mode = argc == 4 ? argv[3] : "";
	uint64_t flushed = argc == 4 ? strtoull(argv[2], NULL, 10) : 0;

	if (argc != 4)
		return 2;
	if (getpid() == 1)
		become_init();
	setlinebuf(stdout);
	puts("ready");
	open_disk(argv[1], O_RDWR | O_DIRECT | (strcmp(mode, "dsync") ? 0 : O_DSYNC));
	if (look_for(flushed))
		return 1;
	printf("found %ju.\n", (uintmax_t)flushed);
	if (strcmp(mode, "look") == 0)
		return 0;
	for (first = flushed; first < flushed + 100000; first += THREADS) {
		write_some();
		if (strcmp(mode, "fsync") == 0 && fsync(disk) != 0) {
			perror("fsync");
			return 3;
		}
		printf("flushed %ju.\n", (uintmax_t)(first + THREADS));
	}
	return 0;
}
