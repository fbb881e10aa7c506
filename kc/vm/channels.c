/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "vm/channels.h"
#include "base/status.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/socket.h>
#include <unistd.h>

static bool open_pair(struct channels *channels, int number, GError **error)
{
	int pair[2];

	if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0, pair) < 0) {
		g_set_error(error, STATUS_ERROR, STATUS_HOST_NOT_READY, "no socket for QEMU: %s",
			    g_strerror(errno));
		return false;
	}
	channels->ours[number] = pair[0];
	channels->theirs[number] = (struct spawn_fd){pair[1], MACHINE_FD_QMP + number};
	return true;
}

/* The caller's stays open: QEMU gets one of its own. */
static void pass_file(struct channels *channels, int fd, int number)
{
	if (fd > 0)
		channels->theirs[channels->count++] = (struct spawn_fd){
			fcntl(fd, F_DUPFD_CLOEXEC, 0), number};
}

bool channels_open(struct channels *channels, const struct machine *machine, GError **error)
{
	for (int i = 0; i < CHANNELS; i++) {
		if (open_pair(channels, i, error))
			continue;
		while (i-- > 0) {
			close(channels->ours[i]);
			close(channels->theirs[i].ours);
		}
		return false;
	}
	channels->count = CHANNELS;
	pass_file(channels, machine->state_fd, MACHINE_FD_STATE);
	pass_file(channels, machine->ram_fd, MACHINE_FD_RAM);
	pass_file(channels, machine->disk_fd, MACHINE_FD_DISK);
	pass_file(channels, machine->disk_write_fd, MACHINE_FD_DISK_WRITE);
	pass_file(channels, machine->trace_fd, MACHINE_FD_TRACE);
	pass_file(channels, machine->net_fd, MACHINE_FD_NET);
	return true;
}

void channels_close(struct channels *channels)
{
	for (int i = 0; i < CHANNELS; i++)
		close(channels->ours[i]);
}
