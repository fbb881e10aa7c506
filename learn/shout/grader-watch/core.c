// SPDX-License-Identifier: GPL-2.0-only
/* What a driver does while the driver core has it probe or remove, and when its work runs. */
#include <linux/delay.h>
#include <linux/kallsyms.h>
#include <linux/module.h>
#include <linux/sched.h>
#include <linux/uaccess.h>
#include <linux/virtio_config.h>
#include <linux/workqueue.h>

#include "watch.h"

#define INITS 16 /* of mutexes and wait queues, and allocations, by one probe() */
#define FIELDS 16
#define LINGER_MS 50
#define POISON 0xa5 /* of memory that was not asked to be zeroed */

static bool linger; /* a while in wake_up(), once it has woken somebody */
module_param(linger, bool, 0644);
static int config_reads;
module_param(config_reads, int, 0444);
static int config_in_interrupt;
module_param(config_in_interrupt, int, 0444);
static int line_locked; /* by the work */
module_param(line_locked, int, 0444);
static int no_priv;
module_param(no_priv, int, 0444);
static int late_priv;
module_param(late_priv, int, 0444);
static int no_vdev;
module_param(no_vdev, int, 0444);
static int no_vq;
module_param(no_vq, int, 0444);
static int not_initialised;
module_param(not_initialised, int, 0444);
static int not_managed;
module_param(not_managed, int, 0444);
static int too_small;
module_param(too_small, int, 0444);
static int not_ready; /* left to the core */
module_param(not_ready, int, 0444);
static int probe_result;
module_param(probe_result, int, 0444);
static int find_result; /* of virtio_find_vqs() and its like */
module_param(find_result, int, 0444);
static int late_reset;
module_param(late_reset, int, 0444);
static int freed; /* by kfree(), what devm frees */
module_param(freed, int, 0444);
static int cancelled;
module_param(cancelled, int, 0444);
static int early_cancel;
module_param(early_cancel, int, 0444);

/* What the driver core has a driver of ours do now, in which task */
static struct {
	struct task_struct *task;
	struct virtio_device *vdev;
	const void *mutexes[INITS], *queues[INITS], *managed[INITS];
	unsigned int mutex_count, queue_count, managed_count;
	const void *end; /* of what was allocated last */
} now;

static const void *bound; /* a driver's own, of less than a page */
static const void *managed; /* what was allocated last, for devm to free */

static bool is_live(struct virtio_device *vdev)
{
	return vdev->config->get_status(vdev) & VIRTIO_CONFIG_S_DRIVER_OK;
}

