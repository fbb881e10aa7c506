// SPDX-License-Identifier: GPL-2.0-only
/*
 * Watches from beside what a driver of virtio-shout does with its device, and
 * counts it in parameters: here what it does with its queue. Two of them hold a
 * moment open that a mistake needs: "window" the one after the queue was found
 * empty and before its interrupt is on again, "overlap" the one in which the
 * sender adds a buffer.
 */
#include <linux/delay.h>
#include <linux/kprobes.h>
#include <linux/module.h>
#include <linux/scatterlist.h>
#include <linux/uaccess.h>
#include <linux/virtio.h>
#include <linux/virtio_config.h>
#include <linux/virtio_ring.h>

#include "watch.h"

#define WINDOW_US 100
#define WINDOW_MS 2000
#define WORD_HEAD 64 /* bytes of a struct shout_word, at most, before its word */

static bool window;
module_param(window, bool, 0644);
static bool overlap;
module_param(overlap, bool, 0644);
static int kicks;
module_param(kicks, int, 0444);
static int out_bytes = -1; /* of the first buffer; -1: none was added */
module_param(out_bytes, int, 0444);
static int in_bytes;
module_param(in_bytes, int, 0444);
static int may_sleep;
module_param(may_sleep, int, 0444);
static int taken;
module_param(taken, int, 0444);
static int taking_cpu;
module_param(taking_cpu, int, 0444);
static int awaited; /* a buffer was added while another was the device's */
module_param(awaited, int, 0444);
static int overlapped;
module_param(overlapped, int, 0444);
static int enabled;
module_param(enabled, int, 0444);
static int disabled;
module_param(disabled, int, 0444);
static int wrong_token;
module_param(wrong_token, int, 0444);

/* The driver may have passed anything: what cannot be read counts as nothing. */
static int bytes_of(struct scatterlist *const *sgs, unsigned int first, unsigned int count)
{
	struct scatterlist *list, one;
	int bytes = 0;

	for (unsigned int i = first; i < first + min(count, 4u); i++)
		if (!get_kernel_nofault(list, &sgs[i]) && !get_kernel_nofault(one, list))
			bytes += one.length;
	return bytes;
}

/* What the device reads begins a few bytes into the word, which the token has to be. */
static bool is_word(const void *token, struct scatterlist *const *sgs)
{
	struct scatterlist *list, one;
	const void *out;

	if (get_kernel_nofault(list, sgs) || get_kernel_nofault(one, list))
		return true;
	out = sg_virt(&one);
	return out >= token && out < token + WORD_HEAD;
}

/* Until the callback has taken a buffer: it does so only if nothing keeps it from it. */
static void await_callback(void)
{
	int before = READ_ONCE(taken);

	awaited++;
	for (int i = 0; i < WINDOW_MS * 1000 / WINDOW_US; i++) {
		if (READ_ONCE(taken) != before) {
			overlapped++;
			break;
		}
		udelay(WINDOW_US);
	}
}

static int on_add(struct kprobe *probe, struct pt_regs *regs)
{
	const struct virtqueue *vq = (void *)regs_get_kernel_argument(regs, 0);
	struct scatterlist **sgs = (void *)regs_get_kernel_argument(regs, 1);
	unsigned int outs = regs_get_kernel_argument(regs, 2);
	unsigned int ins = regs_get_kernel_argument(regs, 3);

	if (!is_ours(vq->vdev))
		return 0;
	if (regs_get_kernel_argument(regs, 5) & __GFP_DIRECT_RECLAIM)
		may_sleep++;
	if (out_bytes < 0) {
		out_bytes = bytes_of(sgs, 0, outs);
		in_bytes = bytes_of(sgs, outs, ins);
	}
	if (outs == 1 && !is_word((void *)regs_get_kernel_argument(regs, 4), sgs))
		wrong_token++;
	if (overlap && vq->num_free != vq->num_max)
		await_callback();
	return 0;
}

static int on_add_one_way(struct kprobe *probe, struct pt_regs *regs)
{
	const struct virtqueue *vq = (void *)regs_get_kernel_argument(regs, 0);
	struct scatterlist *sg = (void *)regs_get_kernel_argument(regs, 1);
	bool out = strstr(probe->symbol_name, "outbuf");
	int bytes;

	if (!is_ours(vq->vdev) || out_bytes >= 0)
		return 0;
	bytes = bytes_of(&sg, 0, 1);
	out_bytes = out ? bytes : 0;
	in_bytes = out ? 0 : bytes;
	return 0;
}

static int on_notify(struct kprobe *probe, struct pt_regs *regs)
{
	const struct virtqueue *vq = (void *)regs_get_kernel_argument(regs, 0);

	if (is_ours(vq->vdev))
		kicks++;
	return 0;
}

static int on_take(struct kprobe *probe, struct pt_regs *regs)
{
	const struct virtqueue *vq = (void *)regs_get_kernel_argument(regs, 0);

	if (is_ours(vq->vdev)) {
		taking_cpu = smp_processor_id();
		WRITE_ONCE(taken, taken + 1);
	}
	return 0;
}

/* Until the device has used another buffer; it answers in a thread of its own. */
static void await_used(struct virtqueue *vq)
{
	const struct vring *ring = virtqueue_get_vring(vq);
	u16 before = READ_ONCE(*(u16 *)&ring->used->idx);

	for (int i = 0; i < WINDOW_MS * 1000 / WINDOW_US; i++) {
		if (READ_ONCE(*(u16 *)&ring->used->idx) != before)
			break;
		udelay(WINDOW_US);
	}
}

static int on_disable(struct kprobe *probe, struct pt_regs *regs)
{
	const struct virtqueue *vq = (void *)regs_get_kernel_argument(regs, 0);

	if (is_ours(vq->vdev))
		disabled++;
	return 0;
}

static int on_enable(struct kprobe *probe, struct pt_regs *regs)
{
	struct virtqueue *vq = (void *)regs_get_kernel_argument(regs, 0);

	if (!is_ours(vq->vdev))
		return 0;
	enabled++;
	if (window && vq->num_free != vq->num_max)
		await_used(vq);
	return 0;
}

static struct kprobe probes[] = {
	{ .symbol_name = "virtqueue_add_sgs", .pre_handler = on_add },
	{ .symbol_name = "virtqueue_add_outbuf", .pre_handler = on_add_one_way },
	{ .symbol_name = "virtqueue_add_inbuf", .pre_handler = on_add_one_way },
	{ .symbol_name = "virtqueue_notify", .pre_handler = on_notify },
	{ .symbol_name = "detach_buf_split", .pre_handler = on_take },
	{ .symbol_name = "virtqueue_enable_cb", .pre_handler = on_enable },
	{ .symbol_name = "virtqueue_disable_cb", .pre_handler = on_disable },
};

static int __init watch_init(void)
{
	int err = watch_probes(probes, ARRAY_SIZE(probes));

	if (err)
		return err;
	err = watch_core();
	if (err)
		unwatch_probes(probes, ARRAY_SIZE(probes));
	return err;
}

static void __exit watch_exit(void)
{
	unwatch_core();
	unwatch_probes(probes, ARRAY_SIZE(probes));
}

module_init(watch_init);
module_exit(watch_exit);

MODULE_DESCRIPTION("Watches the driver of an exercise");
MODULE_LICENSE("GPL");
