/*
 * craft-blk: what each type of request asks for, and which are refused.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

#include "qemu/osdep.h"
#include "trace/trace-hw_virtio_kernelcraft_blk.h"
#include "device.h"

static void begin_transfer(CraftBlkRequest *req, CraftBlkBatch *batch)
{
    CraftBlk *s = req->queue->dev;
    BlockAcctStats *stats = blk_get_stats(s->blk);
    enum BlockAcctType type = req->type == CRAFT_BLK_T_IN ? BLOCK_ACCT_READ
                                                          : BLOCK_ACCT_WRITE;

    if (!craft_blk_in_range(s, req->sector, req->data.size) ||
        (type == BLOCK_ACCT_WRITE && !blk_is_writable(s->blk))) {
        block_acct_invalid(stats, type);
        craft_blk_complete(req, CRAFT_BLK_S_IOERR);
        return;
    }
    block_acct_start(stats, &req->acct, req->data.size, type);
    craft_blk_add(req, batch);
}

static void begin_ranges(CraftBlkRequest *req)
{
    uint8_t status = craft_blk_take_ranges(req);

    if (status == CRAFT_BLK_S_OK) {
        craft_blk_start_ranges(req);
    } else {
        craft_blk_complete(req, status);
    }
}

static void get_id(CraftBlkRequest *req)
{
    const char *serial = req->queue->dev->serial;
    char id[CRAFT_BLK_SERIAL_BYTES] = "";

    if (serial) {
        memcpy(id, serial, strnlen(serial, sizeof(id)));
    }
    qemu_iovec_from_buf(&req->data, 0, id, sizeof(id));
    craft_blk_complete(req, CRAFT_BLK_S_OK);
}

static void get_lifetime(CraftBlkRequest *req)
{
    struct craft_blk_lifetime lifetime;

    if (!virtio_vdev_has_feature(VIRTIO_DEVICE(req->queue->dev),
                                 CRAFT_BLK_F_LIFETIME) ||
        !craft_blk_lifetime(req->queue->dev, &lifetime)) {
        craft_blk_complete(req, CRAFT_BLK_S_UNSUPP);
        return;
    }
    qemu_iovec_from_buf(&req->data, 0, &lifetime, sizeof(lifetime));
    craft_blk_complete(req, CRAFT_BLK_S_OK);
}

static void dispatch(CraftBlkRequest *req, CraftBlkBatch *batch)
{
    bool fua = virtio_vdev_has_feature(VIRTIO_DEVICE(req->queue->dev),
                                       CRAFT_BLK_F_FUA);

    switch (req->type) {
    case CRAFT_BLK_T_OUT_FUA:
        if (!fua) {
            break;
        }
        /* fall through */
    case CRAFT_BLK_T_IN:
    case CRAFT_BLK_T_OUT:
        begin_transfer(req, batch);
        return;
    case CRAFT_BLK_T_FLUSH:
        craft_blk_submit(batch);
        craft_blk_flush(req);
        return;
    case CRAFT_BLK_T_DISCARD:
    case CRAFT_BLK_T_WRITE_ZEROES:
    case CRAFT_BLK_T_SECURE_ERASE:
        begin_ranges(req);
        return;
    case CRAFT_BLK_T_GET_ID:
        get_id(req);
        return;
    case CRAFT_BLK_T_GET_LIFETIME:
        get_lifetime(req);
        return;
    }
    craft_blk_complete(req, CRAFT_BLK_S_UNSUPP);
}

/* Takes @req over; false: the device is broken, and waits for a reset */
bool craft_blk_begin(CraftBlkRequest *req, CraftBlkBatch *batch)
{
    CraftBlk *s = req->queue->dev;

    if (!craft_blk_parse(req)) {
        virtio_error(VIRTIO_DEVICE(s), "craft-blk: request at head %u has no "
                     "room for its header or its status", req->elem.index);
        craft_blk_drop(req);
        return false;
    }
    trace_craft_blk_request(s, virtio_get_queue_index(req->queue->vq),
                            req->elem.index, req->type, req->sector,
                            req->data.size);
    blk_inc_in_flight(s->blk);
    req->queue->in_flight++;
    dispatch(req, batch);
    return true;
}
