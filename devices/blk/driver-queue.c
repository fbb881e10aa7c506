// SPDX-License-Identifier: GPL-2.0-only
/*
 * Requests into a virtqueue and out of it again. The device is notified once
 * for as many as the block layer has at hand, and answers are collected as
 * many as there are, after a notification, at an interrupt or by a poll.
 */
#include <linux/jiffies.h>

#include "driver.h"

int craft_blk_init_hctx(struct blk_mq_hw_ctx *hctx, void *data, unsigned int index)
{
	struct craft_blk *blk = data;

	blk->queues[index].hctx = hctx;
	hctx->driver_data = &blk->queues[index];
	return 0;
}

/* Collecting */

/* Under the lock of the queue; moves what the device is done with to @done. */
static bool craft_blk_collect(struct craft_blk_queue *queue, struct list_head *done)
{
	struct craft_blk_request *req;
	unsigned int used;

	while ((req = virtqueue_get_buf(queue->vq, &used))) {
		req->used = used;
		req->awaited = queue->full;
		list_add_tail(&req->node, done);
	}
	if (list_empty(done))
		return false;
	queue->progress = jiffies;
	queue->full = false;
	return true;
}

/* Of a block layer with one queue no CPU is nearer to a request than another. */
static bool craft_blk_belongs_elsewhere(struct request *rq)
{
	return rq->q->nr_hw_queues > 1 && blk_mq_complete_request_remote(rq);
}

/* The end of a batch does not make the block layer try again what found no room. */
static void craft_blk_finish(struct list_head *done, struct io_comp_batch *batch)
{
	struct craft_blk_request *req, *next;

	list_for_each_entry_safe(req, next, done, node) {
		struct request *rq = blk_mq_rq_from_pdu(req);

		req->result = craft_blk_verdict(rq);
		if (craft_blk_belongs_elsewhere(rq))
			continue;
		if (req->result || req->awaited ||
		    !blk_mq_add_to_batch(rq, batch, false, blk_mq_end_request_batch))
			blk_mq_end_request(rq, req->result);
	}
}

void craft_blk_complete(struct request *rq)
{
	struct craft_blk_request *req = blk_mq_rq_to_pdu(rq);

	blk_mq_end_request(rq, req->result);
}

/* True if there was something. A queue that is polled keeps its interrupt off. */
bool craft_blk_reap(struct craft_blk *blk, struct craft_blk_queue *queue)
{
	DEFINE_IO_COMP_BATCH(batch);
	LIST_HEAD(done);
	unsigned long flags;
	bool some = false, broken = false;

	spin_lock_irqsave(&queue->lock, flags);
	if (queue->vq) {
		do {
			if (!queue->polled)
				virtqueue_disable_cb(queue->vq);
			some = craft_blk_collect(queue, &done);
		} while (!queue->polled && !virtqueue_enable_cb(queue->vq));
		broken = virtqueue_is_broken(queue->vq);
	}
	spin_unlock_irqrestore(&queue->lock, flags);
	craft_blk_finish(&done, &batch);
	if (batch.complete)
		batch.complete(&batch);
	if (unlikely(broken))
		craft_blk_recover(blk);
	return some;
}

void craft_blk_interrupt(struct virtqueue *vq)
{
	struct craft_blk *blk = vq->vdev->priv;

	craft_blk_reap(blk, &blk->queues[vq->index]);
}

int craft_blk_poll(struct blk_mq_hw_ctx *hctx, struct io_comp_batch *batch)
{
	struct craft_blk_queue *queue = hctx->driver_data;
	LIST_HEAD(done);
	unsigned long flags;
	bool some;

	spin_lock_irqsave(&queue->lock, flags);
	some = queue->vq && craft_blk_collect(queue, &done);
	spin_unlock_irqrestore(&queue->lock, flags);
	craft_blk_finish(&done, batch);
	return some;
}

/*
 * The device was reset: what it answered before is done, and what it did not is
 * moved to @unanswered. Then the virtqueue is gone for who would use it.
 */
