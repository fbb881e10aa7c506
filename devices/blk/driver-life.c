// SPDX-License-Identifier: GPL-2.0-only
/*
 * The device's life: started, stopped with requests in flight, started again
 * after sleep or a failure, and given up. A request that a reset took back
 * from the device is sent once more; one that this did not help fails.
 */
#include <linux/blkdev.h>
#include <linux/cpumask.h>
#include <linux/interrupt.h>
#include <linux/slab.h>

#include "driver.h"

#define CRAFT_BLK_PATIENCE	10	/* times that a request may expire while others do not */
#define CRAFT_BLK_NOTHING_THERE	0xff	/* what a bus reads where no device is */

/* Virtqueues */

static void craft_blk_name_queues(struct craft_blk *blk, struct virtqueue_info *info)
{
	unsigned int i, interrupting = blk->num_queues - blk->num_polled;

	for (i = 0; i < blk->num_queues; i++) {
		struct craft_blk_queue *queue = &blk->queues[i];

		queue->polled = i >= interrupting;
		snprintf(queue->name, sizeof(queue->name), "%s.%u",
			 queue->polled ? "polled" : "requests", i);
		info[i].name = queue->name;
		info[i].callback = queue->polled ? NULL : craft_blk_interrupt;
	}
}

/* The limits were made for rings of one size, which a reset must not change. */
static int craft_blk_check_rings(struct craft_blk *blk, struct virtqueue **vqs)
{
	unsigned int i, size = virtqueue_get_vring_size(vqs[0]);

	for (i = 1; i < blk->num_queues; i++)
		size = min(size, virtqueue_get_vring_size(vqs[i]));
	if (blk->ring_size && size < blk->ring_size) {
		dev_err(&blk->vdev->dev, "rings of %u, where there were rings of %u\n",
			size, blk->ring_size);
		return -EINVAL;
	}
	blk->ring_size = size;
	return 0;
}

static int craft_blk_find_vqs(struct craft_blk *blk, struct virtqueue **vqs,
			      struct virtqueue_info *info)
{
	struct irq_affinity affinity = { 0 };
	unsigned int i;
	int err;

	craft_blk_name_queues(blk, info);
	err = virtio_find_vqs(blk->vdev, blk->num_queues, vqs, info, &affinity);
	if (err)
		return err;
	err = craft_blk_check_rings(blk, vqs);
	if (err) {
		blk->vdev->config->del_vqs(blk->vdev);
		return err;
	}
	for (i = 0; i < blk->num_queues; i++) {
		spin_lock_irq(&blk->queues[i].lock);
		blk->queues[i].vq = vqs[i];
		blk->queues[i].progress = jiffies;
		spin_unlock_irq(&blk->queues[i].lock);
	}
	return 0;
}

int craft_blk_find_queues(struct craft_blk *blk)
{
	struct virtqueue_info *info = kcalloc(blk->num_queues, sizeof(*info), GFP_KERNEL);
	struct virtqueue **vqs = kcalloc(blk->num_queues, sizeof(*vqs), GFP_KERNEL);
	int err = -ENOMEM;

	if (info && vqs)
		err = craft_blk_find_vqs(blk, vqs, info);
	kfree(vqs);
	kfree(info);
	return err;
}

/* The CPUs of a queue are those that its interrupt goes to. */
static bool craft_blk_map_by_interrupt(struct craft_blk *blk, struct blk_mq_queue_map *map)
{
	const struct virtio_config_ops *ops = blk->vdev->config;
	unsigned int i, cpu;

	for (i = 0; i < map->nr_queues; i++) {
		const struct cpumask *mask =
			ops->get_vq_affinity ? ops->get_vq_affinity(blk->vdev, i) : NULL;

		if (!mask)
			return false;
		for_each_cpu(cpu, mask)
			map->mq_map[cpu] = map->queue_offset + i;
	}
	return true;
}

void craft_blk_map_queues(struct blk_mq_tag_set *set)
{
	struct craft_blk *blk = set->driver_data;
	struct blk_mq_queue_map *map = &set->map[HCTX_TYPE_DEFAULT];

	map->nr_queues = blk->num_queues - blk->num_polled;
	map->queue_offset = 0;
	if (!craft_blk_map_by_interrupt(blk, map))
		blk_mq_map_queues(map);
	if (set->nr_maps <= HCTX_TYPE_POLL)
		return;
	set->map[HCTX_TYPE_READ].nr_queues = 0;
	set->map[HCTX_TYPE_POLL].queue_offset = map->nr_queues;
	map = &set->map[HCTX_TYPE_POLL];
	map->nr_queues = blk->num_polled;
	blk_mq_map_queues(map);
}

/* Stop and start, all under blk->lock */

/* A reset may bring back another cache mode than the one in force. */
int craft_blk_start(struct craft_blk *blk)
{
	struct virtio_device *vdev = blk->vdev;

	if (vdev->config->get_status(vdev) & VIRTIO_CONFIG_S_DRIVER_OK) {
		dev_err(&vdev->dev, "device runs before it was started\n");
		return -EIO;
	}
	if (virtio_has_feature(vdev, CRAFT_BLK_F_CONFIG_WCE))
		craft_blk_write_cache_mode(vdev, blk->writeback);
	virtio_device_ready(vdev);
	blk->state = CRAFT_BLK_RUNNING;
	return 0;
}

