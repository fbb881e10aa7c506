// SPDX-License-Identifier: GPL-2.0-or-later
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>
#include "port.h"

#define PORTS "/sys/class/virtio-ports"

static bool is_ours(const char *port_name)
{
	char path[512], name[64] = "";
	FILE *file;

	snprintf(path, sizeof(path), PORTS "/%s/name", port_name);
	file = fopen(path, "re");
	if (!file)
		return false;
	if (!fgets(name, sizeof(name), file))
		name[0] = '\0';
	fclose(file);
	name[strcspn(name, "\n")] = '\0';
	return !strcmp(name, KC_PORT_NAME);
}

static int open_now(void)
{
	DIR *dir = opendir(PORTS);
	struct dirent *entry;
	char path[512];
	int fd = -1;

	while (dir && fd < 0 && (entry = readdir(dir))) {
		if (entry->d_name[0] == '.' || !is_ours(entry->d_name))
			continue;
		snprintf(path, sizeof(path), "/dev/%s", entry->d_name);
		fd = open(path, O_RDWR | O_NONBLOCK | O_CLOEXEC);
	}
	if (dir)
		closedir(dir);
	return fd;
}

bool port_open(struct port *port, int wait_ms)
{
	/* The host names its ports by messages, a moment after the driver. */
	for (int waited = 0; waited <= wait_ms; waited += 5) {
		port->fd = open_now();
		if (port->fd >= 0)
			break;
		usleep(5000);
	}
	port->in_len = 0;
	port->out_len = 0;
	port->out_done = 0;
	return port->fd >= 0;
}

static bool is_empty(const char *folder)
{
	DIR *dir = opendir(folder);
	struct dirent *entry;
	bool empty = true;

	while (dir && empty && (entry = readdir(dir)))
		empty = entry->d_name[0] == '.';
	if (dir)
		closedir(dir);
	return empty;
}

/* A machine may have no virtio device at all, and a kernel that drives them. */
static const char *missing_driver(void)
{
	bool pci = !is_empty("/sys/bus/pci/devices");

	if (!is_empty("/sys/bus/virtio/devices"))
		return access("/sys/bus/virtio/drivers/virtio_console", F_OK) ? "VIRTIO_CONSOLE"
									      : NULL;
	if (pci)
		return access("/sys/bus/pci/drivers/virtio-pci", F_OK) ? "VIRTIO_PCI" : NULL;
	return access("/sys/bus/platform/drivers/virtio-mmio", F_OK) ? "VIRTIO_MMIO" : NULL;
}

void port_tell_missing(void)
{
	const char *option = missing_driver();
	FILE *console;

	console = option && !access("/sys/bus", F_OK) ? fopen("/dev/console", "we") : NULL;
	if (!console)
		return;
	fprintf(console, "\n" KC_NO_DRIVER "CONFIG_%s\n", option);
	fclose(console);
}

bool port_has_frames(const struct port *port, size_t frames)
{
	return sizeof(port->out) - port->out_len >=
	       frames * (sizeof(struct kc_frame) + KC_FRAME_MAX);
}

static void append(struct port *port, const void *data, size_t len)
{
	if (!len)
		return;
	memcpy(port->out + port->out_len, data, len);
	port->out_len += len;
}

void port_send(struct port *port, enum kc_frame_type type, const void *head, size_t head_len,
	       const void *tail, size_t tail_len)
{
	struct kc_frame frame = {
		.magic = KC_FRAME_MAGIC,
		.type = type,
		.len = head_len + tail_len,
	};

	append(port, &frame, sizeof(frame));
	append(port, head, head_len);
	append(port, tail, tail_len);
	port_flush(port);
}

void port_flush(struct port *port)
{
	while (port->out_done < port->out_len) {
		ssize_t n = write(port->fd, port->out + port->out_done,
				  port->out_len - port->out_done);

		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0)
			break;
		port->out_done += n;
	}
	memmove(port->out, port->out + port->out_done, port->out_len - port->out_done);
	port->out_len -= port->out_done;
	port->out_done = 0;
}

static void drop_frame(struct port *port, size_t size)
{
	port->in_len -= size;
	memmove(port->in, port->in + size, port->in_len);
}

int port_receive(struct port *port, const unsigned char **payload, size_t *len)
{
	static unsigned char body[KC_FRAME_MAX + 1];
	struct kc_frame frame;
	ssize_t n;

	n = read(port->fd, port->in + port->in_len, sizeof(port->in) - port->in_len);
	if (n > 0)
		port->in_len += n;
	if (port->in_len < sizeof(frame)) {
		/* Nobody at the other end reads as end of file. */
		return n < 0 && errno != EAGAIN && errno != EINTR ? -1 : 0;
	}
	memcpy(&frame, port->in, sizeof(frame));
	if (frame.magic != KC_FRAME_MAGIC || frame.len > KC_FRAME_MAX) {
		port->in_len = 0;
		return -1;
	}
	if (port->in_len < sizeof(frame) + frame.len)
		return 0;
	memcpy(body, port->in + sizeof(frame), frame.len);
	/* What should be a string is one, whatever came. */
	body[frame.len] = '\0';
	drop_frame(port, sizeof(frame) + frame.len);
	*payload = body;
	*len = frame.len;
	return frame.type;
}
