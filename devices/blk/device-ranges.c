/*
 * craft-blk: which sectors a request may name, and requests that are lists
 * of ranges of them: discard, write zeroes, secure erase.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

#include "qemu/osdep.h"
#include "qemu/coroutine.h"
#include "block/aio.h"
#include "device.h"

#include <linux/fs.h>

bool craft_blk_in_range(CraftBlk *s, uint64_t sector, uint64_t bytes)
{
    uint64_t capacity = qatomic_read_u64(&s->capacity);

    return bytes <= BDRV_REQUEST_MAX_BYTES &&
           bytes % s->conf.logical_block_size == 0 &&
           sector % (s->conf.logical_block_size / CRAFT_BLK_SECTOR) == 0 &&
           sector <= capacity &&
           bytes / CRAFT_BLK_SECTOR <= capacity - sector;
}

static uint32_t max_sectors(CraftBlk *s, uint32_t type)
{
    return type == CRAFT_BLK_T_WRITE_ZEROES ? s->max_write_zeroes_sectors
                                            : s->max_discard_sectors;
}

static bool is_negotiated(CraftBlk *s, uint32_t type)
{
    unsigned int bit = type == CRAFT_BLK_T_DISCARD ? CRAFT_BLK_F_DISCARD :
                       type == CRAFT_BLK_T_WRITE_ZEROES ?
                       CRAFT_BLK_F_WRITE_ZEROES : CRAFT_BLK_F_SECURE_ERASE;

    return virtio_vdev_has_feature(VIRTIO_DEVICE(s), bit);
}

static uint8_t check(CraftBlkRequest *req)
{
    CraftBlk *s = req->queue->dev;
    uint32_t flags = req->type == CRAFT_BLK_T_WRITE_ZEROES ?
                     CRAFT_BLK_RANGE_UNMAP : 0;
    uint8_t status = CRAFT_BLK_S_OK;
    unsigned int i;

    for (i = 0; i < req->num_ranges; i++) {
        const struct craft_blk_range *range = &req->ranges[i];
        uint32_t sectors = le32_to_cpu(range->num_sectors);

        /* A flag that is not known outweighs all other faults */
        if (le32_to_cpu(range->flags) & ~flags) {
            return CRAFT_BLK_S_UNSUPP;
        }
        if (sectors > max_sectors(s, req->type) ||
            !craft_blk_in_range(s, le64_to_cpu(range->sector),
                                (uint64_t)sectors * CRAFT_BLK_SECTOR)) {
            status = CRAFT_BLK_S_IOERR;
        }
    }
    return status;
}

/* Copies the ranges and checks all of them, before the first is worked on */
uint8_t craft_blk_take_ranges(CraftBlkRequest *req)
{
    CraftBlk *s = req->queue->dev;
    size_t bytes = req->data.size;
    uint8_t status;

    if (!is_negotiated(s, req->type)) {
        return CRAFT_BLK_S_UNSUPP;
    }
    if (!bytes || bytes % sizeof(*req->ranges) ||
        bytes > CRAFT_BLK_RANGES_MAX * sizeof(*req->ranges) ||
        !blk_is_writable(s->blk)) {
        return CRAFT_BLK_S_IOERR;
    }
    req->num_ranges = bytes / sizeof(*req->ranges);
    req->ranges = g_malloc(bytes);
    qemu_iovec_to_buf(&req->data, 0, req->ranges, bytes);
    status = check(req);
    if (status != CRAFT_BLK_S_OK) {
        g_free(req->ranges);
    }
    return status;
}

typedef struct CraftBlkWait {
    Coroutine *co;
    int ret;
} CraftBlkWait;

static void discarded(void *opaque, int ret)
{
    CraftBlkWait *wait = opaque;

    wait->ret = ret;
    aio_co_wake(wait->co);
}

/* blk_co_pdiscard() has other arguments in each stable release of QEMU 10 */
static int coroutine_fn co_discard(BlockBackend *blk, int64_t offset,
                                   int64_t bytes)
{
    CraftBlkWait wait = { .co = qemu_coroutine_self() };

    blk_aio_pdiscard(blk, offset, bytes, discarded, &wait);
    qemu_coroutine_yield();
    return wait.ret;
}

/* A disk of the host's that has the command tells what is wrong with this */
bool craft_blk_can_erase(CraftBlk *s)
{
    uint64_t amid_sectors[2] = { 1, 1 };

    return blk_is_writable(s->blk) &&
           blk_ioctl(s->blk, BLKSECDISCARD, amid_sectors) == -EINVAL;
}

static int coroutine_fn co_erase(BlockBackend *blk, int64_t offset,
                                 int64_t bytes)
{
    uint64_t range[2] = { offset, bytes };

    return blk_co_ioctl(blk, BLKSECDISCARD, range);
}

int coroutine_fn craft_blk_co_range(CraftBlkRequest *req,
                                    const struct craft_blk_range *range)
{
    BlockBackend *blk = req->queue->dev->blk;
    int64_t offset = le64_to_cpu(range->sector) * CRAFT_BLK_SECTOR;
    int64_t bytes = (int64_t)le32_to_cpu(range->num_sectors) *
                    CRAFT_BLK_SECTOR;
    bool unmap = le32_to_cpu(range->flags) & CRAFT_BLK_RANGE_UNMAP;

    if (req->type == CRAFT_BLK_T_WRITE_ZEROES) {
        return blk_co_pwrite_zeroes(blk, offset, bytes,
                                    unmap ? BDRV_REQ_MAY_UNMAP : 0);
    }
    if (req->type == CRAFT_BLK_T_SECURE_ERASE) {
        return co_erase(blk, offset, bytes);
    }
    return co_discard(blk, offset, bytes);
}