void craft_blk_take_back(struct craft_blk_queue *queue, struct list_head *unanswered)
{
	DEFINE_IO_COMP_BATCH(batch);
	struct craft_blk_request *req;
	LIST_HEAD(done);
	unsigned long flags;

	spin_lock_irqsave(&queue->lock, flags);
	if (queue->vq) {
		craft_blk_collect(queue, &done);
		while ((req = virtqueue_detach_unused_buf(queue->vq)))
			list_add_tail(&req->node, unanswered);
	}
	queue->vq = NULL;
	queue->full = false;
	spin_unlock_irqrestore(&queue->lock, flags);
	craft_blk_finish(&done, &batch);
	if (batch.complete)
		batch.complete(&batch);
}

/* Submitting */

/*
 * Notifies the device without the lock, for that leaves the guest and may take
 * long. A device that serves at once is done by then: its answers are collected
 * here, and it need not interrupt.
 */
static void craft_blk_kick_and_unlock(struct craft_blk_queue *queue, unsigned long flags)
	__releases(&queue->lock)
{
	struct virtqueue *vq = queue->vq;
	struct craft_blk *blk;

	if (!vq || !virtqueue_kick_prepare(vq)) {
		spin_unlock_irqrestore(&queue->lock, flags);
		return;
	}
	blk = vq->vdev->priv;
	if (!queue->polled)
		virtqueue_disable_cb(vq);
	spin_unlock_irqrestore(&queue->lock, flags);
	virtqueue_notify(vq);
	craft_blk_reap(blk, queue);
}

/*
 * Under the lock of the queue, without which nobody collects the request, so
 * that it may be started after it was added.
 */
static int craft_blk_submit(struct craft_blk_queue *queue, struct request *rq)
{
	int err = queue->vq ? craft_blk_add(queue->vq, blk_mq_rq_to_pdu(rq)) : -EIO;

	if (!err)
		blk_mq_start_request(rq);
	return err;
}

/* Under the lock of the queue. It is full of requests of which the next to end helps. */
static blk_status_t craft_blk_refuse(struct craft_blk_queue *queue, int err)
{
	switch (err) {
	case -ENOSPC:
		queue->full = true;
		return BLK_STS_DEV_RESOURCE;
	case -ENOMEM:
		return BLK_STS_RESOURCE;
	default:
		if (queue->vq)
			craft_blk_recover(queue->vq->vdev->priv);
		return BLK_STS_IOERR;
	}
}

blk_status_t craft_blk_queue_rq(struct blk_mq_hw_ctx *hctx, const struct blk_mq_queue_data *bd)
{
	struct craft_blk_queue *queue = hctx->driver_data;
	blk_status_t status = craft_blk_prepare(bd->rq);
	unsigned long flags;
	int err;

	if (unlikely(status))
		return status;
	spin_lock_irqsave(&queue->lock, flags);
	err = craft_blk_submit(queue, bd->rq);
	if (unlikely(err))
		status = craft_blk_refuse(queue, err);
	if (err || bd->last)
		craft_blk_kick_and_unlock(queue, flags);
	else
		spin_unlock_irqrestore(&queue->lock, flags);
	return status;
}

void craft_blk_commit_rqs(struct blk_mq_hw_ctx *hctx)
{
	struct craft_blk_queue *queue = hctx->driver_data;
	unsigned long flags;

	spin_lock_irqsave(&queue->lock, flags);
	craft_blk_kick_and_unlock(queue, flags);
}

/* Adds the first @count of @list that are of one queue; true if all of them fit. */
static bool craft_blk_submit_run(craft_blk_rq_list *list, unsigned int *count)
{
	struct request *rq = rq_list_peek(list);
	struct craft_blk_queue *queue = rq->mq_hctx->driver_data;
	unsigned long flags;
	bool fits = true;

	spin_lock_irqsave(&queue->lock, flags);
	for (; *count && rq->mq_hctx == queue->hctx; (*count)--) {
		fits = !craft_blk_submit(queue, rq);
		if (!fits)
			break;
		rq_list_pop(list);
		rq = rq_list_peek(list);
		if (!rq)
			break;
	}
	craft_blk_kick_and_unlock(queue, flags);
	return fits;
}

/* What stays on the list comes again one by one, to craft_blk_queue_rq(). */
void craft_blk_queue_rqs(craft_blk_rq_list *list)
{
	unsigned int count = 0;
	struct request *rq;

	rq_list_for_each(list, rq) {
		if (craft_blk_prepare(rq))
			break;
		count++;
	}
	while (count && rq_list_peek(list))
		if (!craft_blk_submit_run(list, &count))
			return;
}