/* Of a device that is there no more no reset would ever be done. */
static void craft_blk_reset(struct virtio_device *vdev)
{
	if (vdev->config->get_status(vdev) == CRAFT_BLK_NOTHING_THERE) {
		virtio_break_device(vdev);
		virtio_synchronize_cbs(vdev);
	} else {
		virtio_reset_device(vdev);
	}
}

/* RQF_DONTPREP is the driver's own: here it marks what was sent twice. */
static void craft_blk_send_again(struct list_head *unanswered, bool fail)
{
	struct craft_blk_request *req, *next;

	list_for_each_entry_safe(req, next, unanswered, node) {
		struct request *rq = blk_mq_rq_from_pdu(req);

		if (fail || rq->rq_flags & RQF_DONTPREP) {
			blk_mq_end_request(rq, fail ? BLK_STS_IOERR : BLK_STS_TIMEOUT);
			continue;
		}
		rq->rq_flags |= RQF_DONTPREP;
		blk_mq_requeue_request(rq, false);
	}
}

/* From here on the device touches no memory, and nobody its virtqueues. */
void craft_blk_detach(struct craft_blk *blk, struct list_head *unanswered)
{
	unsigned int i;

	craft_blk_reset(blk->vdev);
	for (i = 0; i < blk->num_queues; i++)
		craft_blk_take_back(&blk->queues[i], unanswered);
	blk->vdev->config->del_vqs(blk->vdev);
	blk->state = CRAFT_BLK_AWAY;
}

/* The block layer sends nothing more until craft_blk_let_go(). */
void craft_blk_stop(struct craft_blk *blk, bool fail)
{
	LIST_HEAD(unanswered);

	blk_mq_quiesce_queue(blk->disk->queue);
	craft_blk_detach(blk, &unanswered);
	craft_blk_send_again(&unanswered, fail);
}

static void craft_blk_let_go(struct craft_blk *blk)
{
	struct request_queue *q = blk->disk->queue;

	blk_mq_unquiesce_queue(q);
	blk_mq_kick_requeue_list(q);
}

/* The counterpart of craft_blk_stop(), once the features are negotiated */
int craft_blk_resume(struct craft_blk *blk)
{
	LIST_HEAD(none);
	int err = craft_blk_find_queues(blk);

	if (err)
		return err;
	err = craft_blk_start(blk);
	if (err) {
		craft_blk_detach(blk, &none);
		return err;
	}
	craft_blk_let_go(blk);
	/* What changed meanwhile was told to nobody. */
	queue_work(blk->wq, &blk->config_work);
	return 0;
}

static int craft_blk_negotiate(struct virtio_device *vdev)
{
	int err;

	virtio_add_status(vdev, VIRTIO_CONFIG_S_ACKNOWLEDGE);
	virtio_add_status(vdev, VIRTIO_CONFIG_S_DRIVER);
	err = vdev->config->finalize_features(vdev);
	if (err)
		return err;
	virtio_add_status(vdev, VIRTIO_CONFIG_S_FEATURES_OK);
	if (!(vdev->config->get_status(vdev) & VIRTIO_CONFIG_S_FEATURES_OK))
		return -ENODEV;
	return 0;
}

/* Failure */

/* Not under blk->lock: filesystems shut down here. All requests fail from now on. */
void craft_blk_give_up(struct craft_blk *blk)
{
	enum craft_blk_state state;

	mutex_lock(&blk->lock);
	state = blk->state;
	if (state == CRAFT_BLK_RUNNING)
		craft_blk_stop(blk, true);
	blk->state = CRAFT_BLK_DEAD;
	if (state != CRAFT_BLK_DEAD)
		craft_blk_let_go(blk);
	mutex_unlock(&blk->lock);
	if (state != CRAFT_BLK_DEAD)
		blk_mark_disk_dead(blk->disk);
}

void craft_blk_recovery(struct work_struct *work)
{
	struct craft_blk *blk = container_of(work, struct craft_blk, recovery);
	struct device *dev = &blk->vdev->dev;
	int err = 0;

	mutex_lock(&blk->lock);
	if (blk->state == CRAFT_BLK_RUNNING) {
		dev_warn(dev, "resetting the device\n");
		craft_blk_stop(blk, false);
		err = craft_blk_negotiate(blk->vdev) ?: craft_blk_resume(blk);
	}
	mutex_unlock(&blk->lock);
	if (!err)
		return;
	dev_err(dev, "device does not start again (%d); unbind and bind it to start anew\n", err);
	craft_blk_give_up(blk);
}

/*
 * Its time is up, but the device may have been done and its interrupt lost, or
 * be slow: as long as others come back, or it is the first time, it may wait.
 */
enum blk_eh_timer_return craft_blk_timeout(struct request *rq)
{
	struct craft_blk_request *req = blk_mq_rq_to_pdu(rq);
	struct craft_blk_queue *queue = rq->mq_hctx->driver_data;
	struct craft_blk *blk = rq->q->queuedata;
	struct device *dev = disk_to_dev(rq->q->disk);
	bool moves = time_before(jiffies, READ_ONCE(queue->progress) + rq->timeout);

	if (craft_blk_reap(blk, queue))
		dev_warn_ratelimited(dev, "interrupt lost: answers found without one\n");
	if (!blk_mq_request_started(rq))
		return BLK_EH_DONE;
	req->expired++;
	if (req->expired > CRAFT_BLK_PATIENCE || (req->expired > 1 && !moves))
		craft_blk_recover(blk);
	else
		dev_warn_ratelimited(dev, "no answer for %u s\n",
				     req->expired * rq->timeout / HZ);
	return BLK_EH_RESET_TIMER;
}
