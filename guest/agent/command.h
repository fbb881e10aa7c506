/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The one command that runs on the host's behalf: its process, its pipes.
 */
#ifndef KC_COMMAND_H
#define KC_COMMAND_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

struct command {
	pid_t pid; /* 0: none */
	int in, out, err; /* our ends; -1: closed. A terminal: in == out */
	bool tty;
	bool exited;
	uint32_t status; /* valid once exited */
};

/*
 * Starts what an EXEC frame asks for. Returns NULL, or why not (static, or
 * strerror's).
 */
const char *command_start(struct command *command, const unsigned char *exec, size_t len);

/* Reaps; true if the command has ended, then or earlier. */
bool command_reap(struct command *command);

void command_signal(struct command *command, int number);
void command_winsize(struct command *command, uint16_t rows, uint16_t columns);
void command_close(int *fd);

#endif
