// SPDX-License-Identifier: GPL-2.0-only
/*
 * Watches from beside what a driver of virtio-shout does with its queue. And
 * with the parameter "window" it holds the moment open that a lost wake-up
 * needs: after the queue was found empty, before its interrupt is on again.
 */
#include <linux/delay.h>
#include <linux/kprobes.h>
#include <linux/module.h>
#include <linux/virtio.h>
#include <linux/virtio_config.h>
#include <linux/virtio_ring.h>

#include "abi.h"

#define WINDOW_US 100
#define WINDOW_MS 2000

static bool window;
module_param(window, bool, 0644);
static int kicks;
module_param(kicks, int, 0444);
static int unreadable;
module_param(unreadable, int, 0444);
static int config_in_interrupt;
module_param(config_in_interrupt, int, 0444);
static int late_reset;
module_param(late_reset, int, 0444);

static bool is_ours(const struct virtio_device *vdev)
{
	return vdev->id.device == VIRTIO_ID_SHOUT;
}

static int on_add(struct kprobe *probe, struct pt_regs *regs)
{
	const struct virtqueue *vq = (void *)regs_get_kernel_argument(regs, 0);

	if (is_ours(vq->vdev) && regs_get_kernel_argument(regs, 2) == 0)
		unreadable++;
	return 0;
}

static int on_notify(struct kprobe *probe, struct pt_regs *regs)
{
	const struct virtqueue *vq = (void *)regs_get_kernel_argument(regs, 0);

	if (is_ours(vq->vdev))
		kicks++;
	return 0;
}

/* Until the device has used another buffer; it answers in a thread of its own. */
static int on_enable(struct kprobe *probe, struct pt_regs *regs)
{
	const struct virtqueue *vq = (void *)regs_get_kernel_argument(regs, 0);
	const struct vring *ring;
	u16 before;

	if (!window || !is_ours(vq->vdev) || vq->num_free == vq->num_max)
		return 0;
	ring = virtqueue_get_vring(vq);
	before = READ_ONCE(*(u16 *)&ring->used->idx);
	for (int i = 0; i < WINDOW_MS * 1000 / WINDOW_US; i++) {
		if (READ_ONCE(*(u16 *)&ring->used->idx) != before)
			break;
		udelay(WINDOW_US);
	}
	return 0;
}

static int on_config(struct kprobe *probe, struct pt_regs *regs)
{
	const struct virtio_device *vdev = (void *)regs_get_kernel_argument(regs, 0);

	/* A kprobe by an int3 counts as an interrupt itself. */
	if (is_ours(vdev) && hardirq_count() > HARDIRQ_OFFSET * !!(preempt_count() & NMI_MASK))
		config_in_interrupt++;
	return 0;
}

static int on_delete(struct kprobe *probe, struct pt_regs *regs)
{
	const struct virtqueue *vq = (void *)regs_get_kernel_argument(regs, 0);
	struct virtio_device *vdev = vq->vdev;

	if (is_ours(vdev) && vdev->config->get_status(vdev) & VIRTIO_CONFIG_S_DRIVER_OK)
		late_reset++;
	return 0;
}

static struct kprobe probes[] = {
	{ .symbol_name = "virtqueue_add_sgs", .pre_handler = on_add },
	{ .symbol_name = "virtqueue_notify", .pre_handler = on_notify },
	{ .symbol_name = "virtqueue_enable_cb", .pre_handler = on_enable },
	{ .symbol_name = "vp_get", .pre_handler = on_config },
	{ .symbol_name = "vring_del_virtqueue", .pre_handler = on_delete },
};

static int __init watch_init(void)
{
	for (size_t i = 0; i < ARRAY_SIZE(probes); i++) {
		int err = register_kprobe(&probes[i]);

		if (!err)
			continue;
		pr_err("cannot probe %s: %d\n", probes[i].symbol_name, err);
		while (i--)
			unregister_kprobe(&probes[i]);
		return err;
	}
	return 0;
}

static void __exit watch_exit(void)
{
	for (size_t i = 0; i < ARRAY_SIZE(probes); i++)
		unregister_kprobe(&probes[i]);
}

module_init(watch_init);
module_exit(watch_exit);

MODULE_DESCRIPTION("Watches the driver of an exercise");
MODULE_LICENSE("GPL");