static bool is_in_driver(unsigned long address)
{
	char name[KSYM_SYMBOL_LEN];

	sprint_symbol(name, address);
	return strstr(name, "[shout]");
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

static int on_lock(struct kprobe *probe, struct pt_regs *regs)
{
	const void *mutex = (void *)regs_get_kernel_argument(regs, 0);

	if (bound && mutex >= bound && mutex < bound + PAGE_SIZE && current->flags & PF_WQ_WORKER)
		line_locked++;
	return 0;
}

static int on_delete(struct kprobe *probe, struct pt_regs *regs)
{
	const struct virtqueue *vq = (void *)regs_get_kernel_argument(regs, 0);

	if (is_ours(vq->vdev) && is_live(vq->vdev))
		late_reset++;
	return 0;
}

static int on_free(struct kprobe *probe, struct pt_regs *regs)
{
	const void *what = (void *)regs_get_kernel_argument(regs, 0);

	if (now.task == current && what && what == managed)
		freed++;
	return 0;
}

static int on_cancel(struct kprobe *probe, struct pt_regs *regs)
{
	const struct work_struct *work = (void *)regs_get_kernel_argument(regs, 0);
	work_func_t func;

	if (now.task != current || get_kernel_nofault(func, &work->func))
		return 0;
	if (!is_in_driver((unsigned long)func))
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

static bool is_within(const void *priv, const void *const *what)
{
	for (int i = 0; i < INITS; i++)
		if (what[i] >= priv && what[i] < priv + PAGE_SIZE)
			return true;
	return false;
}

/* Is @pointer one of the first fields of @priv? */
static bool holds(const void *priv, const void *pointer)
{
	const void *const *fields = priv;
	const void *field;

	for (int i = 0; i < FIELDS; i++)
		if (!get_kernel_nofault(field, &fields[i]) && field == pointer)
			return true;
	return false;
}

static bool holds_queue(const void *priv, struct virtio_device *vdev)
{
	struct virtqueue *vq;

	list_for_each_entry(vq, &vdev->vqs, list)
		if (holds(priv, vq))
			return true;
	return false;
}

static bool is_within_last(const void *const *what)
{
	for (int i = 0; i < INITS; i++)
		if (what[i] && what[i] < now.end)
			return true;
	return false;
}

/* From here on an interrupt may come: what it needs has to be there. */
static int on_status(struct kprobe *probe, struct pt_regs *regs)
{
	const struct virtio_device *vdev = (void *)regs_get_kernel_argument(regs, 0);
	u8 status = regs_get_kernel_argument(regs, 1);
	const void *priv = vdev->priv;

	if (now.task != current || !is_ours(vdev) || !(status & VIRTIO_CONFIG_S_DRIVER_OK) ||
	    status & VIRTIO_CONFIG_S_FAILED)
		return 0;
	if (!is_in_driver(*(unsigned long *)kernel_stack_pointer(regs)))
		not_ready++;
	if (!priv)
		late_priv++;
	else if (!holds(priv, vdev))
		no_vdev++;
	else if (!is_within(priv, now.mutexes) || !is_within(priv, now.queues))
		not_initialised++;
	else if (!is_within(priv, now.managed))
		not_managed++;
	else if (!is_within_last(now.mutexes))
		too_small++;
	return 0;
}

static struct kprobe probes[] = {
	{ .symbol_name = "vp_get", .pre_handler = on_config },
	{ .symbol_name = "vp_set_status", .pre_handler = on_status },
	{ .symbol_name = "mutex_lock", .pre_handler = on_lock },
	{ .symbol_name = "vring_del_virtqueue", .pre_handler = on_delete },
	{ .symbol_name = "kfree", .pre_handler = on_free },
	{ .symbol_name = "cancel_work_sync", .pre_handler = on_cancel },
	{ .symbol_name = "disable_work_sync", .pre_handler = on_cancel },
	{ .symbol_name = "flush_work", .pre_handler = on_cancel },
	{ .symbol_name = "__mutex_init", .pre_handler = on_init },
	{ .symbol_name = "__init_waitqueue_head", .pre_handler = on_init },
};

static int before_core(struct kretprobe_instance *instance, struct pt_regs *regs)
{
	struct device *dev = (void *)regs_get_kernel_argument(regs, 0);

	if (!is_ours(dev_to_virtio(dev)))
		return 1;
	memset(&now, 0, sizeof(now));
	now.vdev = dev_to_virtio(dev);
	now.task = current;
	bound = NULL;
	return 0;
}

static int after_probe(struct kretprobe_instance *instance, struct pt_regs *regs)
{
	const void *priv = now.vdev->priv;

	now.task = NULL;
	probe_result = regs_return_value(regs);
	if (probe_result)
		return 0;
	if (!priv)
		no_priv++;
	else if (!holds_queue(priv, now.vdev))
		no_vq++;
	bound = priv;
	return 0;
}

static int after_remove(struct kretprobe_instance *instance, struct pt_regs *regs)
{
	now.task = NULL;
	return 0;
}

static int after_find(struct kretprobe_instance *instance, struct pt_regs *regs)
{
	if (now.task == current)
		find_result = regs_return_value(regs);
	return 0;
}

static int before_wake(struct kretprobe_instance *instance, struct pt_regs *regs)
{
	const void *queue = (void *)regs_get_kernel_argument(regs, 0);

	return !(linger && bound && queue >= bound && queue < bound + PAGE_SIZE);
}

/* Whoever was woken looks meanwhile, on another CPU, whether what it waits for is so. */
static int after_wake(struct kretprobe_instance *instance, struct pt_regs *regs)
{
	mdelay(LINGER_MS);
	return 0;
}

struct allocation {
	size_t size;
	bool zeroed;
};

static int before_allocation(struct kretprobe_instance *instance, struct pt_regs *regs)
{
	struct allocation *one = (void *)instance->data;

	if (now.task != current)
		return 1;
	one->size = regs_get_kernel_argument(regs, 1);
	one->zeroed = regs_get_kernel_argument(regs, 2) & __GFP_ZERO;
	/* What is too small is told, and nobody else's memory is written over meanwhile. */
	if (one->size < PAGE_SIZE)
		regs->si = PAGE_SIZE;
	return 0;
}

/* Memory that is not zeroed may be zero by luck: here it is not. */
static int after_allocation(struct kretprobe_instance *instance, struct pt_regs *regs)
{
	const struct allocation *one = (void *)instance->data;
	void *memory = (void *)regs_return_value(regs);

	now.managed[now.managed_count++ % INITS] = memory;
	now.end = memory + one->size;
	managed = memory;
	if (memory && !one->zeroed)
		memset(memory, POISON, one->size);
	return 0;
}

static struct kretprobe returns[] = {
	{ .kp.symbol_name = "virtio_dev_probe", .entry_handler = before_core,
	  .handler = after_probe },
	{ .kp.symbol_name = "virtio_dev_remove", .entry_handler = before_core,
	  .handler = after_remove },
	{ .kp.symbol_name = "__wake_up", .entry_handler = before_wake, .handler = after_wake },
	{ .kp.symbol_name = "vp_modern_find_vqs", .handler = after_find },
	{ .kp.symbol_name = "devm_kmalloc", .entry_handler = before_allocation,
	  .handler = after_allocation, .data_size = sizeof(struct allocation) },
};

static int complain(const char *symbol, int err)
{
	pr_err("cannot probe %s: %d\n", symbol, err);
	return err;
}

void unwatch_probes(struct kprobe *probes, size_t count)
{
	while (count--)
		unregister_kprobe(&probes[count]);
}

int watch_probes(struct kprobe *probes, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		int err = register_kprobe(&probes[i]);

		if (!err)
			continue;
		unwatch_probes(probes, i);
		return complain(probes[i].symbol_name, err);
	}
	return 0;
}

static void unwatch_returns(size_t count)
{
	while (count--)
		unregister_kretprobe(&returns[count]);
}

int watch_core(void)
{
	int err = watch_probes(probes, ARRAY_SIZE(probes));

	for (size_t i = 0; !err && i < ARRAY_SIZE(returns); i++) {
		err = register_kretprobe(&returns[i]);
		if (!err)
			continue;
		complain(returns[i].kp.symbol_name, err);
		unwatch_returns(i);
		unwatch_probes(probes, ARRAY_SIZE(probes));
	}
	return err;
}

void unwatch_core(void)
{
	unwatch_returns(ARRAY_SIZE(returns));
	unwatch_probes(probes, ARRAY_SIZE(probes));
}
