/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The parts of the virtio-blk driver. A request of the block layer is written
 * in the device's words (driver-request.c), put into the virtqueue of its
 * hardware queue and collected from there (driver-queue.c). driver-config.c
 * reads what the device says of itself, driver-limits.c judges it, and
 * driver-life.c stops the device, starts it again, and gives it up.
 */
#ifndef CRAFT_BLK_DRIVER_H
#define CRAFT_BLK_DRIVER_H

#include <linux/blk-mq.h>
#include <linux/cache.h>
#include <linux/mutex.h>
#include <linux/scatterlist.h>
#include <linux/spinlock.h>
#include <linux/virtio.h>
#include <linux/virtio_config.h>
#include <linux/workqueue.h>

#include "abi.h"

/*
 * Each request has room for so many segments and ranges, so that none is
 * allocated on the way to the device: 256 KiB of scattered pages.
 */
#define CRAFT_BLK_SEGMENTS	64
#define CRAFT_BLK_RANGES	16

#ifdef CRAFT_BLK_HAS_RQ_LIST
#define craft_blk_rq_list struct rq_list
#else
#define craft_blk_rq_list struct request *
#endif

/* A NUMA node, as init_request() has it */
#ifdef CRAFT_BLK_HAS_INT_NODE
#define craft_blk_node int
#else
#define craft_blk_node unsigned int
#endif

/* What the block layer keeps for us beside each struct request */
struct craft_blk_request {
	struct list_head node;		/* of those that the device is done with */
	u32 used;			/* the used length */
	u8 expired;			/* how often its time was up */
	bool to_device;			/* data goes there */
	bool awaited;			/* another waits for its room */
	blk_status_t result;
	struct scatterlist *data;	/* NULL: there is none */
	struct scatterlist header_sg;
	struct scatterlist status_sg;
	struct scatterlist special;	/* data other than the user's: */
	struct craft_blk_range ranges[CRAFT_BLK_RANGES];
	struct scatterlist segments[CRAFT_BLK_SEGMENTS];
	struct craft_blk_header header;
	/* What the device writes is alone in its lines of the cache. */
	u8 status __aligned(ARCH_DMA_MINALIGN);
	u8 id[CRAFT_BLK_SERIAL_BYTES];
};

/* A hardware queue of the block layer and its virtqueue */
struct craft_blk_queue {
	spinlock_t lock;		/* all below, and use of the virtqueue */
	struct virtqueue *vq;		/* NULL: the device is away */
	struct blk_mq_hw_ctx *hctx;
	bool polled;			/* it has no interrupt */
	bool full;			/* a request found no room: the next to end tells */
	unsigned long progress;		/* when something came back last, in jiffies */
	char name[16];
} ____cacheline_aligned_in_smp;

enum craft_blk_state {
	CRAFT_BLK_AWAY,			/* not started yet, asleep, or gone */
	CRAFT_BLK_RUNNING,
	CRAFT_BLK_DEAD,			/* given up: all requests fail */
};

struct craft_blk {
	struct virtio_device *vdev;
	struct gendisk *disk;
	struct blk_mq_tag_set tags;
	int index;
	unsigned int num_queues;
	unsigned int num_polled;	/* of these, the last ones */
	struct craft_blk_queue *queues;
	unsigned int ring_size;		/* that the limits were made for */
	bool writeback;			/* the cache mode in force */
	struct mutex cache_lock;	/* one change of the cache mode at a time */
	struct mutex lock;		/* state, what changes it, and writeback */
	enum craft_blk_state state;
	struct workqueue_struct *wq;
	struct work_struct config_work;
	struct work_struct recovery;
};

static inline void craft_blk_recover(struct craft_blk *blk)
{
	queue_work(blk->wq, &blk->recovery);
}

/* driver-config.c */
int craft_blk_read_config(struct virtio_device *vdev, struct craft_blk_config *config);
void craft_blk_write_cache_mode(struct virtio_device *vdev, bool writeback);
bool craft_blk_cache_mode(struct virtio_device *vdev, const struct craft_blk_config *config);

/* driver-limits.c */
int craft_blk_read_limits(struct virtio_device *vdev, const struct craft_blk_config *config,
			  unsigned int ring_size, struct queue_limits *limits);
bool craft_blk_capacity(struct virtio_device *vdev, const struct craft_blk_config *config,
			unsigned int block_size, sector_t *sectors);
blk_features_t craft_blk_cache_features(struct virtio_device *vdev, bool writeback);
int craft_blk_limit_cache(struct craft_blk *blk, bool writeback);

/* driver-request.c */
int craft_blk_init_request(struct blk_mq_tag_set *set, struct request *rq,
			   unsigned int queue, craft_blk_node node);
blk_status_t craft_blk_prepare(struct request *rq);
int craft_blk_add(struct virtqueue *vq, struct craft_blk_request *req);
blk_status_t craft_blk_verdict(struct request *rq);

/* driver-queue.c */
int craft_blk_init_hctx(struct blk_mq_hw_ctx *hctx, void *data, unsigned int index);
blk_status_t craft_blk_queue_rq(struct blk_mq_hw_ctx *hctx, const struct blk_mq_queue_data *bd);
void craft_blk_queue_rqs(craft_blk_rq_list *list);
void craft_blk_commit_rqs(struct blk_mq_hw_ctx *hctx);
void craft_blk_complete(struct request *rq);
int craft_blk_poll(struct blk_mq_hw_ctx *hctx, struct io_comp_batch *batch);
bool craft_blk_reap(struct craft_blk *blk, struct craft_blk_queue *queue);
void craft_blk_interrupt(struct virtqueue *vq);
void craft_blk_take_back(struct craft_blk_queue *queue, struct list_head *unanswered);

/* driver-life.c */
int craft_blk_find_queues(struct craft_blk *blk);
void craft_blk_map_queues(struct blk_mq_tag_set *set);
int craft_blk_start(struct craft_blk *blk);
void craft_blk_detach(struct craft_blk *blk, struct list_head *unanswered);
void craft_blk_stop(struct craft_blk *blk, bool fail);
int craft_blk_resume(struct craft_blk *blk);
void craft_blk_give_up(struct craft_blk *blk);
void craft_blk_recovery(struct work_struct *work);
enum blk_eh_timer_return craft_blk_timeout(struct request *rq);

/* driver-sysfs.c */
extern const struct attribute_group *craft_blk_groups[];

#endif
