// SPDX-License-Identifier: GPL-2.0-only
/*
 * Watches from beside what a driver of virtio-shout does with its device, and
 * counts it in parameters. Two of them hold a moment open that a mistake needs:
 * "window" the one after the queue was found empty and before its interrupt is on
 * again, "overlap" the one in which the sender adds a buffer.
 */
#include <linux/delay.h>
#include <linux/kallsyms.h>
#include <linux/kprobes.h>
#include <linux/module.h>
#include <linux/scatterlist.h>
#include <linux/uaccess.h>
#include <linux/virtio.h>
#include <linux/virtio_config.h>
#include <linux/virtio_ring.h>
#include <linux/workqueue.h>

#include "abi.h"

#define WINDOW_US 100
#define WINDOW_MS 2000
#define INITS 16 /* of mutexes and wait queues by one probe() */

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
static int config_reads;
module_param(config_reads, int, 0444);
static int config_in_interrupt;
module_param(config_in_interrupt, int, 0444);
static int no_priv;
module_param(no_priv, int, 0444);
static int not_initialised;
module_param(not_initialised, int, 0444);
static int late_reset;
module_param(late_reset, int, 0444);
static int cancelled;
module_param(cancelled, int, 0444);
static int early_cancel;
module_param(early_cancel, int, 0444);

/* What the driver core has a driver of ours do now, in which task */
static struct {
	struct task_struct *task;
	struct virtio_device *vdev;
	const void *mutexes[INITS], *queues[INITS];
	unsigned int mutex_count, queue_count;
} now;

static bool is_ours(const struct virtio_device *vdev)
{
	return vdev->id.device == VIRTIO_ID_SHOUT;
}

static bool is_live(struct virtio_device *vdev)
{
	return vdev->config->get_status(vdev) & VIRTIO_CONFIG_S_DRIVER_OK;
}

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

static int on_config(struct kprobe *probe, struct pt_regs *regs)
{
	const struct virtio_device *vdev = (void *)regs_get_kernel_argument(regs, 0);

	if (!is_ours(vdev))
		return 0;
	config_reads++;
	/* A kprobe by an int3 counts as an interrupt itself. */
	if (hardirq_count() > HARDIRQ_OFFSET * !!(preempt_count() & NMI_MASK))
		config_in_interrupt++;
	return 0;
}

static int on_delete(struct kprobe *probe, struct pt_regs *regs)
{
	const struct virtqueue *vq = (void *)regs_get_kernel_argument(regs, 0);

	if (is_ours(vq->vdev) && is_live(vq->vdev))
		late_reset++;
	return 0;
}

static int on_cancel(struct kprobe *probe, struct pt_regs *regs)
{
	const struct work_struct *work = (void *)regs_get_kernel_argument(regs, 0);
	char name[KSYM_SYMBOL_LEN];
	work_func_t func;

	if (now.task != current || get_kernel_nofault(func, &work->func))
		return 0;
	sprint_symbol(name, (unsigned long)func);
	if (!strstr(name, "[shout]"))
		return 0;
	cancelled++;
	if (is_live(now.vdev))
		early_cancel++;
	return 0;
}

static int on_init(struct kprobe *probe, struct pt_regs *regs)
{
	const void *what = (void *)regs_get_kernel_argument(regs, 0);

	if (now.task != current)
		return 0;
	if (strstr(probe->symbol_name, "mutex"))
		now.mutexes[now.mutex_count++ % INITS] = what;
	else
		now.queues[now.queue_count++ % INITS] = what;
	return 0;
}

static struct kprobe probes[] = {
	{ .symbol_name = "virtqueue_add_sgs", .pre_handler = on_add },
	{ .symbol_name = "virtqueue_add_outbuf", .pre_handler = on_add_one_way },
	{ .symbol_name = "virtqueue_add_inbuf", .pre_handler = on_add_one_way },
	{ .symbol_name = "virtqueue_notify", .pre_handler = on_notify },
	{ .symbol_name = "detach_buf_split", .pre_handler = on_take },
	{ .symbol_name = "virtqueue_enable_cb", .pre_handler = on_enable },
	{ .symbol_name = "vp_get", .pre_handler = on_config },
	{ .symbol_name = "vring_del_virtqueue", .pre_handler = on_delete },
	{ .symbol_name = "cancel_work_sync", .pre_handler = on_cancel },
	{ .symbol_name = "disable_work_sync", .pre_handler = on_cancel },
	{ .symbol_name = "flush_work", .pre_handler = on_cancel },
	{ .symbol_name = "__mutex_init", .pre_handler = on_init },
	{ .symbol_name = "__init_waitqueue_head", .pre_handler = on_init },
};

/* Where @priv begins is what the driver allocated, of less than a page. */
static bool is_within(const void *priv, const void *const *what)
{
	for (int i = 0; i < INITS; i++)
		if (what[i] >= priv && what[i] < priv + PAGE_SIZE)
			return true;
	return false;
}

static int before_core(struct kretprobe_instance *instance, struct pt_regs *regs)
{
	struct device *dev = (void *)regs_get_kernel_argument(regs, 0);

	if (!is_ours(dev_to_virtio(dev)))
		return 1;
	memset(&now, 0, sizeof(now));
	now.vdev = dev_to_virtio(dev);
	now.task = current;
	return 0;
}

static int after_probe(struct kretprobe_instance *instance, struct pt_regs *regs)
{
	const void *priv = now.vdev->priv;

	now.task = NULL;
	if (regs_return_value(regs))
		return 0;
	if (!priv)
		no_priv++;
	else if (!is_within(priv, now.mutexes) || !is_within(priv, now.queues))
		not_initialised++;
	return 0;
}

static int after_remove(struct kretprobe_instance *instance, struct pt_regs *regs)
{
	now.task = NULL;
	return 0;
}

static struct kretprobe on_probe = {
	.kp.symbol_name = "virtio_dev_probe",
	.entry_handler = before_core,
	.handler = after_probe,
};

static struct kretprobe on_remove = {
	.kp.symbol_name = "virtio_dev_remove",
	.entry_handler = before_core,
	.handler = after_remove,
};

static void unwatch(size_t count)
{
	while (count--)
		unregister_kprobe(&probes[count]);
}

static int watch_core(void)
{
	int err = register_kretprobe(&on_probe);

	if (err)
		return err;
	err = register_kretprobe(&on_remove);
	if (err)
		unregister_kretprobe(&on_probe);
	return err;
}

static int __init watch_init(void)
{
	int err;

	for (size_t i = 0; i < ARRAY_SIZE(probes); i++) {
		err = register_kprobe(&probes[i]);
		if (!err)
			continue;
		pr_err("cannot probe %s: %d\n", probes[i].symbol_name, err);
		unwatch(i);
		return err;
	}
	err = watch_core();
	if (err)
		unwatch(ARRAY_SIZE(probes));
	return err;
}

static void __exit watch_exit(void)
{
	unregister_kretprobe(&on_probe);
	unregister_kretprobe(&on_remove);
	unwatch(ARRAY_SIZE(probes));
}

module_init(watch_init);
module_exit(watch_exit);

MODULE_DESCRIPTION("Watches the driver of an exercise");
MODULE_LICENSE("GPL");
