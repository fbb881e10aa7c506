/*
 * craft-blk: what the parts of the device share.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#ifndef CRAFT_BLK_DEVICE_H
#define CRAFT_BLK_DEVICE_H

#include "qemu/iov.h"
#include "qemu/queue.h"
#include "block/accounting.h"
#include "hw/block/block.h"
#include "hw/virtio/iothread-vq-mapping.h"
#include "hw/virtio/virtio.h"
#include "system/block-backend.h"
#include "system/iothread.h"
#include "abi.h"

#define TYPE_CRAFT_BLK "craft-blk-device"
OBJECT_DECLARE_SIMPLE_TYPE(CraftBlk, CRAFT_BLK)

#define CRAFT_BLK_DESC "a virtio block device on QEMU's block layer"

/* Ranges of one discard, write zeroes or secure erase */
#define CRAFT_BLK_RANGES_MAX    16

/* Requests that are looked at together, for neighbours to be merged */
#define CRAFT_BLK_BATCH_MAX     32

/* Batches until others that share the thread have their turn */
#define CRAFT_BLK_BATCHES_MAX   64

typedef struct CraftBlkQueue CraftBlkQueue;

typedef struct CraftBlkRequest {
    VirtQueueElement elem;      /* first: virtqueue_pop() allocates the rest */
    CraftBlkQueue *queue;
    QSIMPLEQ_ENTRY(CraftBlkRequest) next;   /* in a run, or while it waits */

    /* What the chain says, from craft_blk_begin() on */
    uint32_t type;
    uint64_t sector;
    QEMUIOVector data;
    uint8_t *status;
    uint32_t used_len;
    /* The chain is cut where its header ends and its status begins */
    IOVDiscardUndo header_cut;
    IOVDiscardUndo status_cut;

    struct craft_blk_range *ranges;
    unsigned int num_ranges;
    BlockAcctCookie acct;
} CraftBlkRequest;

typedef QSIMPLEQ_HEAD(CraftBlkRequests, CraftBlkRequest) CraftBlkRequests;

/* Reads, or writes of one kind, that are taken from a queue in one go */
typedef struct CraftBlkBatch {
    CraftBlkRequest *reqs[CRAFT_BLK_BATCH_MAX];
    unsigned int count;
} CraftBlkBatch;

/* A queue is served by one thread at a time: that of @ctx, or under the BQL */
struct CraftBlkQueue {
    CraftBlk *dev;
    VirtQueue *vq;
    AioContext *ctx;
    unsigned int in_flight;     /* requests that the backend has */
    unsigned int pushed;        /* buffers in the ring, not yet told of */
    bool busy;                  /* a kick out of our own hands must wait */
    bool left;                  /* by a vCPU, to the main loop */
    unsigned int crowded;       /* kicks to leave with none in flight */
    bool stopped;               /* reset and not enabled again */
    CraftBlkRequests failed;    /* by rerror, werror: wait until the VM runs */

    /* Interrupts, under the BQL: see device-interrupt.c */
    unsigned int hold;          /* one for so many requests */
    unsigned int held;          /* of these, answered and not yet told of */
    QEMUTimer *hold_timer;
    bool trying;                /* whether @hold may be as many */
    unsigned int try_wait;      /* interrupts from one try to the next */
    unsigned int until_try;
};

struct CraftBlk {
    VirtIODevice parent_obj;

    BlockBackend *blk;
    BlockConf conf;
    CraftBlkQueue *queues;
    VMChangeStateEntry *vm_change;
    QEMUBH *resized;
    uint64_t capacity;          /* in sectors, for checks; of any thread */
    bool original_wce;
    bool writeback;             /* in a migration stream */

    bool ioeventfd_started;
    bool ioeventfd_changing;
    bool drained;               /* no request may be started */

    /* Properties */
    char *serial;
    char *lifetime;             /* a folder; NULL: the backend's, if any */
    IOThread *iothread;
    IOThreadVirtQueueMappingList *iothread_vq_mapping;
    uint16_t num_queues;
    uint16_t queue_size;
    uint32_t size_max;
    uint32_t max_discard_sectors;
    uint32_t max_write_zeroes_sectors;
    bool seg_max_adjust;
    bool secure_erase;
    bool report_discard_granularity;
    bool request_merging;
};

#define CRAFT_BLK_AUTO_QUEUES   UINT16_MAX

/* device-config.c */
uint64_t craft_blk_get_features(VirtIODevice *vdev, uint64_t features,
                                Error **errp);
void craft_blk_get_config(VirtIODevice *vdev, uint8_t *data);
void craft_blk_set_config(VirtIODevice *vdev, const uint8_t *data);
void craft_blk_accept_features(CraftBlk *s);
bool craft_blk_check_properties(CraftBlk *s, Error **errp);
void craft_blk_add_properties(DeviceClass *dc);

/* device-dispatch.c */
bool craft_blk_begin(CraftBlkRequest *req, CraftBlkBatch *batch);

/* device-request.c */
bool craft_blk_parse(CraftBlkRequest *req);
void craft_blk_complete(CraftBlkRequest *req, uint8_t status);
void craft_blk_finish(CraftBlkRequest *req, int ret);
void craft_blk_drop(CraftBlkRequest *req);
void craft_blk_drop_failed(CraftBlkQueue *queue);

/* device-interrupt.c */
void craft_blk_init_interrupts(CraftBlkQueue *queue);
void craft_blk_end_interrupts(CraftBlkQueue *queue);
void craft_blk_interrupt(CraftBlkQueue *queue, unsigned int pushed);

/* device-io.c */
void craft_blk_add(CraftBlkRequest *req, CraftBlkBatch *batch);
void craft_blk_submit(CraftBlkBatch *batch);
void craft_blk_flush(CraftBlkRequest *req);
void craft_blk_start_ranges(CraftBlkRequest *req);

/* device-ranges.c */
uint8_t craft_blk_take_ranges(CraftBlkRequest *req);
int coroutine_fn craft_blk_co_range(CraftBlkRequest *req,
                                    const struct craft_blk_range *range);
bool craft_blk_can_erase(CraftBlk *s);
bool craft_blk_in_range(CraftBlk *s, uint64_t sector, uint64_t bytes);

/* device-lifetime.c */
bool craft_blk_find_lifetime(CraftBlk *s);
bool craft_blk_lifetime(CraftBlk *s, struct craft_blk_lifetime *lifetime);

/* device-queues.c */
void craft_blk_handle_output(VirtIODevice *vdev, VirtQueue *vq);
void craft_blk_kick(CraftBlkQueue *queue);
void craft_blk_kick_all(CraftBlk *s);
void craft_blk_queue_reset(VirtIODevice *vdev, uint32_t n);
void craft_blk_queue_enable(VirtIODevice *vdev, uint32_t n);
void craft_blk_drained_begin(void *opaque);
void craft_blk_drained_end(void *opaque);

/* device-threads.c */
bool craft_blk_choose_threads(CraftBlk *s, Error **errp);
void craft_blk_leave_threads(CraftBlk *s);
int craft_blk_start_ioeventfd(VirtIODevice *vdev);
void craft_blk_stop_ioeventfd(VirtIODevice *vdev);

#endif
