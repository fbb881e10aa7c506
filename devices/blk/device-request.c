/*
 * craft-blk: the chain of descriptors that a request is, and its answer.
 *
 * Every chain is an attacker's: what it says is read once, checked, and then
 * never read again.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

#include "qemu/osdep.h"
#include "qemu/defer-call.h"
#include "qemu/main-loop.h"
#include "trace/trace-hw_virtio_kernelcraft_blk.h"
#include "device.h"

static bool is_to_device(uint32_t type)
{
    return type != CRAFT_BLK_T_IN && type != CRAFT_BLK_T_GET_ID &&
           type != CRAFT_BLK_T_GET_LIFETIME;
}

/* False: there is no telling what is asked, or nowhere to answer */
bool craft_blk_parse(CraftBlkRequest *req)
{
    struct iovec *in = req->elem.in_sg, *out = req->elem.out_sg;
    unsigned int in_num = req->elem.in_num, out_num = req->elem.out_num;
    struct craft_blk_header header;

    if (!in_num || iov_to_buf(out, out_num, 0, &header, sizeof(header)) !=
                       sizeof(header)) {
        return false;
    }
    req->type = le32_to_cpu(header.type);
    req->sector = le64_to_cpu(header.sector);
    req->ranges = NULL;

    /* With the status at its end all of the room counts as written */
    req->used_len = iov_size(in, in_num);
    req->status = (uint8_t *)in[in_num - 1].iov_base +
                  in[in_num - 1].iov_len - 1;
    iov_discard_front_undoable(&out, &out_num, sizeof(header),
                               &req->header_cut);
    iov_discard_back_undoable(in, &in_num, sizeof(*req->status),
                              &req->status_cut);
    if (is_to_device(req->type)) {
        qemu_iovec_init_external(&req->data, out, out_num);
    } else {
        qemu_iovec_init_external(&req->data, in, in_num);
    }
    return true;
}

/* The chain as it came, to be unmapped, migrated or parsed again */
static void join_cuts(CraftBlkRequest *req)
{
    iov_discard_undo(&req->status_cut);
    iov_discard_undo(&req->header_cut);
}

static void announce(void *opaque)
{
    CraftBlkQueue *queue = opaque;
    unsigned int pushed = queue->pushed;

    /* A section of deferred calls within another one comes here twice */
    if (!pushed) {
        return;
    }
    queue->pushed = 0;
    craft_blk_interrupt(queue, pushed);
    blk_dec_in_flight(queue->dev->blk);
}

/*
 * The driver sees each answer at once, so that one that polls works on it while
 * we go on with the next. Interrupts for those that complete together are one:
 * at once outside of a section of deferred calls, else at its end. Until then a
 * drain waits.
 */
void craft_blk_complete(CraftBlkRequest *req, uint8_t status)
{
    CraftBlkQueue *queue = req->queue;
    BlockBackend *blk = queue->dev->blk;
    bool was_busy = queue->busy;

    trace_craft_blk_complete(queue->dev, virtio_get_queue_index(queue->vq),
                             req->elem.index, status);
    *req->status = status;
    join_cuts(req);
    queue->in_flight--;
    if (!queue->pushed) {
        blk_inc_in_flight(blk);
    }
    /* A buffer may lie in the device's own registers: unmapping it kicks */
    queue->busy = true;
    virtqueue_push(queue->vq, &req->elem, req->used_len);
    queue->busy = was_busy;
    queue->pushed++;
    defer_call(announce, queue);
    g_free(req);
    blk_dec_in_flight(blk);
}

/* Follows the stock device: what fails waits until the VM runs again */
static void fail(CraftBlkRequest *req, int error)
{
    CraftBlkQueue *queue = req->queue;
    BlockBackend *blk = queue->dev->blk;
    bool is_read = req->type == CRAFT_BLK_T_IN;
    BlockErrorAction action = blk_get_error_action(blk, is_read, error);

    trace_craft_blk_fail(queue->dev, virtio_get_queue_index(queue->vq),
                         req->elem.index, error, action);
    if (action == BLOCK_ERROR_ACTION_STOP) {
        join_cuts(req);
        queue->in_flight--;
        QSIMPLEQ_INSERT_TAIL(&queue->failed, req, next);
        blk_error_action(blk, action, is_read, error);
        blk_dec_in_flight(blk);
        return;
    }
    if (action == BLOCK_ERROR_ACTION_REPORT) {
        block_acct_failed(blk_get_stats(blk), &req->acct);
        craft_blk_complete(req, CRAFT_BLK_S_IOERR);
    } else {
        block_acct_done(blk_get_stats(blk), &req->acct);
        craft_blk_complete(req, CRAFT_BLK_S_OK);
    }
    blk_error_action(blk, action, is_read, error);
}

void craft_blk_finish(CraftBlkRequest *req, int ret)
{
    if (ret < 0) {
        fail(req, -ret);
        return;
    }
    block_acct_done(blk_get_stats(req->queue->dev->blk), &req->acct);
    craft_blk_complete(req, CRAFT_BLK_S_OK);
}

/* A request that is not in flight: its chain goes back without an answer */
void craft_blk_drop(CraftBlkRequest *req)
{
    virtqueue_detach_element(req->queue->vq, &req->elem, 0);
    g_free(req);
}

void craft_blk_drop_failed(CraftBlkQueue *queue)
{
    CraftBlkRequest *req;

    while ((req = QSIMPLEQ_FIRST(&queue->failed))) {
        QSIMPLEQ_REMOVE_HEAD(&queue->failed, next);
        craft_blk_drop(req);
    }
}
