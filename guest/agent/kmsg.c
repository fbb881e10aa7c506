// SPDX-License-Identifier: GPL-2.0-or-later
#include <errno.h>
#include <fcntl.h>
#include <unistd.h>
#include "kmsg.h"

#define RECORD_MAX 8192 /* the kernel's CONSOLE_EXT_LOG_MAX; less would be EINVAL */

static int fd = -1;

int kmsg_open(void)
{
	fd = open("/dev/kmsg", O_RDONLY | O_NONBLOCK | O_CLOEXEC);
	return fd;
}

/* As many whole records as a frame holds. */
static size_t read_records(char *records)
{
	size_t len = 0;

	while (fd >= 0 && KC_FRAME_MAX - len >= RECORD_MAX) {
		ssize_t n = read(fd, records + len, RECORD_MAX);

		/* Overwritten before we came: the host sees it by the sequence numbers. */
		if (n < 0 && (errno == EPIPE || errno == EINTR))
			continue;
		if (n <= 0)
			break;
		len += n;
	}
	return len;
}

bool kmsg_send(struct port *port, size_t spare)
{
	static char records[KC_FRAME_MAX];
	size_t len;

	while (port_has_frames(port, spare + 1)) {
		len = read_records(records);
		if (len)
			port_send(port, KC_KMSG, records, len, NULL, 0);
		if (KC_FRAME_MAX - len >= RECORD_MAX)
			return true;
	}
	return false;
}
