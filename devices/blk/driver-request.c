// SPDX-License-Identifier: GPL-2.0-only
/*
 * A request in the device's words, and the device's answer. All of it is in
 * what the block layer keeps beside each request: nothing is allocated.
 */
#include <linux/virtio.h>

#include "driver.h"

#define CRAFT_BLK_UNANSWERED	0xff	/* no status of the protocol */

/* The two ends of the chain are the same as long as the request lives. */
int craft_blk_init_request(struct blk_mq_tag_set *set, struct request *rq,
			   unsigned int queue, craft_blk_node node)
{
	struct craft_blk_request *req = blk_mq_rq_to_pdu(rq);

	sg_init_one(&req->header_sg, &req->header, sizeof(req->header));
	sg_init_one(&req->status_sg, &req->status, sizeof(req->status));
	sg_init_table(req->segments, ARRAY_SIZE(req->segments));
	return 0;
}

static int craft_blk_map(struct request *rq, struct scatterlist *segments)
{
#ifdef CRAFT_BLK_HAS_MAP_SG_OF_QUEUE
	return blk_rq_map_sg(rq->q, rq, segments);
#else
	return blk_rq_map_sg(rq, segments);
#endif
}

static blk_status_t craft_blk_prepare_blocks(struct request *rq, u32 type)
{
	struct craft_blk_request *req = blk_mq_rq_to_pdu(rq);

	req->header.type = cpu_to_le32(type);
	req->header.sector = cpu_to_le64(blk_rq_pos(rq));
	req->data = req->segments;
	return craft_blk_map(rq, req->segments) > 0 ? BLK_STS_OK : BLK_STS_IOERR;
}

static bool craft_blk_add_range(struct craft_blk_request *req, unsigned int *n,
				sector_t sector, u32 sectors, u32 flags)
{
	if (*n == CRAFT_BLK_RANGES)
		return false;
	req->ranges[(*n)++] = (struct craft_blk_range) {
		.sector = cpu_to_le64(sector),
		.num_sectors = cpu_to_le32(sectors),
		.flags = cpu_to_le32(flags),
	};
	return true;
}

/* Only discards are merged with such as do not follow each other. */
static blk_status_t craft_blk_prepare_ranges(struct request *rq, u32 type, u32 flags)
{
	struct craft_blk_request *req = blk_mq_rq_to_pdu(rq);
	unsigned int n = 0;
	struct bio *bio;

	if (type == CRAFT_BLK_T_DISCARD && queue_max_discard_segments(rq->q) > 1) {
		__rq_for_each_bio(bio, rq)
			if (!craft_blk_add_range(req, &n, bio->bi_iter.bi_sector,
						 bio_sectors(bio), flags))
				return BLK_STS_IOERR;
	} else {
		craft_blk_add_range(req, &n, blk_rq_pos(rq), blk_rq_sectors(rq), flags);
	}
	req->header.type = cpu_to_le32(type);
	sg_init_one(&req->special, req->ranges, n * sizeof(req->ranges[0]));
	req->data = &req->special;
	req->to_device = true;
	return BLK_STS_OK;
}

/* The only request of the driver's own is for the serial number. */
static blk_status_t craft_blk_prepare_id(struct craft_blk_request *req)
{
	memset(req->id, 0, sizeof(req->id));
	req->header.type = cpu_to_le32(CRAFT_BLK_T_GET_ID);
	sg_init_one(&req->special, req->id, sizeof(req->id));
	req->data = &req->special;
	return BLK_STS_OK;
}

static blk_status_t craft_blk_prepare_write(struct request *rq)
{
	struct craft_blk_request *req = blk_mq_rq_to_pdu(rq);

	req->to_device = true;
	return craft_blk_prepare_blocks(rq, rq->cmd_flags & REQ_FUA ? CRAFT_BLK_T_OUT_FUA :
							CRAFT_BLK_T_OUT);
}

/* May be called again for a request that did not reach the device. */
blk_status_t craft_blk_prepare(struct request *rq)
{
	struct craft_blk_request *req = blk_mq_rq_to_pdu(rq);

	req->header = (struct craft_blk_header) { 0 };
	req->status = CRAFT_BLK_UNANSWERED;
	req->expired = 0;
	req->to_device = false;
	req->data = NULL;
	switch (req_op(rq)) {
	case REQ_OP_READ:
		return craft_blk_prepare_blocks(rq, CRAFT_BLK_T_IN);
	case REQ_OP_WRITE:
		return craft_blk_prepare_write(rq);
	case REQ_OP_FLUSH:
		req->header.type = cpu_to_le32(CRAFT_BLK_T_FLUSH);
		return BLK_STS_OK;
	case REQ_OP_DISCARD:
		return craft_blk_prepare_ranges(rq, CRAFT_BLK_T_DISCARD, 0);
	case REQ_OP_WRITE_ZEROES:
		return craft_blk_prepare_ranges(rq, CRAFT_BLK_T_WRITE_ZEROES,
						rq->cmd_flags & REQ_NOUNMAP ? 0 :
						CRAFT_BLK_RANGE_UNMAP);
	case REQ_OP_SECURE_ERASE:
		return craft_blk_prepare_ranges(rq, CRAFT_BLK_T_SECURE_ERASE, 0);
	case REQ_OP_DRV_IN:
		return craft_blk_prepare_id(req);
	default:
		return BLK_STS_NOTSUPP;
	}
}

/* Under the lock of the queue */
int craft_blk_add(struct virtqueue *vq, struct craft_blk_request *req)
{
	struct scatterlist *sgs[3] = { &req->header_sg };
	unsigned int out = 1, in = 0;

	if (req->data && req->to_device)
		sgs[out++] = req->data;
	else if (req->data)
		sgs[out + in++] = req->data;
	sgs[out + in++] = &req->status_sg;
	return virtqueue_add_sgs(vq, sgs, out, in, req, GFP_ATOMIC);
}

/*
 * What a read did not write is what was in memory before, and not to be
 * shown. A length beyond the room does no harm, and devices are known to
 * count what they read as well.
 */
static bool craft_blk_is_short(struct request *rq)
{
	struct craft_blk_request *req = blk_mq_rq_to_pdu(rq);

	return req_op(rq) == REQ_OP_READ && req->used < blk_rq_bytes(rq) + sizeof(req->status);
}

blk_status_t craft_blk_verdict(struct request *rq)
{
	struct craft_blk_request *req = blk_mq_rq_to_pdu(rq);
	struct device *dev = disk_to_dev(rq->q->disk);
	u8 status = READ_ONCE(req->status);

	switch (status) {
	case CRAFT_BLK_S_OK:
		if (likely(!craft_blk_is_short(rq)))
			return BLK_STS_OK;
		dev_err_ratelimited(dev, "a read of %u bytes came back with a used length of %u\n",
				    blk_rq_bytes(rq), req->used);
		return BLK_STS_IOERR;
	case CRAFT_BLK_S_IOERR:
		return BLK_STS_IOERR;
	case CRAFT_BLK_S_UNSUPP:
		return BLK_STS_NOTSUPP;
	default:
		dev_err_ratelimited(dev, "request of type %u came back with status %u\n",
				    le32_to_cpu(req->header.type), status);
		return BLK_STS_IOERR;
	}
}
