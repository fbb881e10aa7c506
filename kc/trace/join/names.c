/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "trace/join/names.h"

#include <linux/virtio_ids.h>
#include <linux/virtio_net.h>

/* The first queues have names of their own; those behind them are numbered from 1, or have none. */
static const struct layout {
	guint32 id;
	const char *first[4];
	const char *rest;
} layouts[] = {
	{VIRTIO_ID_BLOCK, {NULL}, "requestq"},
	{VIRTIO_ID_RNG, {"requestq"}, NULL},
	{VIRTIO_ID_BALLOON, {"inflateq", "deflateq"}, NULL},
	{VIRTIO_ID_SCSI, {"controlq", "eventq"}, "requestq"},
	{VIRTIO_ID_9P, {"requestq"}, NULL},
	{VIRTIO_ID_GPU, {"controlq", "cursorq"}, NULL},
	{VIRTIO_ID_INPUT, {"eventq", "statusq"}, NULL},
	{VIRTIO_ID_VSOCK, {"rx", "tx", "event"}, NULL},
	{VIRTIO_ID_IOMMU, {"requestq", "eventq"}, NULL},
	{VIRTIO_ID_MEM, {"guest-request"}, NULL},
	{VIRTIO_ID_SOUND, {"controlq", "eventq", "txq", "rxq"}, NULL},
	{VIRTIO_ID_PMEM, {"req_vq"}, NULL},
};

static bool has_feature(const struct trace_device *device, int bit)
{
	return device->features >> bit & 1;
}

static char *pair_name(const char *even, const char *odd, guint32 number)
{
	return g_strdup_printf("%s%u", number % 2 ? odd : even, number / 2 + 1);
}

/* The last one is for control: behind as many pairs as the device has, whether used or not. */
static char *net_name(const struct trace_device *device, guint32 number)
{
	guint32 last = has_feature(device, VIRTIO_NET_F_MQ) ? device->queues - 1 : 2;

	if (has_feature(device, VIRTIO_NET_F_CTRL_VQ) && number == last)
		return g_strdup("controlq");
	return pair_name("receiveq", "transmitq", number);
}

/* Those of port 0, then two for control, then those of the other ports. */
static char *console_name(guint32 number)
{
	if (number == 2)
		return g_strdup("control receiveq");
	if (number == 3)
		return g_strdup("control transmitq");
	return g_strdup_printf("%s(port%u)", number % 2 ? "transmitq" : "receiveq",
			       number < 2 ? 0 : number / 2 - 1);
}

static char *name_by_layout(const struct layout *layout, guint32 number)
{
	guint32 n = 0;

	while (n < G_N_ELEMENTS(layout->first) && layout->first[n])
		n++;
	if (number < n)
		return g_strdup(layout->first[number]);
	return layout->rest ? g_strdup_printf("%s%u", layout->rest, number - n + 1) : NULL;
}

char *trace_queue_name(const struct trace_device *device, guint32 number)
{
	if (device->id == VIRTIO_ID_NET)
		return net_name(device, number);
	if (device->id == VIRTIO_ID_CONSOLE)
		return console_name(number);
	for (size_t i = 0; i < G_N_ELEMENTS(layouts); i++)
		if (layouts[i].id == device->id)
			return name_by_layout(&layouts[i], number);
	return NULL;
}
