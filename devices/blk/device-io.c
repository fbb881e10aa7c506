/*
 * craft-blk: requests on their way through the block layer.
 *
 * Each runs in a coroutine that ends with the request, so one whose backend
 * answers at once is done before the next is looked at, without a detour
 * through the event loop.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

#include "qemu/osdep.h"
#include "qemu/coroutine.h"
#include "trace/trace-hw_virtio_kernelcraft_blk.h"
#include "device.h"

/* Neighbours on the disk that are read or written in one go */
typedef struct CraftBlkRun {
    CraftBlkRequests reqs;
    unsigned int count;
    int niov;
    uint64_t bytes;
} CraftBlkRun;

static void start(CoroutineEntry *entry, void *opaque)
{
    qemu_coroutine_enter(qemu_coroutine_create(entry, opaque));
}

static int coroutine_fn co_transfer(CraftBlkRequest *req, QEMUIOVector *data)
{
    BlockBackend *blk = req->queue->dev->blk;
    int64_t offset = req->sector * CRAFT_BLK_SECTOR;

    if (req->type == CRAFT_BLK_T_IN) {
        return blk_co_preadv(blk, offset, data->size, data, 0);
    }
    return blk_co_pwritev(blk, offset, data->size, data,
                          req->type == CRAFT_BLK_T_OUT_FUA ? BDRV_REQ_FUA : 0);
}

static void coroutine_fn co_single(void *opaque)
{
    CraftBlkRequest *req = opaque;

    craft_blk_finish(req, co_transfer(req, &req->data));
}

static void coroutine_fn co_run(void *opaque)
{
    CraftBlkRun *run = opaque;
    CraftBlkRequests reqs = QSIMPLEQ_HEAD_INITIALIZER(reqs);
    CraftBlkRequest *first = QSIMPLEQ_FIRST(&run->reqs), *req;
    QEMUIOVector data;
    int ret;

    /* @run is on the stack of who started us, and is gone after a yield */
    qemu_iovec_init(&data, run->niov);
    QSIMPLEQ_FOREACH(req, &run->reqs, next) {
        qemu_iovec_concat(&data, &req->data, 0, req->data.size);
    }
    QSIMPLEQ_CONCAT(&reqs, &run->reqs);
    ret = co_transfer(first, &data);
    qemu_iovec_destroy(&data);

    while ((req = QSIMPLEQ_FIRST(&reqs))) {
        QSIMPLEQ_REMOVE_HEAD(&reqs, next);
        /* What fails together may have failed for one of them alone */
        craft_blk_finish(req, ret < 0 ? co_transfer(req, &req->data) : ret);
    }
}

static void start_run(CraftBlkRun *run)
{
    CraftBlkRequest *first = QSIMPLEQ_FIRST(&run->reqs);
    CraftBlk *s = first->queue->dev;

    if (run->count == 1) {
        start(co_single, first);
        return;
    }
    trace_craft_blk_merge(s, first->type, first->sector, run->count,
                          run->bytes);
    block_acct_merge_done(blk_get_stats(s->blk),
                          first->type == CRAFT_BLK_T_IN ? BLOCK_ACCT_READ
                                                        : BLOCK_ACCT_WRITE,
                          run->count - 1);
    start(co_run, run);
}

static int by_sector(const void *a, const void *b)
{
    const CraftBlkRequest *x = *(CraftBlkRequest **)a;
    const CraftBlkRequest *y = *(CraftBlkRequest **)b;

    return x->sector < y->sector ? -1 : x->sector > y->sector;
}

static bool continues(const CraftBlkRun *run, const CraftBlkRequest *req)
{
    CraftBlkRequest *first = QSIMPLEQ_FIRST(&run->reqs);
    BlockBackend *blk = req->queue->dev->blk;

    return first->sector + run->bytes / CRAFT_BLK_SECTOR == req->sector &&
           run->niov + req->data.niov <= blk_get_max_iov(blk) &&
           run->bytes + req->data.size <= blk_get_max_transfer(blk);
}

void craft_blk_submit(CraftBlkBatch *batch)
{
    CraftBlkRun run = { .count = 0 };
    unsigned int i;

    if (batch->count > 1) {
        qsort(batch->reqs, batch->count, sizeof(batch->reqs[0]), by_sector);
    }
    for (i = 0; i < batch->count; i++) {
        CraftBlkRequest *req = batch->reqs[i];

        if (run.count && !continues(&run, req)) {
            start_run(&run);
            run.count = 0;
        }
        if (!run.count) {
            QSIMPLEQ_INIT(&run.reqs);
            run.bytes = run.niov = 0;
        }
        QSIMPLEQ_INSERT_TAIL(&run.reqs, req, next);
        run.count++;
        run.bytes += req->data.size;
        run.niov += req->data.niov;
    }
    batch->count = 0;
    if (run.count) {
        start_run(&run);
    }
}

void craft_blk_add(CraftBlkRequest *req, CraftBlkBatch *batch)
{
    if (batch->count &&
        (batch->count == CRAFT_BLK_BATCH_MAX ||
         batch->reqs[0]->type != req->type ||
         !req->queue->dev->request_merging)) {
        craft_blk_submit(batch);
    }
    batch->reqs[batch->count++] = req;
}

static void coroutine_fn co_flush(void *opaque)
{
    CraftBlkRequest *req = opaque;

    craft_blk_finish(req, blk_co_flush(req->queue->dev->blk));
}

void craft_blk_flush(CraftBlkRequest *req)
{
    block_acct_start(blk_get_stats(req->queue->dev->blk), &req->acct, 0,
                     BLOCK_ACCT_FLUSH);
    start(co_flush, req);
}

static void coroutine_fn co_ranges(void *opaque)
{
    CraftBlkRequest *req = opaque;
    unsigned int i;
    int ret = 0;

    for (i = 0; i < req->num_ranges && ret >= 0; i++) {
        ret = craft_blk_co_range(req, &req->ranges[i]);
    }
    g_free(req->ranges);
    craft_blk_finish(req, ret);
}

void craft_blk_start_ranges(CraftBlkRequest *req)
{
    BlockAcctStats *stats = blk_get_stats(req->queue->dev->blk);
    int64_t bytes = 0;
    unsigned int i;

    for (i = 0; i < req->num_ranges; i++) {
        bytes += (int64_t)le32_to_cpu(req->ranges[i].num_sectors) *
                 CRAFT_BLK_SECTOR;
    }
    block_acct_start(stats, &req->acct, bytes,
                     req->type == CRAFT_BLK_T_WRITE_ZEROES ? BLOCK_ACCT_WRITE
                                                           : BLOCK_ACCT_UNMAP);
    start(co_ranges, req);
}
